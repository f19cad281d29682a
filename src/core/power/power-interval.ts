import type { Millis } from "../../lib/clock.ts";
import { formatDuration } from "../../lib/durations.ts";
import { OobError } from "../../lib/errors.ts";
import type { PowerVerb } from "../site/site.ts";
import type { Feed } from "./power-feed.ts";
import type { PowerLedger } from "./power-ledger.ts";
import type { Moving } from "./power-moves.ts";
import { deviceOutlet } from "./power-outlets.ts";
import { inWords } from "./verb-words.ts";

/**
 * Keeps the least time between two acts on an outlet, whichever process of before did the last one: what cuts power is
 * refused, and what brings it back waits. Throws GUARD_REFUSED.
 */
export async function keepInterval(
  feeds: readonly Feed[],
  verb: PowerVerb,
  ledger: PowerLedger,
  intervalOf: (pdu: string) => Millis,
  { clock, host, say, ending }: Moving,
): Promise<void> {
  const longest = Math.max(0, ...feeds.map(({ outlet }) => intervalOf(outlet.pdu)));
  if (longest === 0 || verb === "soft" || verb === "nmi") return;
  const moved = await ledger.movedSince(clock.now() - longest);
  for (const { outlet } of feeds) {
    // By both: a device may give its serial number at one time and not at another.
    const keys = [deviceOutlet(outlet), `${outlet.pdu} ${outlet.instance}`];
    const times = keys.flatMap((key) => moved.get(key) ?? []);
    if (times.length === 0) continue;
    const at = Math.max(...times);
    const least = intervalOf(outlet.pdu);
    // A record of the future counts as just now; one of the far future tells of a clock that was wrong.
    const ago = Math.max(0, clock.now() - at);
    if (at - clock.now() > least) continue;
    const left = least - ago;
    if (left <= 0) continue;
    const text = `outlet ${outlet.id} was switched ${formatDuration(ago)} ago, and its min-interval is ${formatDuration(least)}`;
    if (verb !== "on") {
      const hint = `Wait ${formatDuration(left)}, then ask again`;
      throw new OobError("GUARD_REFUSED", `Cannot ${inWords(verb, host)}: ${text}`, { hint });
    }
    say(`waiting ${formatDuration(left)}: ${text}`);
    await clock.sleep(left, ending).catch(() => {
      const why = "this process ends before that, and nothing was moved";
      throw new OobError("INTERRUPTED", `Cannot ${inWords(verb, host)}: ${text}; ${why}`);
    });
  }
}
