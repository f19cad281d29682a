import type { Clock, Millis } from "../../lib/clock.ts";

/** Longest time that bytes wait in the medium while nobody watches and few consoles print. */
const SHORTEST_ROUND: Millis = 100;
/** The same with thousands that print: what `kill -9` may cost a TCP console, and how late a rule may see a line. */
const LONGEST_ROUND: Millis = 500;
/** A read costs about 20 µs whatever comes with it: so many a second, then rounds grow. */
const READS_PER_SECOND = 4000;
/**
 * Parts of a round. Consoles take turns, so that a thousand of them keep the loop from a key press for a millisecond,
 * not 60. (20 parts: 3 ms at the median and 8 at the 90th percentile; 50: 1 and 4; 100: no better, more timers.)
 */
const TURNS = 50;
/** From one console's place to the next one's: few are spread over the round as well as many (the golden section). */
const STRIDE = 31;
/** To wake the loop costs as much as a read: while few consoles print, a tick takes several parts, with so many reads. */
const READS_PER_TICK = 10;
/** Each divides TURNS, and begins at its multiple: a console's round is as long as it is with single parts. */
const PARTS_PER_TICK = [50, 25, 10, 5, 2] as const;
/** The longest where a medium cannot wait for the end of a round: it may ask for a turn at any moment. */
const PARTS_BESIDE_HASTY = 10;

/**
 * Makes busy consoles cheap: those that nobody watches are read once in a round, in larger pieces. One timer for all
 * of them, none while they are silent.
 */
export class ReadPace {
  readonly #clock: Clock;
  /** Who waits, by part of the round. */
  readonly #turns: (() => void)[][] = Array.from({ length: TURNS }, () => []);
  #waiting = 0;
  #now = 0;
  #part: Millis = SHORTEST_ROUND / TURNS;
  /** Parts that the next tick takes. */
  #step = 1;
  /** Parts from now in which somebody cannot wait for the end of a longer step. */
  #exact = 0;
  /** Such a medium has been here. */
  #hasty = false;
  #running = false;
  #nextPlace = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A place in the round, for a port to keep. */
  place(): number {
    this.#nextPlace = (this.#nextPlace + STRIDE) % TURNS;
    return this.#nextPlace;
  }

  /** Calls when that place has its next turn, or after `within` if that is sooner. */
  turn(place: number, go: () => void, within: Millis = Number.POSITIVE_INFINITY): void {
    const own = (place - this.#now + TURNS) % TURNS || TURNS;
    const parts = Math.max(1, Math.min(own, Math.floor(within / this.#part)));
    if (within < SHORTEST_ROUND) this.#hasty = true;
    if (within < this.#part * TURNS) this.#exact = Math.max(this.#exact, parts);
    this.#turns[(this.#now + parts) % TURNS]?.push(go);
    this.#waiting++;
    if (!this.#running) this.#goOn();
  }

  #goOn(): void {
    this.#running = this.#waiting > 0;
    if (!this.#running) return;
    const round = (this.#waiting / READS_PER_SECOND) * 1000;
    this.#part = Math.min(LONGEST_ROUND, Math.max(SHORTEST_ROUND, round)) / TURNS;
    this.#step = this.#nextStep();
    this.#clock.after(this.#part * this.#step, () => this.#tick());
  }

  #nextStep(): number {
    if (this.#exact > 0) return 1;
    const most = READS_PER_TICK * TURNS;
    const longest = this.#hasty ? PARTS_BESIDE_HASTY : TURNS;
    const fits = (parts: number) =>
      parts <= longest && this.#waiting * parts <= most && this.#now % parts === 0;
    return PARTS_PER_TICK.find(fits) ?? 1;
  }

  #tick(): void {
    const due: (() => void)[] = [];
    for (let n = 0; n < this.#step; n++) {
      this.#now = (this.#now + 1) % TURNS;
      due.push(...(this.#turns[this.#now] ?? []));
      this.#turns[this.#now] = [];
    }
    this.#exact = Math.max(0, this.#exact - this.#step);
    this.#waiting -= due.length;
    for (const go of due) go();
    this.#goOn();
  }
}
