/**
 * Keeps what people type from reaching the modem itself. "+++" with silence before and after brings a modem back to its
 * commands (V.250 and Hayes; S12), and then "ATDT…" would dial wherever the person likes, past every limit. Three pluses are
 * that only if they follow each other within the guard time: the third is held for longer. Every byte arrives, in order.
 */
import type { Clock, Millis } from "../../lib/clock.ts";

const PLUS = 43;
/** Longer than the second that modems come with (S12=50), whatever escape-guard says. */
const SHORTEST_HOLD: Millis = 1500;

/** Bytes on their way into a call. */
export class PlusGuard {
  readonly #clock: Clock;
  readonly #guard: Millis;
  #lastAt = Number.NEGATIVE_INFINITY;
  /** Pluses in a row, the first of them after a silence that may have been long enough. */
  #pluses = 0;

  constructor(clock: Clock, guard: Millis) {
    this.#clock = clock;
    this.#guard = guard;
  }

  /** Writes, with a pause before a plus that would be the third. */
  async write(bytes: Uint8Array, send: (piece: Uint8Array) => Promise<void>): Promise<void> {
    let from = 0;
    for (const [at, byte] of bytes.entries()) {
      // Half of it: clocks differ, and a modem counts from when the byte has left it.
      const silence = at === 0 && this.#clock.monotonic() - this.#lastAt >= this.#guard / 2;
      if (byte !== PLUS) this.#pluses = 0;
      else if (silence) this.#pluses = 1;
      else if (this.#pluses > 0) this.#pluses++;
      if (this.#pluses < 3) continue;
      if (at > from) await send(bytes.subarray(from, at));
      await this.#clock.sleep(Math.max(SHORTEST_HOLD, this.#guard * 1.25));
      // After that silence it may be the first of another three.
      this.#pluses = 1;
      from = at;
    }
    await send(bytes.subarray(from));
    this.#lastAt = this.#clock.monotonic();
  }
}
