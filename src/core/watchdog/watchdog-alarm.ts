import type { Clock, Millis, Timer } from "../../lib/clock.ts";

/** One timer that is set again and again; it tells how late it rings. */
export class Alarm {
  readonly #clock: Clock;
  readonly #ring: (late: Millis) => void;
  #timer: Timer | undefined;
  #at: Millis | undefined;

  constructor(clock: Clock, ring: (late: Millis) => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  /** Rings at this monotonic time, once; undefined: not at all. */
  set(at: Millis | undefined): void {
    if (at === this.#at && this.#timer) return;
    this.cancel();
    this.#at = at;
    if (at === undefined) return;
    this.#timer = this.#clock.after(at - this.#clock.monotonic(), () => {
      this.#timer = undefined;
      this.#ring(this.#clock.monotonic() - at);
    });
  }

  cancel(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
