/**
 * Console bytes as lines of text for people, logs and `expect`: what would stand on paper. Escape sequences are out, a CR
 * goes back to the line's beginning and text overwrites, BS goes back one, `CSI K` erases to the end. Positions on a screen
 * are not followed: menus and editors are read from the screen.
 */
import { concatBytes } from "../lib/bytes.ts";
import type { Codec } from "./codec.ts";
import { TerminalFilter } from "./terminal-filter.ts";

/** Longest line, in bytes of the wire; a longer one is cut, and goes on as the next. */
export const MAX_LINE_BYTES = 4096;

const LF = 10;
const CR = 13;
const DEL = 0x7f;

/** A line and where it stood in the stream of raw bytes: from `start` up to but not including `end`. */
export interface TextLine {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** Cuts a console's stream into cleaned lines. */
export class TextLines implements Codec<TextLine> {
  readonly #filter = new TerminalFilter("safe");
  #offset: number;
  #start: number;
  /** Filtered pieces of the unfinished line. */
  #pieces: Uint8Array[] = [];

  /** `offset`: position in the stream of the first byte to come. */
  constructor(offset = 0) {
    this.#offset = offset;
    this.#start = offset;
  }

  /** Bytes kept of the unfinished line. */
  get held(): number {
    return this.#pieces.reduce((sum, piece) => sum + piece.length, this.#filter.held);
  }

  takeOutput(): Uint8Array {
    return new Uint8Array(0);
  }

  /** The lines that these bytes finish. */
  receive(bytes: Uint8Array): TextLine[] {
    const lines: TextLine[] = [];
    let at = 0;
    while (at < bytes.length) {
      const room = MAX_LINE_BYTES - (this.#offset - this.#start);
      const lf = bytes.indexOf(LF, at);
      const end = Math.min(lf < 0 ? bytes.length : lf + 1, at + room);
      const full = end === at + room;
      this.#offset += end - at;
      const last = bytes[end - 1] === LF;
      const piece = this.#filter.filter(bytes.subarray(at, end));
      // What is unfinished outlives the call, so it must not be the caller's array.
      if (piece.length > 0) this.#pieces.push(last || full ? piece : piece.slice());
      if (last || full) lines.push(this.#finish());
      at = end;
    }
    return lines;
  }

  /** The line so far, a prompt for example; undefined where nothing has come since the last line. */
  unfinished(): TextLine | undefined {
    if (this.#offset === this.#start) return undefined;
    this.#pieces = [concatBytes(this.#pieces)];
    return { text: printed(this.#pieces[0]), start: this.#start, end: this.#offset };
  }

  #finish(): TextLine {
    const text = printed(concatBytes(this.#pieces));
    const line = { text, start: this.#start, end: this.#offset };
    this.#start = this.#offset;
    this.#pieces = [];
    return line;
  }
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Text of filtered bytes as paper would show it. */
function printed(bytes: Uint8Array = new Uint8Array(0)): string {
  let end = bytes.length;
  if (bytes[end - 1] === LF) end -= 1;
  while (end > 0 && bytes[end - 1] === CR) end -= 1;
  const line = bytes.subarray(0, end);
  const text = isAscii(line) ? asciiOf(line) : decoder.decode(line);
  return /[\x07\x08\r\x1b]/.test(text) ? overwritten(text) : text;
}

function isAscii(bytes: Uint8Array): boolean {
  for (const byte of bytes) if (byte >= DEL) return false;
  return true;
}

/** Short lines are most lines, and a decoder costs more than this. */
function asciiOf(bytes: Uint8Array): string {
  return String.fromCharCode.apply(null, bytes as unknown as number[]);
}

// After the filter only well-formed sequences are left.
const PIECES = /\x1b\[([0-9:;?]*)([@-~])|\x1b.|\x07|([\x08\r])|([^\x07\x08\r\x1b]+)/gu;

function overwritten(text: string): string {
  const cells: string[] = [];
  let at = 0;
  for (const [, parameters, final, move, plain] of text.matchAll(PIECES)) {
    if (plain !== undefined) for (const one of plain) cells[at++] = one;
    else if (move === "\r") at = 0;
    else if (move === "\b") at = Math.max(0, at - 1);
    else if (final === "K" && (parameters === "" || parameters === "0")) cells.length = at;
  }
  return cells.join("");
}
