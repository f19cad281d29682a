/** Milliseconds. A bare number of time in this code base is always this. */
export type Millis = number;

/** A pending timer. */
export interface Timer {
  cancel(): void;
}

/**
 * Time as a thing that is passed in. Decisions and timers use `monotonic`; `now` (wall clock, Unix ms) only labels.
 */
export interface Clock {
  now(): Millis;
  monotonic(): Millis;
  after(delay: Millis, run: () => void): Timer;
  sleep(delay: Millis, signal?: AbortSignal): Promise<void>;
}

function sleepOn(clock: Pick<Clock, "after">, delay: Millis, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const onAbort = () => {
      timer.cancel();
      reject(signal?.reason);
    };
    const timer = clock.after(delay, () => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    });
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delay, run) {
    const timer = setTimeout(run, delay);
    return { cancel: () => clearTimeout(timer) };
  },
  sleep: (delay, signal) => sleepOn(systemClock, delay, signal),
};

interface Waiting {
  readonly at: Millis;
  readonly order: number;
  readonly run: () => void;
}

/** A clock that moves only when told to: for tests, and for playing recordings faster than they happened. */
export class ManualClock implements Clock {
  #now: Millis;
  #monotonic: Millis = 0;
  #order = 0;
  #waiting = new Set<Waiting>();

  constructor(now: Millis = 0) {
    this.#now = now;
  }

  now(): Millis {
    return this.#now;
  }

  monotonic(): Millis {
    return this.#monotonic;
  }

  after(delay: Millis, run: () => void): Timer {
    const waiting = { at: this.#monotonic + Math.max(0, delay), order: this.#order++, run };
    this.#waiting.add(waiting);
    return { cancel: () => this.#waiting.delete(waiting) };
  }

  sleep(delay: Millis, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, delay, signal);
  }

  /** Moves time on, running every timer that falls due, in order, with pending promises settled between them. */
  async advance(by: Millis): Promise<void> {
    const end = this.#monotonic + by;
    for (;;) {
      await settle();
      const next = this.#next(end);
      if (next === undefined) break;
      this.#waiting.delete(next);
      this.#step(next.at);
      next.run();
    }
    this.#step(end);
    await settle();
  }

  /** Steps the wall clock alone, as ntpd or a person does. */
  stepWall(by: Millis): void {
    this.#now += by;
  }

  #step(to: Millis): void {
    this.#now += to - this.#monotonic;
    this.#monotonic = to;
  }

  #next(end: Millis): Waiting | undefined {
    let first: Waiting | undefined;
    for (const one of this.#waiting) {
      if (one.at > end) continue;
      if (!first || one.at < first.at || (one.at === first.at && one.order < first.order))
        first = one;
    }
    return first;
  }
}

/** Lets promises that are already decided run their continuations. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 8; turn++) await new Promise((resolve) => setImmediate(resolve));
}
