import type { Clock, Millis } from "../../lib/clock.ts";
import { formatDuration, seconds } from "../../lib/durations.ts";
import { OobError } from "../../lib/errors.ts";

/** How long typing waits for a peer that holds it back. */
export const HELD_FOR: Millis = seconds(30);
/** Most bytes that wait meanwhile. */
export const MAX_HELD_BYTES = 64 * 1024;

/** Writes that a peer's flow control holds back, in order, with a bound in time and in bytes. */
export class HeldWrites {
  readonly #clock: Clock;
  readonly #peer: string;
  readonly #closed: AbortSignal;
  #bytes = 0;
  #waiting = 0;
  #holding = false;
  #resumed: Promise<void> = Promise.resolve();
  #resume: () => void = () => {};

  constructor(clock: Clock, peer: string, closed: AbortSignal) {
    this.#clock = clock;
    this.#peer = peer;
    this.#closed = closed;
  }

  /** Begins or ends the holding. */
  hold(on: boolean): void {
    if (on === this.#holding) return;
    this.#holding = on;
    if (!on) this.#resume();
    else
      this.#resumed = new Promise((resolve) => {
        this.#resume = resolve;
      });
  }

  /** Runs `write` now, or once the peer takes bytes again. */
  pass(bytes: number, write: () => Promise<void>): Promise<void> {
    if (!this.#holding && this.#waiting === 0) return write();
    return this.#wait(bytes, write);
  }

  async #wait(bytes: number, write: () => Promise<void>): Promise<void> {
    if (this.#bytes + bytes > MAX_HELD_BYTES)
      throw this.#tooMuch(`more than ${MAX_HELD_BYTES} bytes wait`);
    this.#bytes += bytes;
    this.#waiting += 1;
    const over = new AbortController();
    const stop = () => over.abort(this.#lost());
    this.#closed.addEventListener("abort", stop, { once: true });
    const late = this.#clock.sleep(HELD_FOR, over.signal).then(() => {
      throw this.#tooMuch(`the server has held it back for ${formatDuration(HELD_FOR)}`);
    });
    try {
      await Promise.race([this.#resumed, late]);
    } finally {
      late.catch(() => undefined);
      this.#closed.removeEventListener("abort", stop);
      over.abort(this.#lost());
      this.#bytes -= bytes;
      this.#waiting -= 1;
    }
    return write();
  }

  #lost(): OobError {
    const message = `Cannot write to "${this.#peer}": the connection is closed`;
    return new OobError("LINK_LOST", message);
  }

  #tooMuch(why: string): OobError {
    return new OobError("TIMED_OUT", `Cannot type to "${this.#peer}": ${why}`, {
      hint: "The line has been stopped by flow control: look at the cable, the device, and the setting flow",
    });
  }
}
