/**
 * Looks for a console server's own prompt in what should be a host's text: it is back where the port's session ended or the
 * server came up again, and keys would go to its menu.
 *
 * A host can print anything, also the picture of a menu. So only the very texts count that this server asked us with when we
 * logged in, alone on the last line with nothing after it; and the caller waits whether something follows.
 */
import { concatBytes } from "../lib/bytes.ts";
import { TextLines } from "./text-lines.ts";

/** Bytes of the end that are looked at. A longer prompt is not looked for. */
export const MAX_PROMPT_BYTES = 256;

const LF = 10;

/** Watches the end of a stream. */
export class PromptWatch {
  readonly #prompts: ReadonlySet<string>;
  #tail = new Uint8Array(0);
  /** The tail is all that came so far. */
  #whole = true;

  /** `own`: what such a prompt of the server looks like; one that any host may have ("login:") is none. */
  constructor(asked: Iterable<string>, own: RegExp) {
    const known = [...asked].map((prompt) => prompt.trim()).filter((prompt) => own.test(prompt));
    this.#prompts = new Set(known.filter((prompt) => prompt.length < MAX_PROMPT_BYTES));
  }

  /** Bytes kept. */
  get held(): number {
    return this.#tail.length;
  }

  /** The prompt that stands at the end now, or undefined. */
  see(bytes: Uint8Array): string | undefined {
    if (this.#prompts.size === 0 || bytes.length === 0) return undefined;
    const joined = concatBytes([this.#tail, bytes.subarray(-MAX_PROMPT_BYTES)]);
    if (this.#tail.length + bytes.length > MAX_PROMPT_BYTES) this.#whole = false;
    this.#tail = joined.slice(-MAX_PROMPT_BYTES);
    const lf = this.#tail.lastIndexOf(LF);
    if (lf < 0 && !this.#whole) return undefined;
    const lines = new TextLines();
    lines.receive(this.#tail.subarray(lf + 1));
    const text = lines.unfinished()?.text.trim() ?? "";
    return this.#prompts.has(text) ? text : undefined;
  }
}
