import { PromptWatch } from "../../codec/prompt-watch.ts";
import type { Clock, Millis } from "../../lib/clock.ts";
import { seconds } from "../../lib/durations.ts";
import { OobError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import type { Conversation } from "./converse.ts";

/** How long the server's own prompt stands alone before its port counts as closed. */
const RETURN_QUIET: Millis = seconds(2);
/** What leaving may take; then the line is hung up anyway. */
const LEAVE_PATIENCE: Millis = seconds(3);

interface PortSessionOptions {
  readonly clock: Clock;
  readonly conversation: Conversation;
  /** Begins the message when it ends: `Lost port "7" of "cs1:23"`. */
  readonly losing: string;
  /** Prompts that the server asked us with, and what those look like that no host has. */
  readonly prompts: ReadonlySet<string>;
  readonly own?: RegExp;
}

/**
 * A host behind a console server's port: its bytes, until the server's own prompt is back. While that is in doubt, what is
 * typed waits: a key for a host must not choose another port.
 */
export class PortSession {
  readonly #options: PortSessionOptions;
  readonly #watch: PromptWatch | undefined;
  #state: "open" | "over" | "left" = "open";
  /** Pending while the server's own prompt stands there. */
  #doubt: Promise<void> = Promise.resolve();

  constructor(options: PortSessionOptions) {
    this.#options = options;
    this.#watch = options.own && new PromptWatch(options.prompts, options.own);
  }

  /** Resolves when keys reach the host; rejects with LINK_LOST when they would reach the server. */
  allowed(): Promise<void> {
    return this.#doubt;
  }

  async *read(): AsyncGenerator<Uint8Array, void> {
    const { conversation } = this.#options;
    let ahead: Promise<IteratorResult<Uint8Array>> | undefined;
    for (;;) {
      const result = await (ahead ?? conversation.next());
      ahead = undefined;
      if (result.done || this.#state !== "open") break;
      const prompt = this.#watch?.see(result.value);
      if (prompt !== undefined) {
        ahead = conversation.next();
        this.#doubt = this.#wait(ahead, prompt);
      }
      yield result.value;
      if (prompt !== undefined) await this.#doubt;
    }
    if (this.#state === "open") this.#state = "over";
  }

  /** Gives the port back by a last dialogue. That nobody answers is no reason to stay. */
  async leave(say: (signal: AbortSignal) => Promise<unknown>): Promise<void> {
    const wasOpen = this.#state === "open";
    this.#state = "left";
    if (!wasOpen) return;
    const stop = new AbortController();
    const patience = this.#options.clock.sleep(LEAVE_PATIENCE, stop.signal);
    const said = say(stop.signal).catch(() => undefined);
    await Promise.race([said, patience.catch(() => undefined)]);
    stop.abort();
    await said;
  }

  /** Resolves when something follows the prompt; rejects when nothing does. */
  #wait(reading: Promise<unknown>, prompt: string): Promise<void> {
    const stop = new AbortController();
    const quiet = this.#options.clock.sleep(RETURN_QUIET, stop.signal).then(
      () => {
        this.#state = "over";
        const why = `the console server shows its own prompt "${printable(prompt, 100)}" again: the session on the port ended`;
        throw new OobError("LINK_LOST", `${this.#options.losing}: ${why}`, {
          hint: "It is opened again by itself",
        });
      },
      () => undefined,
    );
    const more = reading.then(
      () => stop.abort(),
      () => stop.abort(),
    );
    const doubt = Promise.race([quiet, more]);
    // Whoever reads or types next hears of it.
    doubt.catch(() => undefined);
    return doubt;
  }
}
