import type { Clock, Millis, Timer } from "../../lib/clock.ts";
import { hours, minutes } from "../../lib/durations.ts";
import type { Moment } from "./log-index.ts";

/** Looked at again so often where a segment is over and could not be ended: the disk is full. */
const RETRY: Millis = minutes(1);
/** A timer takes no more than 24 days. */
const LONGEST_WAIT: Millis = hours(24);

/**
 * The age of the segment that is written, from its first byte. By the monotonic clock: a wall clock that is set ends no
 * segment, and keeps none open.
 */
export class SegmentAge {
  readonly #clock: Clock;
  readonly #most: Millis;
  readonly #over: () => void;
  /** When it began, on the monotonic clock. */
  #from: Millis = 0;
  #timer: Timer | undefined;

  /** `over` is called when the age is reached, and now and then until another segment begins. */
  constructor(clock: Clock, most: Millis, over: () => void) {
    this.#clock = clock;
    this.#most = most;
    this.#over = over;
  }

  /** One that began at that wall time, before this process, is written on. */
  goesOn(beganAt: Millis, now: Moment): void {
    const age = Math.min(this.#most, Math.max(0, now.at - beganAt));
    this.#from = now.monotonic - age;
    this.#wait(this.#most - age);
  }

  begins({ monotonic }: Moment): void {
    this.#from = monotonic;
  }

  isOver({ monotonic }: Moment): boolean {
    return monotonic - this.#from >= this.#most;
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #wait(remaining: Millis): void {
    this.#timer = this.#clock.after(Math.min(remaining, LONGEST_WAIT), () => {
      const left = this.#from + this.#most - this.#clock.monotonic();
      this.#wait(left > 0 ? left : RETRY);
      if (left <= 0) this.#over();
    });
  }
}
