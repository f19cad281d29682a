import { ConsoleText, type Found, isPrompt } from "../../codec/console-text.ts";
import type { Clock, Millis } from "../../lib/clock.ts";

/** How long a host has to stay at what looks like a prompt. Pieces of one line come closer together than this. */
const PROMPT_QUIET: Millis = 300;

/** What a console says, and waiting for something in it. */
export class ConsoleEar {
  readonly #clock: Clock;
  readonly #text = new ConsoleText();
  readonly #arrived = new Set<() => void>();
  #lastAt: Millis;
  #wire = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#lastAt = clock.monotonic();
  }

  /** Monotonic time of the last bytes. */
  get lastAt(): Millis {
    return this.#lastAt;
  }

  /** Bytes that came over the line so far. */
  get wire(): number {
    return this.#wire;
  }

  /** Bytes without escape sequences; `wire`: how many they were on the line. */
  hear(filtered: Uint8Array, wire = filtered.length): void {
    this.#text.add(filtered);
    this.#wire += wire;
    this.#lastAt = this.#clock.monotonic();
    for (const wake of this.#arrived) wake();
  }

  /** Text that came over no line: what ends a line that broke off. */
  add(filtered: Uint8Array): void {
    this.#text.add(filtered);
  }

  /** Waits until nothing came for `quiet`. False: the time is over. */
  async settles(quiet: Millis, within: Millis, signal: AbortSignal): Promise<boolean> {
    const clock = this.#clock;
    const end = clock.monotonic() + within;
    for (;;) {
      const left = this.#lastAt + quiet - clock.monotonic();
      if (left <= 0) return true;
      if (clock.monotonic() + left > end) return false;
      await clock.sleep(left, signal);
    }
  }

  /** First of the patterns in what was not looked at yet. Undefined: the time is over. */
  find(
    patterns: readonly RegExp[],
    within: Millis,
    signal: AbortSignal,
  ): Promise<Found | undefined> {
    const clock = this.#clock;
    return new Promise((resolve, reject) => {
      let stood: { readonly at: number; readonly since: Millis } | undefined;
      const finish = (settle: () => void) => {
        over.cancel();
        quiet?.cancel();
        this.#arrived.delete(look);
        signal.removeEventListener("abort", look);
        settle();
      };
      const look = () => {
        if (signal.aborted) return finish(() => reject(signal.reason));
        const found = this.#text.find(patterns);
        if (found === undefined) {
          // A kernel's line that is not whole yet, behind the prompt, says nothing of it.
          if (this.#text.endsIn(/\n$/)) stood = undefined;
        } else if (!isPrompt(patterns[found.which]) || hasStood(found.at)) {
          this.#text.take(found);
          finish(() => resolve(found));
        }
      };
      /** A prompt counts once it has stood: the text may go on, and then it was none. */
      const hasStood = (at: number): boolean => {
        if (stood?.at !== at) stood = { at, since: clock.monotonic() };
        const left = stood.since + PROMPT_QUIET - clock.monotonic();
        if (left <= 0) return true;
        // Each time anew: the machine's timers may come a little early.
        quiet?.cancel();
        quiet = clock.after(left, look);
        return false;
      };
      const over = clock.after(within, () => finish(() => resolve(undefined)));
      let quiet: ReturnType<Clock["after"]> | undefined;
      this.#arrived.add(look);
      signal.addEventListener("abort", look, { once: true });
      look();
    });
  }

  /** Whether this stands in what was not looked at yet, from the beginning of the row in which that begins. */
  said(pattern: RegExp): boolean {
    return this.#text.said(pattern);
  }

  /** Whether the text ends in this, looked at or not. */
  endsIn(pattern: RegExp): boolean {
    return this.#text.endsIn(pattern);
  }

  /** The end of the text. */
  tail(length: number): string {
    return this.#text.tail(length);
  }

  /** Later waits look only at what comes from now on. */
  forget(): void {
    this.#text.forget();
  }
}
