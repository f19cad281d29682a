import type { Millis } from "../../lib/clock.ts";
import { hours, minutes, seconds } from "../../lib/durations.ts";

/** After the first failure, the second … */
export const BACK_OFF: readonly Millis[] = [
  seconds(5),
  seconds(15),
  seconds(60),
  minutes(5),
  minutes(10),
];
/** A channel that failed so often in a row is told to people by the others. */
export const DOWN_AFTER = 3;
/** `limit` counts messages within this. */
export const LIMIT_PER: Millis = minutes(10);
/** Where the limit is reached and a person is called, this long after the last message. */
export const CRITICAL_AFTER: Millis = seconds(60);
/** What waits because of quiet hours or for others is looked at again. */
export const LOOK_EVERY: Millis = seconds(15);
/** Longest queue: what is more pushes out the oldest that is least urgent. */
export const MAX_WAITING = 500;
/** What nobody could be told for so long is dropped, and that is told. */
export const MAX_AGE: Millis = hours(72);
export const MAX_THREADS = 500;
/** What the wall clock does beside the monotonic one is a step from here on. */
export const CLOCK_STEP: Millis = seconds(1);
