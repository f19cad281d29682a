import type { Clock, Millis, Timer } from "../../lib/clock.ts";

/** How many files are brought to the disk at a time; libuv has four threads, and others want some. */
const AT_ONCE = 2;

/** A log that has something which is not yet on the disk. */
export interface Syncable {
  /** Writes what it still keeps in memory. Called in the loop: quick. true: call again at the next round. */
  flush(): boolean;
  datasync(): Promise<void>;
}

/**
 * Brings the logs of all consoles to the disk as a group, once per interval, off the loop: what a power loss of this
 * machine may cost. Nothing runs while nothing is written.
 */
export class GroupSync {
  readonly #clock: Clock;
  readonly #interval: Millis;
  readonly #failed: (error: unknown) => void;
  #dirty = new Set<Syncable>();
  #timer: Timer | undefined;
  #round: Promise<void> | undefined;

  constructor(options: {
    readonly clock: Clock;
    readonly interval: Millis;
    /** A log could not be brought to the disk; the round goes on with the others. */
    readonly failed: (error: unknown) => void;
  }) {
    this.#clock = options.clock;
    this.#interval = options.interval;
    this.#failed = options.failed;
  }

  /** This log has something new. Cheap: called for every chunk. */
  touch(log: Syncable): void {
    this.#dirty.add(log);
    if (this.#timer || this.#round) return;
    this.#timer = this.#clock.after(this.#interval, () => {
      this.#timer = undefined;
      void this.#run();
    });
  }

  /** Everything that waits, now. */
  async settle(): Promise<void> {
    await this.#round;
    this.#timer?.cancel();
    this.#timer = undefined;
    await this.#run();
  }

  #run(): Promise<void> {
    this.#round ??= this.#syncAll().finally(() => {
      this.#round = undefined;
      const again = this.#dirty.values().next();
      if (!again.done) this.touch(again.value);
    });
    return this.#round;
  }

  async #syncAll(): Promise<void> {
    const logs = [...this.#dirty];
    this.#dirty.clear();
    const again: Syncable[] = [];
    let next = 0;
    const work = async () => {
      for (let log = logs[next++]; log; log = logs[next++]) {
        if (log.flush()) again.push(log);
        try {
          await log.datasync();
        } catch (error) {
          this.#failed(error);
        }
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    for (const log of again) this.#dirty.add(log);
  }
}
