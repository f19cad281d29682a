import type { Clock, Millis, Timer } from "../../lib/clock.ts";
import { minutes } from "../../lib/durations.ts";
import { lastSign, type Place, type Seat } from "./seat.ts";

/** A writer is warned this long before, or a tenth of the time where that is less. */
const NOTICE: Millis = minutes(1);

/** Writers who type nothing: warned first, then their time is up. */
export class IdleWatch {
  readonly #clock: Clock;
  readonly #seat: Seat;
  readonly #timeout: Millis;
  readonly #notice: Millis;
  readonly #soon: (place: Place, left: Millis) => void;
  readonly #over: (place: Place) => void;
  /** The last sign of a writer before the warning. */
  readonly #warned = new WeakMap<Place, Millis>();
  #timer: Timer | undefined;

  /** A timeout of 0 is none. */
  constructor(options: {
    readonly clock: Clock;
    readonly seat: Seat;
    readonly timeout: Millis;
    readonly soon: (place: Place, left: Millis) => void;
    readonly over: (place: Place) => void;
  }) {
    this.#clock = options.clock;
    this.#seat = options.seat;
    this.#timeout = options.timeout;
    this.#notice = Math.min(NOTICE, options.timeout / 10);
    this.#soon = options.soon;
    this.#over = options.over;
  }

  /** The seat changed hands. */
  look(): void {
    this.stop();
    if (this.#timeout <= 0) return;
    const next = this.#seat.writers
      .filter((place) => place.person)
      .map((place) => lastSign(place) + this.#timeout - (this.#isWarned(place) ? 0 : this.#notice));
    if (next.length === 0) return;
    const wait = Math.max(0, Math.min(...next) - this.#clock.monotonic());
    this.#timer = this.#clock.after(wait, () => this.#timeUp());
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #timeUp(): void {
    const now = this.#clock.monotonic();
    for (const place of this.#seat.idle(now, this.#timeout)) this.#over(place);
    for (const place of this.#seat.idle(now, this.#timeout - this.#notice)) {
      if (this.#isWarned(place)) continue;
      this.#warned.set(place, lastSign(place));
      this.#soon(place, this.#notice);
    }
    this.look();
  }

  #isWarned(place: Place): boolean {
    return this.#warned.get(place) === lastSign(place);
  }
}
