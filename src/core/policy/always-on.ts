/**
 * Hosts that must be on: one that is seen off, and that nobody switched off, is switched on again. Off is what the
 * outlets (or the BMC that is one) read, twice and for `confirm-for`; a person's off is never undone.
 */
import type { WatchPolicy } from "../../config/site-config.ts";
import type { Millis } from "../../lib/clock.ts";
import { formatDuration, seconds } from "../../lib/durations.ts";

/** An off that is younger may be somebody's cycle, or a PDU that starts. */
const STANDS: Millis = seconds(60);

/** What is known of a host whose power reads off. Times are monotonic. */
export interface OffFacts {
  readonly policy: Pick<WatchPolicy, "mode" | "confirmFor" | "budget">;
  readonly now: Millis;
  /** Since when it reads off, and how often in a row it did. */
  readonly since: Millis;
  readonly readings: number;
  /** Who switched it off by oob, or shut it down at its console. */
  readonly by: string | undefined;
  /** Why hands are off: a hold, a person at the console, quiet hours, a host that it needs. */
  readonly handsOff: string | undefined;
  /** Hosts that must be on and read off, this one included, and how many may. */
  readonly off: number;
  readonly most: number;
  /** How often it was switched on for this within its budget's time. */
  readonly used: number;
}

/** What to do with it. `told` is said once as long as it stays the same. */
export type OffVerdict =
  | { readonly is: "wait"; readonly told: string }
  | { readonly is: "page"; readonly told: string }
  | { readonly is: "observe"; readonly told: string }
  | { readonly is: "on" };

export function judgeOff(facts: OffFacts): OffVerdict {
  const { policy, now, since, readings, by, handsOff, off, most, used } = facts;
  const { cycles, per } = policy.budget;
  if (by !== undefined) return { is: "wait", told: `it is off by ${by}: left as it is` };
  if (handsOff !== undefined) return { is: "wait", told: `it is off, and must be on: ${handsOff}` };
  if (readings < 2 || now - since < Math.max(STANDS, policy.confirmFor))
    return { is: "wait", told: "it reads off, and nobody switched it off by oob" };
  if (policy.mode === "observe")
    return { is: "observe", told: "it is off, and must be on: would switch it on" };
  if (off > most)
    return {
      is: "page",
      told: `it is off, and so are ${off - 1} others that must be on: the fault is not theirs, nothing is done`,
    };
  if (policy.mode !== "act")
    return { is: "page", told: "it is off, must be on, and nobody switched it off by oob" };
  if (used < cycles) return { is: "on" };
  return {
    is: "page",
    told: `it is off again, and was switched on ${used} times in ${formatDuration(per)}: nothing is done`,
  };
}
