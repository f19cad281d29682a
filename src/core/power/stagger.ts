import type { Clock, Millis } from "../../lib/clock.ts";

/** Keeps time between the outlets of one PDU: twenty supplies that start at once trip its breaker. */
export class Stagger {
  readonly gap: Millis;
  readonly #clock: Clock;
  #next = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, gap: Millis) {
    this.#clock = clock;
    this.gap = gap;
  }

  /** Resolves when it is this one's turn. */
  async turn(): Promise<void> {
    const now = this.#clock.monotonic();
    const at = Math.max(now, this.#next);
    this.#next = at + this.gap;
    if (at > now) await this.#clock.sleep(at - now);
  }
}
