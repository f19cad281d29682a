/**
 * Characters beyond ASCII on their way to a terminal: only valid UTF-8 (Unicode 15, table 3-7), no character that hides or
 * reorders text, few combining marks a cell. What is broken becomes U+FFFD, so that the output is always valid UTF-8 and
 * no forbidden character can be put together from leftovers; lone bytes 0x80-0x9F (C1 controls of 8-bit terminals) vanish.
 */
import { HIDDEN_RANGES } from "../lib/hidden-characters.ts";
import type { ByteSink } from "./byte-sink.ts";

/** Combining marks let through after one character: xterm.js stores a cell of a million of them. */
export const MAX_MARKS = 8;

const HIDDEN = new RegExp(`[${HIDDEN_RANGES}]`, "u");

type Kind = "shown" | "mark" | "hidden";
const UNKNOWN = 0;
const KINDS: readonly Kind[] = ["shown", "shown", "mark", "hidden"];
/** Kind of each character once it was asked for: index into KINDS. */
const known = new Uint8Array(0x110000);

function classify(code: number): number {
  const character = String.fromCodePoint(code);
  if (HIDDEN.test(character)) return 3;
  // Hangul vowels and finals join the cell before them as marks do.
  if (code >= 0x1160 && code <= 0x11ff) return 2;
  return /\p{M}/u.test(character) ? 2 : 1;
}

function kindOf(code: number): Kind {
  if (known[code] === UNKNOWN) known[code] = classify(code);
  return KINDS[known[code] ?? 3] ?? "hidden";
}

/** Puts bytes >= 0x80 together to characters and writes those that are allowed. */
export class Utf8Gate {
  readonly #bytes = new Uint8Array(4);
  #length = 0;
  #wanted = 0;
  #marks = MAX_MARKS;

  /** Bytes of an unfinished character. */
  get held(): number {
    return this.#length;
  }

  /** Something else went to the terminal: marks may follow only where it was a printed character. */
  passed(printed: boolean): void {
    this.#marks = printed ? 0 : MAX_MARKS;
  }

  /** The next byte is no part of the character under way. */
  interrupt(sink: ByteSink): void {
    if (this.#length === 0) return;
    this.#length = 0;
    this.#replace(sink);
  }

  take(byte: number, sink: ByteSink): void {
    if (this.#length > 0 && this.#continues(byte)) {
      this.#bytes[this.#length++] = byte;
      if (this.#length === this.#wanted) this.#finish(sink);
      return;
    }
    this.interrupt(sink);
    this.#wanted = lengthFrom(byte);
    if (this.#wanted > 0) {
      this.#bytes[0] = byte;
      this.#length = 1;
    } else if (byte >= 0xa0) {
      this.#replace(sink);
    }
  }

  #continues(byte: number): boolean {
    const lead = this.#length === 1 ? this.#bytes[0] : 0;
    // Overlong forms, surrogates and what is beyond U+10FFFF show in the second byte.
    const from = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
    const to = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
    return byte >= from && byte <= to;
  }

  #finish(sink: ByteSink): void {
    const length = this.#length;
    this.#length = 0;
    let code = (this.#bytes[0] ?? 0) & (0xff >> (length + 1));
    for (let i = 1; i < length; i++) code = (code << 6) | ((this.#bytes[i] ?? 0) & 0x3f);
    const kind = kindOf(code);
    if (kind === "hidden" || (kind === "mark" && this.#marks >= MAX_MARKS)) return;
    this.#marks = kind === "mark" ? this.#marks + 1 : 0;
    sink.copy(this.#bytes, 0, length);
  }

  #replace(sink: ByteSink): void {
    this.#marks = 0;
    sink.byte(0xef);
    sink.byte(0xbf);
    sink.byte(0xbd);
  }
}

/** Bytes of the character that begins with this one; 0: none does. */
function lengthFrom(lead: number): number {
  if (lead >= 0xc2 && lead <= 0xdf) return 2;
  if (lead >= 0xe0 && lead <= 0xef) return 3;
  return lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
}
