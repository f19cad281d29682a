import type { SiteConfig } from "../config/site-config.ts";
import { isConfirmed, needsConfirmation, wantedAnswer } from "../lib/confirmation.ts";
import { OobError } from "../lib/errors.ts";

/**
 * A program that speaks to the socket answers the question of the command, too. Runbooks and the watchdog do not come
 * here. `verb`: "cycle", or what stands before the host's name in a sentence. Throws NOT_CONFIRMED.
 */
export function demandConfirmed(
  config: Pick<SiteConfig, "hosts">,
  verb: string,
  hosts: readonly string[],
  confirm: string | undefined,
): void {
  const named = [...new Set(hosts)];
  const precious = named.filter((name) => config.hosts.get(name)?.precious);
  if (!needsConfirmation(verb, named, precious)) return;
  if (confirm !== undefined && isConfirmed(named, precious, confirm)) return;
  const wanted = wantedAnswer(named, precious);
  const what = `Cannot ${verb} ${named.slice(0, 6).join(", ")} without confirmation`;
  const why = confirm === undefined ? "the request has none" : `the request says "${confirm}"`;
  throw new OobError("NOT_CONFIRMED", `${what}: ${why}`, {
    hint: `Its "confirm" has to be "${wanted}". Nothing was done`,
  });
}
