import type { HostEntry } from "../../config/site-config.ts";
import { OobError } from "../../lib/errors.ts";

/** Before what changes a `two-person` host and passes no guard. `what`: "run collect on db1". Throws SECOND_PERSON. */
export function demandSecond(
  { name, twoPerson }: Pick<HostEntry, "name" | "twoPerson">,
  what: string,
  second: string | undefined,
): void {
  if (twoPerson === undefined || second !== undefined) return;
  throw new OobError("SECOND_PERSON", `Cannot ${what}: two people have to want it on ${name}`, {
    hint: "Ask the daemon for it, and another person approves: oob intent list",
  });
}
