/**
 * When a read is sent again. A datagram that is lost costs its repetition, not a time-out: a session knows how fast its
 * agent answers, and repeats sooner or later accordingly. Every copy is listened for until the agent's patience is
 * over, so a slow answer counts as well as a late repetition's. Nothing of this holds for a SET.
 */
import type { Clock, Millis, Timer } from "../../lib/clock.ts";
import { timedOut } from "./snmp-errors.ts";
import { type Callback, once } from "./snmp-wire.ts";

/** No agent is asked again sooner. */
const SOONEST: Millis = 200;
/** An answer that takes so many times as long as the slowest of late is taken for lost. */
const MARGIN = 1.5;
/** How much of a slow answer is remembered at the next. */
const MEMORY = 0.9;
/** Each wait is so many times as long as the one before. */
const GROWTH = 1.2;

/** How fast an agent answers. */
export class Pace {
  readonly #timeout: Millis;
  #slowest: Millis | undefined;

  constructor(timeout: Millis) {
    this.#timeout = timeout;
  }

  answered(took: Millis): void {
    this.#slowest = Math.max(took, (this.#slowest ?? 0) * MEMORY);
  }

  /** How long to wait for an answer before the read is sent again. */
  get wait(): Millis {
    const usual = this.#slowest === undefined ? this.#timeout / 8 : this.#slowest * MARGIN;
    return Math.min(Math.max(usual, SOONEST), this.#timeout);
  }
}

interface Patience {
  readonly clock: Clock;
  readonly pace: Pace;
  /** How long the agent may be silent. */
  readonly patience: Millis;
}

/** Sends a read until something comes back; an error that is no silence is an answer. Throws the last time-out. */
export function untilAnswered<T>(
  send: (done: Callback<T>) => void,
  patience: Patience,
): Promise<T | []> {
  return new Promise((resolve, reject) => {
    const read = new RepeatedRead(send, patience, resolve, reject);
    read.send();
  });
}

class RepeatedRead<T> {
  readonly #copy: (done: Callback<T>) => void;
  readonly #clock: Clock;
  readonly #pace: Pace;
  readonly #until: Millis;
  readonly #resolve: (answer: T | []) => void;
  readonly #reject: (error: unknown) => void;
  #wait: Millis;
  /** Copies that may still be answered. */
  #open = 0;
  #again: Timer | undefined;
  #over = false;

  constructor(
    copy: (done: Callback<T>) => void,
    { clock, pace, patience }: Patience,
    resolve: (answer: T | []) => void,
    reject: (error: unknown) => void,
  ) {
    this.#copy = copy;
    this.#clock = clock;
    this.#pace = pace;
    this.#wait = pace.wait;
    this.#until = clock.monotonic() + patience;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  send(): void {
    const begun = this.#clock.monotonic();
    this.#open++;
    once(this.#copy).then(
      (answer) => this.#answered(answer, begun),
      (error: unknown) => this.#failed(error),
    );
    this.#again?.cancel();
    if (this.#over || begun + this.#wait >= this.#until) return;
    this.#again = this.#clock.after(this.#wait, () => {
      // Where it is this process that is late, the answer is here already: it is heard first.
      this.#again = this.#clock.after(0, () => this.send());
    });
    this.#wait *= GROWTH;
  }

  #answered(answer: T | [], begun: Millis): void {
    if (this.#over) return;
    this.#pace.answered(this.#clock.monotonic() - begun);
    this.#end();
    this.#resolve(answer);
  }

  #failed(error: unknown): void {
    this.#open--;
    if (this.#over || (timedOut(error) && this.#open > 0)) return;
    if (timedOut(error) && this.#clock.monotonic() < this.#until) {
      this.send();
      return;
    }
    this.#end();
    this.#reject(error);
  }

  #end(): void {
    this.#over = true;
    this.#again?.cancel();
  }
}
