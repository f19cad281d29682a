import type { Millis } from "../../lib/clock.ts";
import { seconds } from "../../lib/durations.ts";
import { printable } from "../../lib/printable.ts";
import type { RecurringLine } from "./habit.ts";

const MAX_LINES = 64;
const MAX_TEXT = 80;
const MAX_PART = 256;
const KEPT = 8;
/** A console that prints more than this between two looks has nothing that is worth waiting for. */
const LINES_A_LOOK = 20;
const FEED = 0x0a;
/** So often a line has to come, so regularly, before it counts as one that comes again. */
const TIMES = 4;
const WOBBLE = 0.25;
const SHORTEST: Millis = seconds(30);

interface Known {
  readonly last: Millis;
  readonly times: number;
  readonly mean: Millis;
  /** Mean distance of a gap from the mean. */
  readonly wobble: Millis;
}

/** Lines that come again and again at even distances: cron, MARK, DHCP. Numbers are masked; what is kept is bounded. */
export class Recurring {
  readonly #known: Map<string, Known>;
  #part = "";
  #left = LINES_A_LOOK;
  /** More than that came between the last two looks: until that ends, lines are counted and not read. */
  #crowded = false;

  /** `lines`: what was known before this process. When they came last is not. */
  constructor(lines: readonly RecurringLine[] = []) {
    this.#known = new Map(
      lines.map(({ text, every, times }) => [
        text,
        { last: Number.NaN, times, mean: every, wobble: 0 },
      ]),
    );
  }

  /** For how long a line has not come; undefined: it did not in this calm. */
  ageOf(text: string, now: Millis): Millis | undefined {
    const { last } = this.#known.get(text) ?? {};
    return last === undefined || Number.isNaN(last) ? undefined : now - last;
  }

  hears(chunk: Uint8Array, at: Millis): void {
    if (this.#left < 0) return;
    if (this.#crowded) {
      for (const byte of chunk) if (byte === FEED) this.#left--;
      return;
    }
    const text = this.#part + Buffer.from(chunk.subarray(0, 4096)).toString("latin1");
    const lines = text.split(/[\r\n]+/);
    this.#part = (lines.pop() ?? "").slice(-MAX_PART);
    for (const line of lines) this.#line(line.slice(0, MAX_PART), at);
  }

  /** Called now and then: another few lines may be looked at. */
  look(): void {
    this.#crowded = this.#left < 0;
    if (this.#crowded) this.#part = "";
    this.#left = LINES_A_LOOK;
  }

  /** What was begun before proves nothing about distances now. */
  restart(): void {
    this.#part = "";
    for (const [text, one] of this.#known) this.#known.set(text, { ...one, last: Number.NaN });
  }

  /** Those that are known well enough, most frequent first. */
  get lines(): readonly RecurringLine[] {
    return [...this.#known]
      .filter(
        ([, { times, mean, wobble }]) =>
          times >= TIMES && wobble <= mean * WOBBLE && mean >= SHORTEST,
      )
      .map(([text, { times, mean }]) => ({ text, every: Math.round(mean), times }))
      .sort((one, other) => other.times - one.times)
      .slice(0, KEPT);
  }

  #line(line: string, at: Millis): void {
    if (this.#left-- <= 0) return;
    const text = printable(line.replace(/\d+/g, "#").trim(), MAX_TEXT);
    if (text.length < 8) return;
    const before = this.#known.get(text);
    this.#known.delete(text);
    this.#known.set(text, before ? again(before, at) : { last: at, times: 0, mean: 0, wobble: 0 });
    // Oldest first: a line that came again has moved to the end.
    for (const old of this.#known.keys()) {
      if (this.#known.size <= MAX_LINES) return;
      this.#known.delete(old);
    }
  }
}

function again({ last, times, mean, wobble }: Known, at: Millis): Known {
  if (Number.isNaN(last)) return { last: at, times, mean, wobble };
  const gap = at - last;
  const count = Math.min(times + 1, 1000);
  const weight = 1 / Math.min(count, 20);
  const next = mean + (gap - mean) * weight;
  const off = times === 0 ? 0 : Math.abs(gap - next);
  return { last: at, times: count, mean: next, wobble: wobble + (off - wobble) * weight };
}
