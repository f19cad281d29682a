import { EscapeScanner } from "./escape-scanner.ts";
import { type HintAutomaton, SPECIAL } from "./hint-automaton.ts";
import { LastRow } from "./last-row.ts";
import { hasHighBytes, hasParityBit } from "./parity.ts";
import type { Row, RowSink } from "./row.ts";
import { RowBuffer } from "./row-buffer.ts";
import { beginsLogLine, stampOf } from "./stamp.ts";

/** No row is longer; what follows is a row of its own. */
export const MAX_LINE_BYTES = 4096;

/** A row of at least this many bytes without bit 7 says that the parity bit is gone. */
const KEEP_PARITY_BYTES = 16;

/**
 * Console bytes as cleaned rows. Not a terminal: escape sequences go out, cursor moves end a row, backspace deletes,
 * NUL and other controls vanish, parity in bit 7 is masked where the line has it. Strings (OSC, DCS …) are rows like
 * others, so that noise which opens one hides nothing. Every result depends on the bytes alone, never on their cuts.
 *
 * A line end ends the row in any state of the escape scanner.
 */
export class LineView {
  readonly #automaton: HintAutomaton;
  readonly #sink: RowSink;
  #state = 0;
  /** The special state that stopped the last run of plain text; 0: none did. */
  #special = 0;
  readonly #escape = new EscapeScanner();
  #inEscape = false;
  /** Cleaned bytes of the row that are not in the current chunk, or were odd. */
  readonly #row = new RowBuffer(MAX_LINE_BYTES);
  #rowAt = 0;
  #offset = 0;
  #hit = false;
  /** Where a hint ended that is being told: kept here, since an object for each would be most of all garbage. */
  #chunk: Uint8Array | undefined;
  #from = 0;
  #to = 0;
  #end = 0;
  #moved = false;
  #returned = false;
  #string = false;
  #parity = false;
  /** The stream may begin in the middle of a typed line. */
  #editing = true;
  #begun = false;
  readonly #last = new LastRow();

  constructor(automaton: HintAutomaton, sink: RowSink) {
    this.#automaton = automaton;
    this.#sink = sink;
  }

  /** Bytes consumed so far. */
  get offset(): number {
    return this.#offset;
  }

  /** The row that stands unfinished. */
  get pending(): Row | undefined {
    return this.#hit ? this.#rowOf(undefined, 0, 0, this.#offset) : undefined;
  }

  /** The text of the unfinished row, where it began at or behind `offset`. */
  openSince(offset: number): string {
    return this.#rowAt < offset ? "" : this.#row.text(undefined, 0, 0, this.#parity);
  }

  /** Bytes are missing: what stands unfinished belongs to nothing that comes. */
  gap(): void {
    this.#inEscape = false;
    this.#begin(this.#offset);
  }

  see(chunk: Uint8Array): void {
    const base = this.#offset;
    let from = 0;
    let i = 0;
    while (i < chunk.length) {
      if (this.#inEscape) {
        if (this.#escaped(chunk[i] ?? 0, base + i + 1)) i++;
        from = i;
        continue;
      }
      const stop = Math.min(chunk.length, from + MAX_LINE_BYTES - this.#row.length);
      i = this.#plain(chunk, i, stop);
      if (this.#special !== 0) from = this.#handle(chunk, from, i++, base);
      else if (i < chunk.length) {
        this.#endRow(chunk, from, i, base + i);
        from = i;
      }
    }
    this.#row.append(chunk, from, i, this.#parity);
    this.#last.settle();
    this.#offset = base + chunk.length;
  }

  /** Reads plain text, the hot loop: stops at `stop`, or at a byte that leads to a special state. */
  #plain(chunk: Uint8Array, from: number, stop: number): number {
    const { classes, next, shift, firstSpecial } = this.#automaton;
    const mask = this.#parity ? 0x7f : 0xff;
    let state = this.#state;
    let i = from;
    this.#special = 0;
    for (; i < stop; i++) {
      const to = next[
        (state << shift) | (classes[(chunk[i] as number) & mask] as number)
      ] as number;
      if (to >= firstSpecial) {
        this.#special = to;
        break;
      }
      state = to;
    }
    this.#state = state;
    return i;
  }

  /** Handles the byte at `i`, which ends a hint or is no text; returns where the plain run goes on. */
  #handle(chunk: Uint8Array, from: number, i: number, base: number): number {
    const { firstByteState } = this.#automaton;
    const state = this.#special;
    if (state < firstByteState) {
      this.#hints(state, chunk, from, i + 1, base + i + 1);
      return from;
    }
    const what = state - firstByteState;
    if (what === SPECIAL.feed || what === SPECIAL.carriage) {
      const empty = this.#row.length + i - from === 0;
      const returned = what === SPECIAL.carriage && (!empty || this.#returned);
      this.#endRow(chunk, from, i, base + i + 1);
      this.#returned = returned;
      return i + 1;
    }
    this.#row.append(chunk, from, i, this.#parity);
    if (what === SPECIAL.back) {
      this.#row.pop();
      this.#rescan();
    } else if (what === SPECIAL.escape) {
      this.#inEscape = true;
      this.#escape.start();
    } else if (chunk[i] === 0x07 && this.#string) this.#break(base + i + 1, false);
    return i + 1;
  }

  #hints(state: number, chunk: Uint8Array, from: number, to: number, end: number): void {
    this.#state = state;
    this.#hit = true;
    this.#chunk = chunk;
    this.#from = from;
    this.#to = to;
    this.#end = end;
    for (const hint of this.#automaton.ends[state - this.#automaton.firstSpecial] ?? [])
      this.#sink.hint(hint, this.#row.length + to - from);
    this.#chunk = undefined;
  }

  /** Whether the row with the hint that is being told is a line of a log, and no prompt. */
  get inLogLine(): boolean {
    return beginsLogLine(
      this.#row,
      this.#chunk,
      this.#from,
      this.#row.length + this.#to - this.#from,
    );
  }

  /** The row up to the hint that is being told. */
  rowSoFar(): Row {
    return this.#rowOf(this.#chunk, this.#from, this.#to, this.#end);
  }

  /** Brings the automaton to where the row's last bytes lead. Hints that end inside were told before. */
  #rescan(): void {
    const { classes, next, shift, firstByteState } = this.#automaton;
    this.#state = 0;
    for (let i = Math.max(0, this.#row.length - 64); i < this.#row.length; i++) {
      const to = next[(this.#state << shift) | (classes[this.#row.at(i)] ?? 0)] ?? 0;
      this.#state = to >= firstByteState ? 0 : to;
    }
  }

  /** Takes one byte of an escape sequence; false: it belongs to the text behind. */
  #escaped(raw: number, end: number): boolean {
    const seen = this.#escape.take(this.#parity ? raw & 0x7f : raw);
    if (seen.is === "more") return true;
    this.#inEscape = false;
    if (seen.is === "space") {
      this.#row.put(0x20);
      this.#rescan();
    } else if (seen.is === "break") {
      this.#break(end, seen.moved);
      this.#string = seen.string;
    } else if (seen.is === "mode") {
      if (seen.mode === "reset") this.#break(end, false);
      const before = seen.mode === "edit" && !seen.on ? this.#last.text : "";
      if (seen.mode === "edit") {
        this.#editing = seen.on;
        this.#begun = true;
      }
      this.#sink.mode(seen.mode, seen.on, before);
    }
    return seen.is !== "text";
  }

  /** Ends the row at a place where no line ends. */
  #break(end: number, moved: boolean): void {
    this.#endRow(undefined, 0, 0, end);
    this.#moved = moved;
  }

  #endRow(chunk: Uint8Array | undefined, from: number, to: number, end: number): void {
    const length = this.#row.length + to - from;
    if (length > 0) {
      this.#complete(chunk, from, to, end);
      if (!this.#begun) this.#editing = false;
      this.#begun = true;
    }
    this.#begin(end);
  }

  #complete(chunk: Uint8Array | undefined, from: number, to: number, end: number): void {
    const length = this.#row.length + to - from;
    if (this.#parity || hasHighBytes(this.#row, chunk, from, length)) {
      if (chunk) this.#row.append(chunk, from, to, this.#parity);
      this.#judgeParity(end);
      this.#last.note(this.#row, undefined, 0, 0, this.#returned);
      if (this.#counts) this.#sink.row(this.#rowOf(undefined, 0, 0, end));
      return;
    }
    this.#last.note(this.#row, chunk, from, to, this.#returned);
    const first = this.#row.length > 0 ? this.#row.at(0) : chunk?.[from];
    if (first === 0x5b) {
      const seconds = stampOf(this.#row, chunk, from, length);
      if (seconds !== undefined) this.#sink.stamp(seconds);
    }
    if (this.#counts) this.#sink.row(this.#rowOf(chunk, from, to, end));
  }

  get #counts(): boolean {
    return this.#hit || this.#editing || this.#sink.awaits();
  }

  /**
   * A 7E1 or 7O1 sender read as 8N1 sets bit 7 in about half of its bytes; UTF-8 text may have as many, but is valid.
   * The row that proves it is looked at again with bit 7 masked, the rows behind it from the start.
   */
  #judgeParity(end: number): void {
    if (this.#parity) {
      this.#parity = this.#row.high > 0 || this.#row.length < KEEP_PARITY_BYTES;
    } else if (hasParityBit(this.#row.bytes())) {
      this.#parity = true;
      // A copy: slice() of a Buffer is none.
      this.#again(new Uint8Array(this.#row.bytes()), end);
    }
  }

  /** Reads a whole row once more, with bit 7 masked. */
  #again(raw: Uint8Array, end: number): void {
    const { classes, next, shift, firstSpecial, firstByteState } = this.#automaton;
    let state = 0;
    this.#row.clear();
    for (const high of raw) {
      const byte = high & 0x7f;
      if (byte < 0x20 || byte === 0x7f) continue;
      this.#row.put(byte);
      state = next[(state << shift) | (classes[byte] ?? 0)] ?? 0;
      if (state >= firstByteState) state = 0;
      else if (state >= firstSpecial) this.#hints(state, raw, 0, 0, end);
    }
  }

  #begin(at: number): void {
    this.#row.clear();
    this.#state = 0;
    this.#rowAt = at;
    this.#hit = false;
    this.#moved = false;
    this.#returned = false;
    this.#string = false;
  }

  #rowOf(chunk: Uint8Array | undefined, from: number, to: number, end: number): Row {
    return {
      at: this.#rowAt,
      end,
      text: this.#row.text(chunk, from, to, this.#parity),
      moved: this.#moved,
      returned: this.#returned,
      edited: this.#editing,
    };
  }
}
