/**
 * What a host prints, made safe for a terminal: a person's, the xterm.js behind a screen, and cleaned text. A streaming
 * allow-list over bytes. `safe` lets through text, BEL BS TAB LF CR and the sequences of control-sequence.ts; `strict`
 * text, LF (as CR LF, for a terminal in raw mode) and BS alone.
 *
 *   ground ─ESC─► escape ─[─► csi ─final─► ground          written anew if allowed
 *                        ├─] P X ^ _ k─► string ─► ground  dropped; any control or 512 bytes end it
 *                        └─space … /─► intermediate ─►     dropped: charset shifts
 *
 * A control character inside a sequence ends it and counts for itself, so noise hides at most the rest of one line.
 */
import { latin1 } from "../lib/bytes.ts";
import { ByteSink } from "./byte-sink.ts";
import { MAX_CSI_BYTES, writeAllowedCsi } from "./control-sequence.ts";
import { Utf8Gate } from "./utf8-gate.ts";

/** How much a host may do on a terminal. */
export type FilterMode = "safe" | "strict";

/** Longest string (OSC, DCS, APC, PM, SOS, title) that is swallowed; what goes beyond it is shown. */
export const MAX_STRING_BYTES = 512;

const BEL = 7;
const BS = 8;
const TAB = 9;
const LF = 10;
const CR = 13;
const SO = 14;
const SI = 15;
const CAN = 0x18;
const SUB = 0x1a;
const ESC = 0x1b;
const DEL = 0x7f;

const codes = (letters: string): ReadonlySet<number> => new Set(latin1(letters));

const STRING_OPENERS = codes("]PX^_k");
/** Save and restore cursor, index, next line, reverse index, keypad modes. */
const ALLOWED_ESCAPES = codes("78DEM=>");

/** 1 for bytes that go through as they are. */
function plainTable(controls: readonly number[]): Uint8Array {
  const table = new Uint8Array(256);
  table.fill(1, 0x20, DEL);
  for (const control of controls) table[control] = 1;
  return table;
}

const PLAIN = {
  safe: plainTable([BEL, BS, TAB, LF, CR]),
  strict: plainTable([BS]),
} as const;

type Place = "ground" | "escape" | "intermediate" | "csi" | "csiIgnored" | "string";

/** The filter. Its output does not depend on how the input is cut. */
export class TerminalFilter {
  readonly #mode: FilterMode;
  readonly #rows: number | undefined;
  readonly #plain: Uint8Array;
  readonly #utf8 = new Utf8Gate();
  #place: Place = "ground";
  #parameters: Uint8Array | undefined;
  /** Bytes of the sequence or string under way. */
  #length = 0;

  /** `rows`: height of the terminal behind it, if known; more lines than that are not scrolled or inserted at once. */
  constructor(mode: FilterMode, rows?: number) {
    this.#mode = mode;
    this.#rows = rows;
    this.#plain = PLAIN[mode];
  }

  /** Bytes kept from earlier input. */
  get held(): number {
    return this.#utf8.held + (this.#place === "csi" ? this.#length : 0);
  }

  /** The safe form of the next bytes. Returns the same array where all of it is plain. */
  filter(bytes: Uint8Array): Uint8Array {
    if (bytes.length === 0) return bytes;
    const quiet = this.#place === "ground" && this.#utf8.held === 0;
    const first = quiet ? this.#plainEnd(bytes, 0) : 0;
    if (first === bytes.length) {
      this.#utf8.passed((bytes[first - 1] ?? 0) >= 0x20);
      return bytes;
    }
    const sink = new ByteSink(bytes.length + 32);
    let at = 0;
    while (at < bytes.length) {
      if (this.#place === "ground") at = this.#ground(bytes, at, sink);
      else this.#inside(bytes[at++] ?? 0, sink);
    }
    return sink.written();
  }

  #plainEnd(bytes: Uint8Array, from: number): number {
    const plain = this.#plain;
    let at = from;
    while (at < bytes.length && plain[bytes[at] ?? 0] === 1) at++;
    return at;
  }

  /** A run of plain bytes and the one byte that ends it; returns the place after it. */
  #ground(bytes: Uint8Array, from: number, sink: ByteSink): number {
    const end = this.#plainEnd(bytes, from);
    if (end > from) {
      this.#utf8.interrupt(sink);
      sink.copy(bytes, from, end);
      this.#utf8.passed((bytes[end - 1] ?? 0) >= 0x20);
    }
    if (end < bytes.length) this.#special(bytes[end] ?? 0, sink);
    return end + 1;
  }

  #special(byte: number, sink: ByteSink): void {
    if (byte >= 0x80) {
      this.#utf8.take(byte, sink);
      return;
    }
    this.#utf8.interrupt(sink);
    if (byte === ESC) {
      this.#place = "escape";
      return;
    }
    this.#utf8.passed(false);
    if (this.#mode === "strict" && byte === LF) {
      sink.byte(CR);
      sink.byte(LF);
    } else if (this.#mode === "strict" && byte === TAB) {
      sink.byte(0x20);
    } else if (!isSilent(byte)) {
      sink.byte(0x5e);
      sink.byte(byte ^ 0x40);
    }
  }

  #inside(byte: number, sink: ByteSink): void {
    if (this.#place === "string" && byte >= 0x20) {
      this.#length += 1;
      if (this.#length === MAX_STRING_BYTES) this.#place = "ground";
    } else if (byte < 0x20 || byte >= 0x80) {
      this.#interrupted(byte, sink);
    } else if (this.#place === "escape") {
      this.#escape(byte, sink);
    } else if (this.#place === "intermediate") {
      if (byte >= 0x30) this.#place = "ground";
    } else {
      this.#csi(byte, sink);
    }
  }

  /** A control, or a byte beyond ASCII where none belongs, ends what is under way. */
  #interrupted(byte: number, sink: ByteSink): void {
    const ends = byte === CAN || byte === SUB || (byte === BEL && this.#place === "string");
    this.#place = "ground";
    if (ends) return;
    if (this.#plain[byte] === 1) {
      sink.byte(byte);
      this.#utf8.passed(false);
    } else {
      this.#special(byte, sink);
    }
  }

  #escape(byte: number, sink: ByteSink): void {
    this.#length = 0;
    if (byte === 0x5b) this.#place = "csi";
    else if (STRING_OPENERS.has(byte)) this.#place = "string";
    else if (byte < 0x30) this.#place = "intermediate";
    else {
      this.#place = "ground";
      if (this.#mode === "strict" || !ALLOWED_ESCAPES.has(byte)) return;
      this.#utf8.passed(false);
      sink.byte(ESC);
      sink.byte(byte);
    }
  }

  #csi(byte: number, sink: ByteSink): void {
    if (byte < 0x40) {
      this.#parameters ??= new Uint8Array(MAX_CSI_BYTES);
      if (this.#length === MAX_CSI_BYTES) this.#place = "csiIgnored";
      else this.#parameters[this.#length++] = byte;
      return;
    }
    const allowed = this.#place === "csi" && this.#mode === "safe" && byte !== DEL;
    this.#place = "ground";
    if (!allowed) return;
    const parameters = this.#parameters ?? NO_PARAMETERS;
    if (writeAllowedCsi(parameters, this.#length, byte, sink, this.#rows)) this.#utf8.passed(false);
  }
}

const NO_PARAMETERS = new Uint8Array(0);

/** Controls that a terminal does not show: padding, charset shifts; in strict mode those of the text layout as well. */
function isSilent(byte: number): boolean {
  return byte === 0 || byte === SO || byte === SI || byte === CR;
}

/**
 * Undoes what `safe` lets a host change: alternate screen, origin, scroll region, SGR, cursor keys, keypad, wrap, cursor
 * shown. Ends on the last row, because restoring the region moves the cursor home.
 */
export const RESET_SEQUENCE =
  "\x1b[?1047l\x1b[?6l\x1b[r\x1b[m\x1b[?1l\x1b>\x1b[?7h\x1b[?25h\x1b[999;1H";
