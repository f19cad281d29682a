import type { Clock, Millis } from "../lib/clock.ts";

/** Longest time that bytes wait in the medium while nobody watches: a read costs 20 µs, whatever comes with it. */
const ROUND: Millis = 100;
/** Parts of a round. Consoles take turns, so that a thousand of them keep the loop from a key press for 3 ms, not 60. */
const TURNS = 20;

/**
 * Makes busy consoles cheap: those that nobody watches are read once in a round, in larger pieces. One timer for all
 * of them, none while they are silent.
 */
export class ReadPace {
  readonly #clock: Clock;
  readonly #turns = new Map<number, { readonly done: Promise<void>; readonly end: () => void }>();
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

  /** Resolves when that place has its next turn. */
  turn(place: number): Promise<void> {
    let turn = this.#turns.get(place);
    if (!turn) {
      let end = () => {};
      const done = new Promise<void>((resolve) => {
        end = resolve;
      });
      turn = { done, end };
      this.#turns.set(place, turn);
    }
    if (!this.#running) this.#goOn();
    return turn.done;
  }

  #goOn(): void {
    this.#running = this.#turns.size > 0;
    if (!this.#running) return;
    this.#clock.after(ROUND / TURNS, () => this.#tick());
  }

  #tick(): void {
    this.#now = (this.#now + 1) % TURNS;
    const turn = this.#turns.get(this.#now);
    this.#turns.delete(this.#now);
    turn?.end();
    this.#goOn();
  }
}
