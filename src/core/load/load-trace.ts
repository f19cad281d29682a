/**
 * What an outlet's last readings tell of the host behind it. Evidence for people, beside what the console says: nothing
 * is decided by it.
 *
 *   draws 0 W      the outlet reads on, and the meter shows nothing, twice in a row
 *   idle plateau   for a quarter of an hour it moved much less than this host's load does, and stood at the low end
 *
 * A host that hangs draws a flat line; so does one with nothing to do. That is why the plateau is compared with what was
 * usual in the hours before, and not told before there were some.
 */
import type { Millis } from "../../lib/clock.ts";
import { formatDuration, minutes } from "../../lib/durations.ts";
import type { Draw } from "./load-book.ts";

/** A plateau is flat for so long; what is usual is learnt in windows of the same length. */
const WINDOW: Millis = minutes(15);
/** Half a day of windows is remembered (3 KiB an outlet), and two hours of them are needed. */
const MAX_WINDOWS = 48;
const LEAST_WINDOWS = 8;
/** In a window of fewer readings, being flat is no wonder. */
const LEAST_READINGS = 5;
const ZERO_READINGS = 2;
/** It moved at least so many times less than usual. */
const MUCH_LESS = 4;
/** The low end: up to this quantile of what was usual, and a little. */
const LOW_QUANTILE = 0.25;
const A_LITTLE = 1.02;

/** Watts where the outlet gives them, else amperes. Below `least` a difference is the meter's. */
const UNITS = {
  W: { zero: 0.5, least: 1, digits: 0 },
  A: { zero: 0.02, least: 0.02, digits: 2 },
} as const;
type Unit = keyof typeof UNITS;

interface Window {
  readonly begun: Millis;
  readonly readings: number;
  readonly least: number;
  readonly most: number;
  readonly sum: number;
}

/** The trace of one outlet. Times are monotonic. */
export class LoadTrace {
  #unit: Unit = "W";
  #zeros = 0;
  #window: Window | undefined;
  readonly #windows: Window[] = [];
  /** Since when the load has stayed within `flat`. */
  #flat: Window | undefined;
  #sign: string | undefined;

  /** What the newest reading tells. */
  get sign(): string | undefined {
    return this.#sign;
  }

  /** Nothing is known of what was in between: what was begun is given up. */
  gap(): void {
    this.#zeros = 0;
    this.#window = undefined;
    this.#flat = undefined;
    this.#sign = undefined;
  }

  see({ state, amps, watts }: Draw, at: Millis): void {
    const value = watts ?? amps;
    const unit: Unit = watts === undefined ? "A" : "W";
    if (state !== "on" || value === undefined) {
      this.gap();
      return;
    }
    if (unit !== this.#unit) {
      this.gap();
      this.#windows.length = 0;
      this.#unit = unit;
    }
    this.#zeros = value < UNITS[unit].zero ? this.#zeros + 1 : 0;
    this.#learn(value, at);
    this.#flatten(value, at);
    const isZero = this.#zeros >= ZERO_READINGS;
    this.#sign = isZero ? `draws 0 ${unit}` : this.#zeros > 0 ? undefined : this.#plateau(at);
  }

  #learn(value: number, at: Millis): void {
    const window = this.#window;
    if (window !== undefined && at - window.begun < WINDOW) {
      this.#window = widened(window, value);
      return;
    }
    if (window !== undefined && window.readings >= LEAST_READINGS) {
      this.#windows.push(window);
      if (this.#windows.length > MAX_WINDOWS) this.#windows.shift();
    }
    this.#window = begun(value, at);
  }

  /** A flat stretch ends where the load leaves what a plateau may move by. */
  #flatten(value: number, at: Millis): void {
    const wider = this.#flat && widened(this.#flat, value);
    this.#flat = wider && spread(wider) <= this.#mayMove() ? wider : begun(value, at);
  }

  #mayMove(): number {
    const { least } = UNITS[this.#unit];
    return Math.max(least, quantile(this.#windows.map(spread), 0.5) / MUCH_LESS);
  }

  #plateau(at: Millis): string | undefined {
    const flat = this.#flat;
    const { least, digits } = UNITS[this.#unit];
    if (flat === undefined || at - flat.begun < WINDOW || flat.readings < LEAST_READINGS)
      return undefined;
    const before = this.#windows.filter((window) => window.begun + WINDOW <= flat.begun);
    if (before.length < LEAST_WINDOWS) return undefined;
    const usual = quantile(before.map(spread), 0.5);
    const mean = flat.sum / flat.readings;
    const low = quantile(
      before.map(({ sum, readings }) => sum / readings),
      LOW_QUANTILE,
    );
    if (usual < MUCH_LESS * least || spread(flat) * MUCH_LESS > usual || mean > low * A_LITTLE)
      return undefined;
    const unit = this.#unit;
    const say = (number: number) => `${number.toFixed(digits)} ${unit}`;
    const length = formatDuration(at - flat.begun);
    return `idle plateau: ${say(mean)} for ${length}, where ${say(usual)} up and down is usual`;
  }
}

const begun = (value: number, at: Millis): Window => ({
  begun: at,
  readings: 1,
  least: value,
  most: value,
  sum: value,
});

const widened = (window: Window, value: number): Window => ({
  begun: window.begun,
  readings: window.readings + 1,
  least: Math.min(window.least, value),
  most: Math.max(window.most, value),
  sum: window.sum + value,
});

const spread = ({ least, most }: Window): number => most - least;

function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.floor((sorted.length - 1) * part)] ?? 0;
}
