import type { Clock, Millis } from "../../lib/clock.ts";
import { minutes, seconds } from "../../lib/durations.ts";
import type { Random } from "../../lib/random.ts";

/** First wait after a failure; doubles with each further one. */
const FIRST_WAIT: Millis = 250;
/** A console server that restarts is back within minutes, and what its hosts print then is what people want to read. */
const BRISK_WAIT: Millis = seconds(5);
const BRISK_FOR: Millis = minutes(10);
const LONGEST_WAIT: Millis = minutes(1);
/** A link that lasted this long worked: a console server that accepts and hangs up at once does not count. */
const LASTED: Millis = seconds(15);
/** Share of a wait that chance decides, so that a hundred consoles do not come back in the same instant. */
const JITTER = 0.3;

/** Failures in a row, after a link ended or could not be opened. `lastedMs` undefined: it was never up. */
export function failuresAfter(failures: number, lastedMs: Millis | undefined): number {
  return lastedMs !== undefined && lastedMs >= LASTED ? 0 : failures + 1;
}

/**
 * How long to wait before the next attempt: none after a link that had worked, at most 5 s in the first ten minutes of
 * an outage, at most a minute later. `chance` is 0 to 1.
 */
export function waitBefore(failures: number, downFor: Millis, chance: number): Millis {
  if (failures === 0) return 0;
  const longest = downFor < BRISK_FOR ? BRISK_WAIT : LONGEST_WAIT;
  const whole = Math.min(longest, FIRST_WAIT * 2 ** Math.min(failures - 1, 16));
  return Math.round(whole * (1 - JITTER * chance));
}

/** When one port is opened again: counts its failures, and waits. */
export class Reconnect {
  readonly #clock: Clock;
  readonly #random: Random;
  #failures = 0;
  #downSince: Millis;
  #waiting: AbortController | undefined;

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
    this.#downSince = clock.monotonic();
  }

  /** Number of the attempt that comes next, from 1. */
  get attempt(): number {
    return this.#failures + 1;
  }

  /** A link ended or could not be opened; gives the wait before the next attempt. */
  after(lastedMs: Millis | undefined): Millis {
    const now = this.#clock.monotonic();
    this.#failures = failuresAfter(this.#failures, lastedMs);
    if (this.#failures === 0) this.#downSince = now;
    return waitBefore(this.#failures, now - this.#downSince, this.#random());
  }

  async wait(ms: Millis): Promise<void> {
    this.#waiting = new AbortController();
    // The only rejection is that of retryNow().
    await this.#clock.sleep(ms, this.#waiting.signal).catch(() => undefined);
    this.#waiting = undefined;
  }

  /** Cuts a wait short. Somebody knows that the other side comes back about now: as if it had only just gone. */
  retryNow(): void {
    if (!this.#waiting) return;
    this.#failures = 0;
    this.#downSince = this.#clock.monotonic();
    this.#waiting.abort();
  }
}
