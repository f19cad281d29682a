import type { Clock, Millis, Timer } from "../../lib/clock.ts";

/** Tells at once that something happened, then at most once in a time, with how often it happened meanwhile. */
export class Paced {
  readonly #clock: Clock;
  readonly #every: Millis;
  readonly #tell: (times: number) => void;
  #untold = 0;
  #timer: Timer | undefined;

  constructor(clock: Clock, every: Millis, tell: (times: number) => void) {
    this.#clock = clock;
    this.#every = every;
    this.#tell = tell;
  }

  happened(): void {
    this.#untold += 1;
    if (this.#timer === undefined) this.#now();
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #now(): void {
    const times = this.#untold;
    this.#untold = 0;
    this.#timer = this.#clock.after(this.#every, () => {
      this.#timer = undefined;
      if (this.#untold > 0) this.#now();
    });
    this.#tell(times);
  }
}
