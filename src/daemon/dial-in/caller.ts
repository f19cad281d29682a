import { LineInput } from "../../codec/line-input.ts";
import type { Clock, Millis, Timer } from "../../lib/clock.ts";
import { OobError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import type { Link } from "../../sdk/link.ts";
import { LastWords } from "./last-words.ts";

/** What a line that does not drain may hold up. */
const WRITE_WITHIN: Millis = 60_000;
/** Written at once: 9 s at 300 baud. */
const PIECE_BYTES = 256;
const [NUL, PLUS] = [0, 43];

/**
 * Somebody at the far end of a call: questions with answers, and text. Everything that is printed is filtered; what a
 * host prints comes through `pass`, filtered by the session.
 */
export class Caller {
  readonly #link: Link;
  readonly #clock: Clock;
  readonly #input = new LineInput();
  readonly #over = new AbortController();
  /** Pluses that were sent last. */
  #pluses = 0;
  #line: ((text: string | undefined) => void) | undefined;
  #raw: ((bytes: Uint8Array) => void) | undefined;
  readonly #words = new LastWords();
  #held: Timer | undefined;
  /** Questions that somebody answered: not by Enter alone. */
  answers = 0;

  constructor(link: Link, clock: Clock) {
    this.#link = link;
    this.#clock = clock;
    void this.#read();
  }

  /** Aborted when the call is over, with the reason. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  /** Lines of our own. */
  async print(...lines: readonly string[]): Promise<void> {
    const text = lines.map((line) => `${printable(line)}\r\n`).join("");
    await this.pass(new TextEncoder().encode(text));
  }

  /** Bytes as they are, until `stop`. Never throws: a call that is over says so by `over`. */
  async pass(bytes: Uint8Array, stop: AbortSignal = this.over): Promise<void> {
    for (let at = 0; at < bytes.length && !this.over.aborted && !stop.aborted; at += PIECE_BYTES)
      await this.#write(this.#withoutEscape(bytes.subarray(at, at + PIECE_BYTES)));
  }

  /**
   * "+++" between silences makes our own modem listen to commands: a host that prints them, or a caller who has them
   * echoed, could dial with it. A NUL before the third shows nothing on a terminal.
   */
  #withoutEscape(bytes: Uint8Array): Uint8Array {
    const safe: number[] = [];
    for (const byte of bytes) {
      this.#pluses = byte === PLUS ? this.#pluses + 1 : 0;
      if (this.#pluses === 3) {
        safe.push(NUL);
        this.#pluses = 1;
      }
      safe.push(byte);
    }
    return safe.length === bytes.length ? bytes : Uint8Array.from(safe);
  }

  async #write(bytes: Uint8Array): Promise<void> {
    const done = new AbortController();
    const late = this.#clock.sleep(WRITE_WITHIN, done.signal).then(
      () => this.hangUp("nobody takes what is sent"),
      () => undefined,
    );
    const gone = new Promise<void>((resolve) => {
      this.over.addEventListener("abort", () => resolve(), { once: true, signal: done.signal });
    });
    try {
      await Promise.race([this.#link.write(bytes), late, gone]);
    } catch (thrown) {
      this.#end(thrown instanceof Error ? thrown.message : "the line is gone");
    } finally {
      done.abort();
    }
  }

  /**
   * Asks, and waits for a line. undefined: nothing was answered in time, or Ctrl-C or Ctrl-D. Throws LINK_LOST when the
   * call ends. `secret`: no echo.
   */
  async ask(
    question: string,
    options: { readonly within: Millis; readonly secret?: boolean },
  ): Promise<string | undefined> {
    this.#input.echo = options.secret !== true;
    this.#input.clear();
    const answered = new AbortController();
    const stop = AbortSignal.any([answered.signal, this.over]);
    try {
      const answer = new Promise<string | undefined>((resolve, reject) => {
        this.#line = resolve;
        const lost = () => reject(this.#lost());
        if (this.over.aborted) lost();
        this.over.addEventListener("abort", lost, { once: true, signal: answered.signal });
        const late = () => resolve(undefined);
        // Listened for before the question is out: the caller has read it before our line says that it was sent.
        void this.pass(new TextEncoder().encode(printable(question)))
          .then(() => this.#clock.sleep(options.within, stop))
          .then(late, () => undefined);
      });
      return await answer;
    } finally {
      this.#line = undefined;
      answered.abort();
    }
  }

  /** Gives everything that is typed to `take` until the signal. */
  async listen(take: (bytes: Uint8Array) => void, until: AbortSignal): Promise<void> {
    this.#raw = take;
    const stop = AbortSignal.any([until, this.over]);
    await new Promise<void>((resolve) => {
      if (stop.aborted) resolve();
      stop.addEventListener("abort", () => resolve(), { once: true });
    });
    this.#raw = undefined;
  }

  /** Ends the call from our side. */
  async hangUp(why: string): Promise<void> {
    this.#end(why);
    await this.#link.close();
  }

  async #read(): Promise<void> {
    try {
      for await (const bytes of this.#link.bytes) {
        this.#held?.cancel();
        await this.#typed(this.#words.receive(bytes));
        const { heldFor } = this.#words;
        if (heldFor !== undefined)
          this.#held = this.#clock.after(heldFor, () => void this.#typed(this.#words.release()));
      }
      this.#end("the caller hung up");
    } catch (thrown) {
      this.#end(thrown instanceof Error ? thrown.message : "the line is gone");
    }
  }

  async #typed(bytes: Uint8Array): Promise<void> {
    if (this.over.aborted || bytes.length === 0) return;
    if (this.#raw) this.#raw(bytes);
    else await this.#take(bytes);
  }

  async #take(bytes: Uint8Array): Promise<void> {
    const events = this.#input.receive(bytes);
    const echo = this.#input.takeOutput();
    // What is typed while nobody asks is thrown away: an answer must not be guessed before its question.
    if (this.#line === undefined) return;
    await this.pass(echo);
    const [event] = events;
    if (!event) return;
    if (event.is === "line" && event.text !== "") this.answers++;
    this.#line?.(event.is === "line" ? event.text : undefined);
  }

  #end(why: string): void {
    this.#held?.cancel();
    if (!this.over.aborted) this.#over.abort(new OobError("LINK_LOST", `The call ended: ${why}`));
  }

  #lost(): unknown {
    return this.over.reason;
  }
}
