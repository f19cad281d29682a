import type { ScreenMode } from "./escape-scanner.ts";

/** One cleaned row of output: what stands between line ends, cursor moves and screen clears. */
export interface Row {
  /** Offset of its first byte in the raw stream. */
  readonly at: number;
  /** Offset behind its last byte (of the line end, where there is one). */
  readonly end: number;
  /** Cleaned bytes, one UTF-16 unit each. */
  readonly text: string;
  /** Began behind a cursor move, not at a line start. */
  readonly moved: boolean;
  /** Began behind a lone carriage return: it overwrites, or goes on with, the row before. */
  readonly returned: boolean;
  /** Written while a shell's line editor was on: prompt and typed text. */
  readonly edited: boolean;
}

/** Receives what the view sees, in stream order. */
export interface RowSink {
  /** A hint ended here, `length` bytes into the row; `rowSoFar` of the view gives that row, during the call only. */
  hint(hint: number, length: number): void;
  /** The next row counts, whatever stands in it. */
  awaits(): boolean;
  /** A row with at least one hint, one that was typed, or one that is awaited, is complete. */
  row(row: Row): void;
  /** A row began with the host's own time stamp, in whole seconds. */
  stamp(seconds: number): void;
  /** `before`: the last row, where a line editor ends. */
  mode(mode: ScreenMode, on: boolean, before: string): void;
}
