import type { Clock, Millis } from "../lib/clock.ts";

/** Longest time that bytes wait in the medium while nobody watches. */
const ROUND: Millis = 50;
/** The same where this many consoles print at once: a read costs 20 µs, whatever comes with it. */
const MANY = 256;
const LONG_ROUND: Millis = 100;
/** Parts of a round. Consoles take turns, so that a thousand of them do not keep the loop from a key press. */
const TURNS = 5;

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
  #asked = 0;
  #many = false;

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
    this.#asked++;
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
    const round = this.#many ? LONG_ROUND : ROUND;
    this.#clock.after(round / TURNS, () => this.#tick());
  }

  #tick(): void {
    this.#now = (this.#now + 1) % TURNS;
    if (this.#now === 0) {
      this.#many = this.#asked > MANY;
      this.#asked = 0;
    }
    const turn = this.#turns.get(this.#now);
    this.#turns.delete(this.#now);
    turn?.end();
    this.#goOn();
  }
}
