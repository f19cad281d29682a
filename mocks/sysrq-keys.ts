import type { Clock, Millis } from "../src/lib/clock.ts";

const WINDOW: Millis = 5000;

/** Linux's serial SysRq: the key that follows a BREAK within five seconds is a command. */
export class SysrqKeys {
  #clock: Clock;
  #breakAt: Millis | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  sendBreak(): void {
    this.#breakAt = this.#clock.monotonic();
  }

  /** The command letter, or undefined where the key is ordinary typing. */
  take(byte: number): string | undefined {
    if (this.#breakAt === undefined) return undefined;
    const fresh = this.#clock.monotonic() - this.#breakAt <= WINDOW;
    this.#breakAt = undefined;
    return fresh ? String.fromCharCode(byte) : undefined;
  }
}
