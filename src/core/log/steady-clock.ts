import type { Clock, Millis } from "../../lib/clock.ts";
import { hours } from "../../lib/durations.ts";

/** Summer time, where a clock is kept in local time, is none. */
const STEP: Millis = hours(2);
const SETTLES: Millis = hours(24);

/** Tells whether the wall clock may be believed by what cannot be undone: it was not set by hours for a day. */
export class SteadyClock {
  readonly #clock: Clock;
  #offset: Millis;
  #steppedAt: Millis | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#offset = clock.now() - clock.monotonic();
  }

  /** By how much it was set since the last question that was told so; 0: it was not. */
  step(): Millis {
    const step = this.#clock.now() - this.#clock.monotonic() - this.#offset;
    this.#offset += step;
    if (Math.abs(step) < STEP) return 0;
    this.#steppedAt = this.#clock.monotonic();
    return step;
  }

  get isSteady(): boolean {
    const at = this.#steppedAt;
    return at === undefined || this.#clock.monotonic() - at >= SETTLES;
  }
}
