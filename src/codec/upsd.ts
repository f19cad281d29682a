/**
 * The protocol of NUT's upsd (its developer guide, "Network protocol information", 1.3): a line each way, words in quotes
 * where they hold blanks. An answer is one line, or all between "BEGIN LIST …" and "END LIST …".
 */
import { utf8 } from "../lib/bytes.ts";
import type { Codec } from "./codec.ts";
import { LineCutter } from "./line-cutter.ts";

/** Longest line; upsd's values have 512 bytes at most, its lines 4096. */
export const MAX_UPSD_LINE_BYTES = 16 * 1024;

const WORD = /"((?:[^"\\]|\\.)*)"|([^\s"]+)/gy;

/** One line of upsd's, in words. */
export type UpsdEvent =
  | { readonly is: "said"; readonly words: readonly string[] }
  | { readonly is: "violation"; readonly what: string };

/** A client of upsd. */
export class UpsdCodec implements Codec<UpsdEvent> {
  readonly #lines = new LineCutter(MAX_UPSD_LINE_BYTES);
  #output = "";

  /** Bytes of the unfinished line. */
  get held(): number {
    return this.#lines.held;
  }

  /** Queues a command for `takeOutput`. Words must hold no control characters: a line's end would be another command. */
  ask(...words: readonly string[]): void {
    this.#output += `${words.map(quoted).join(" ")}\n`;
  }

  takeOutput(): Uint8Array {
    const output = utf8(this.#output);
    this.#output = "";
    return output;
  }

  receive(bytes: Uint8Array): UpsdEvent[] {
    return this.#lines
      .receive(bytes)
      .map((line) => (line === undefined ? tooLong : eventOf(line)))
      .filter((event) => event !== undefined);
  }
}

const tooLong: UpsdEvent = { is: "violation", what: "a line that is too long" };

function eventOf(line: string): UpsdEvent | undefined {
  const words = wordsOf(line);
  if (words === undefined) return { is: "violation", what: line.slice(0, 200) };
  return words.length === 0 ? undefined : { is: "said", words };
}

/** Undefined where a quote is not closed, or stands where none may. */
function wordsOf(line: string): string[] | undefined {
  const words: string[] = [];
  let at = 0;
  for (;;) {
    while (line[at] === " " || line[at] === "\t") at++;
    if (at >= line.length) return words;
    WORD.lastIndex = at;
    const found = WORD.exec(line);
    if (found === null) return undefined;
    words.push(found[2] ?? (found[1] ?? "").replace(/\\(.)/g, "$1"));
    at += found[0].length;
  }
}

const quoted = (word: string): string =>
  /^[\w.:-]+$/.test(word) ? word : `"${word.replace(/["\\]/g, "\\$&")}"`;
