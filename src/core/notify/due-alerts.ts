import type { NotifyEntry } from "../../config/site-config.ts";
import type { Millis } from "../../lib/clock.ts";
import { isWithin } from "../interlocks/quiet-hours.ts";
import type { Waiting } from "./alert-made.ts";

/** What may go out now: of each thread the oldest, and first of all what was tried least often. `now`: Unix ms. */
export function dueOf(
  waiting: readonly Waiting[],
  { quiet: windows, fallback }: Pick<NotifyEntry, "quiet" | "fallback">,
  now: Millis,
): Waiting[] {
  const quiet = windows.some((text) => isWithin(text, new Date(now)));
  const threads = new Set<string>();
  const due = waiting.filter((one) => {
    const isHead = !threads.has(one.alert.thread);
    threads.add(one.alert.thread);
    if (!isHead || (quiet && one.alert.severity !== "critical")) return false;
    return fallback === undefined || now - one.since >= fallback;
  });
  return due.sort((one, other) => one.tries - other.tries);
}
