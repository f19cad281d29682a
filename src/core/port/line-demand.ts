/**
 * Whether a console that is opened on demand is wanted, and when it has been unused for long enough.
 *
 *   idle ─somebody comes, holds it, types─► wanted ─nobody there, or nothing moved, for hangupAfter─► idle
 *
 * Whoever holds it (a runbook, the watchdog with a suspicion) keeps it open, however silent it is. People at it keep it
 * open as long as something moves: a window that somebody forgot must not pay for a telephone line all night.
 */
import type { Clock, Millis, Timer } from "../../lib/clock.ts";
import { formatDuration } from "../../lib/durations.ts";

/** What the port does when demand changes. */
interface DemandListener {
  /** It is wanted now. */
  call(): void;
  /** It is wanted no more. */
  giveUp(why: string): void;
}

/** The demand for one console. */
export class LineDemand {
  readonly #clock: Clock;
  readonly #hangupAfter: Millis;
  readonly #holders = new Set<symbol>();
  #listener: DemandListener | undefined;
  #people = false;
  #wanted = false;
  #up = false;
  #usedAt: Millis = 0;
  #timer: Timer | undefined;

  constructor(clock: Clock, hangupAfter: Millis) {
    this.#clock = clock;
    this.#hangupAfter = hangupAfter;
  }

  get isWanted(): boolean {
    return this.#wanted;
  }

  listen(listener: DemandListener): void {
    this.#listener = listener;
  }

  /** Wants it until the function that is returned is called. */
  hold(): () => void {
    const holder = Symbol("holder");
    this.#holders.add(holder);
    this.call();
    return () => {
      if (this.#holders.delete(holder)) this.#left();
    };
  }

  /** Somebody is at the console, or nobody. */
  set people(here: boolean) {
    if (here === this.#people) return;
    this.#people = here;
    if (here) this.call();
    else this.#left();
  }

  /** Wants it now: whoever does may go away, and it is given up when unused. */
  call(): void {
    this.#used();
    if (this.#wanted) return;
    this.#wanted = true;
    this.#listener?.call();
  }

  /** Something moved over it. What a host says to nobody is no use. */
  moved(): void {
    if (this.#people) this.#usedAt = this.#clock.monotonic();
  }

  /** It came up, or ended. One that ended with nobody there is not opened again. */
  set up(up: boolean) {
    this.#up = up;
    this.#used();
    if (!up && !this.#isAwaited) this.#wanted = false;
  }

  /** Gives it up now, whoever is there: they can call again. */
  giveUp(why: string): void {
    this.#wanted = false;
    this.#timer?.cancel();
    this.#listener?.giveUp(why);
  }

  stop(): void {
    this.#timer?.cancel();
  }

  get #isAwaited(): boolean {
    return this.#people || this.#holders.size > 0;
  }

  #left(): void {
    this.#used();
    if (this.#wanted && !this.#up && !this.#isAwaited) this.giveUp("nobody waits for it any more");
  }

  #used(): void {
    this.#usedAt = this.#clock.monotonic();
    this.#timer?.cancel();
    if (this.#up && this.#holders.size === 0) this.#wait(this.#hangupAfter);
  }

  #wait(left: Millis): void {
    this.#timer = this.#clock.after(left, () => {
      const rest = this.#usedAt + this.#hangupAfter - this.#clock.monotonic();
      if (rest > 0) this.#wait(rest);
      else this.giveUp(`unused for ${formatDuration(this.#hangupAfter)}`);
    });
  }
}
