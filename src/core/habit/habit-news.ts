import type { Millis } from "../../lib/clock.ts";
import { formatDuration, minutes } from "../../lib/durations.ts";
import { HEARTBEATS_NEEDED, type RecurringLine } from "./habit.ts";

/** A line that came evenly is missed after this many of its times, and some minutes of grace. */
const MISSED_TIMES = 3;
const GRACE: Millis = minutes(10);
/** What an hour brings is a flood from here on: so many times the usual, and more than a screenful or two. */
const FLOOD_TIMES = 20;
const FLOOD_BYTES = 65_536;

/** What is learnt, and what goes on. Ages: since when each line has not come, of those that came in this calm. */
export interface Going {
  readonly lines: readonly RecurringLine[];
  readonly ageOf: (text: string) => Millis | undefined;
  readonly usualBytes: number | null | undefined;
  readonly bytes: number;
}

/** Whether a line that always came does not come any more. */
export const isMissed = ({ every, times }: RecurringLine, age: Millis | undefined): boolean =>
  times >= HEARTBEATS_NEEDED && age !== undefined && age > every * MISSED_TIMES + GRACE;

/** What is unlike a console's habit, told once each. It is a note for people: nothing is decided by it. */
export class HabitNews {
  readonly #missed = new Set<string>();
  #flood = false;

  /** What is new since it was looked last. */
  look({ lines, ageOf, usualBytes, bytes }: Going): readonly string[] {
    const news: string[] = [];
    const now = new Set(lines.filter((one) => isMissed(one, ageOf(one.text))));
    for (const { text, every, times } of now) {
      if (this.#missed.has(text)) continue;
      const age = formatDuration(ageOf(text) ?? 0);
      news.push(
        `a line that came every ${formatDuration(every)} (${times} times) is missing for ${age}: ${text}`,
      );
    }
    this.#missed.clear();
    for (const { text } of now) this.#missed.add(text);
    const flood =
      typeof usualBytes === "number" && bytes > FLOOD_BYTES && bytes > usualBytes * FLOOD_TIMES;
    if (flood && !this.#flood)
      news.push(`${bytes} bytes came in this hour, where ${Math.round(usualBytes)} are usual`);
    this.#flood = flood;
    return news;
  }
}
