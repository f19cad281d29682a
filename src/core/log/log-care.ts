import type { Clock, Millis, Timer } from "../../lib/clock.ts";
import { hours } from "../../lib/durations.ts";
import { messageOf } from "../../lib/errors.ts";
import type { Audit } from "../audit/audit.ts";

const EVERY: Millis = hours(1);

/** Something that is done to the files of all logs now and then. */
export interface LogWork {
  /** What failed, for people: "old logs could not be removed". */
  readonly failing: string;
  /** Of the event that says so. */
  readonly trouble: string;
  /** Rejects where it was stopped, or where it cannot. */
  readonly run: (signal: AbortSignal) => Promise<void>;
}

interface CareOptions {
  readonly works: readonly LogWork[];
  readonly audit: Pick<Audit, "note">;
  readonly clock: Clock;
}

/** Does these works one after the other, so that no two touch a file at once: now, and once an hour. */
export class LogCare {
  readonly #options: CareOptions;
  readonly #stop = new AbortController();
  #timer: Timer | undefined;
  #round: Promise<void> = Promise.resolve();

  constructor(options: CareOptions) {
    this.#options = options;
  }

  start(): void {
    const { clock, works } = this.#options;
    if (this.#stop.signal.aborted || works.length === 0) return;
    this.#round = this.#round.then(() => this.#all());
    this.#timer = clock.after(EVERY, () => this.start());
  }

  /** Resolves when the round that is under way has ended. */
  idle(): Promise<void> {
    return this.#round;
  }

  /** Ends the round that is under way after the file that it is at, and begins no more. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#timer?.cancel();
    await this.#round;
  }

  async #all(): Promise<void> {
    const { signal } = this.#stop;
    for (const work of this.#options.works) {
      if (signal.aborted) return;
      await work.run(signal).catch((thrown: unknown) => {
        if (!signal.aborted) this.#tell(work, thrown);
      });
    }
  }

  #tell({ trouble, failing }: LogWork, thrown: unknown): void {
    try {
      const text = `${failing}: ${messageOf(thrown)}`;
      this.#options.audit.note({ type: trouble, by: "oob", text });
    } catch {
      // The trail cannot be written: it says so itself, and the next hour tries again.
    }
  }
}
