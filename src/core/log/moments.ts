import type { Clock, Millis } from "../../lib/clock.ts";
import type { Moment } from "./log-index.ts";

/** A wall clock that moved by more than this against the monotonic one was stepped. */
const STEP: Millis = 2000;

/** Time for a log: monotonic for order, wall for people, and word of it when the wall clock is set. */
export class Moments {
  readonly #clock: Clock;
  /** Wall time less monotonic time. */
  #drift: Millis;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#drift = clock.now() - clock.monotonic();
  }

  now(): Moment {
    return { at: this.#clock.now(), monotonic: this.#clock.monotonic() };
  }

  /** By how much the wall clock was set since the last call that said so; 0: it was not. */
  stepBefore(now: Moment): Millis {
    const step = now.at - now.monotonic - this.#drift;
    if (Math.abs(step) <= STEP) return 0;
    this.#drift += step;
    return step;
  }
}
