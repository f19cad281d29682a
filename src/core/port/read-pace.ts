import type { Clock, Millis } from "../../lib/clock.ts";

/** Longest time that bytes wait in the medium while nobody watches: a read costs 20 µs, whatever comes with it. */
const ROUND: Millis = 100;
/**
 * Parts of a round. Consoles take turns, so that a thousand of them keep the loop from a key press for a millisecond,
 * not 60. (20 parts: 3 ms at the median and 8 at the 90th percentile; 50: 1 and 4; 100: no better, more timers.)
 */
const TURNS = 50;

/**
 * Makes busy consoles cheap: those that nobody watches are read once in a round, in larger pieces. One timer for all
 * of them, none while they are silent.
 */
export class ReadPace {
  readonly #clock: Clock;
  /** Who waits, by place. */
  readonly #turns = new Map<number, (() => void)[]>();
  #now = 0;
  #running = false;
  #nextPlace = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A place in the round, for a port to keep. */
  place(): number {
    this.#nextPlace = (this.#nextPlace + 1) % TURNS;
    return this.#nextPlace;
  }

  /** Calls when that place has its next turn. */
  turn(place: number, go: () => void): void {
    const waiting = this.#turns.get(place);
    if (waiting) waiting.push(go);
    else this.#turns.set(place, [go]);
    if (!this.#running) this.#goOn();
  }

  #goOn(): void {
    this.#running = this.#turns.size > 0;
    if (!this.#running) return;
    this.#clock.after(ROUND / TURNS, () => this.#tick());
  }

  #tick(): void {
    this.#now = (this.#now + 1) % TURNS;
    const waiting = this.#turns.get(this.#now) ?? [];
    this.#turns.delete(this.#now);
    for (const go of waiting) go();
    this.#goOn();
  }
}
