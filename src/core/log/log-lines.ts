import { TextLines } from "../../codec/text-lines.ts";
import type { Millis } from "../../lib/clock.ts";
import { printable } from "../../lib/printable.ts";
import { type Encoding, toUtf8 } from "../session/host-encoding.ts";
import type { LogRecord } from "../site/site.ts";
import type { LogPiece } from "./log-walk.ts";

/** Marks that wait for the end of their line. */
const MAX_MARKS = 100;

/** Pieces of a log as records for people: whole lines, each with the time at which its first byte came. */
export class LogLines {
  readonly #encoding: Encoding;
  #lines = new TextLines();
  /** Where the unfinished line began, in the log's stream. */
  #offset = 0;
  #at: Millis = 0;
  readonly #marks: LogRecord[] = [];
  /** The unfinished line has bytes. */
  #begun = false;

  constructor(encoding: Encoding) {
    this.#encoding = encoding;
  }

  *take(piece: LogPiece): Generator<LogRecord> {
    if (piece.is === "mark") {
      yield* this.#mark(piece);
      return;
    }
    let from = 0;
    while (from < piece.bytes.length) {
      const end = piece.bytes.indexOf(10, from);
      const to = end < 0 ? piece.bytes.length : end + 1;
      if (!this.#begun) this.#begin(piece.offset + from, piece.at);
      for (const line of this.#lines.receive(this.#decoded(piece.bytes.subarray(from, to)))) {
        yield this.#record(line.text);
        yield* this.#takeMarks();
        // A line that was cut because it is too long goes on.
        this.#begin(piece.offset + to, piece.at);
      }
      if (end >= 0) this.#begun = false;
      from = to;
    }
  }

  /** The line that nothing ended yet: a prompt, usually. What comes later begins a new one. */
  *open(): Generator<LogRecord> {
    const open = this.#begun ? this.#lines.unfinished() : undefined;
    this.#begun = false;
    this.#lines = new TextLines();
    if (open && open.text !== "") yield this.#record(open.text);
    yield* this.#takeMarks();
  }

  *#mark({ at, offset, kind, text }: Extract<LogPiece, { is: "mark" }>): Generator<LogRecord> {
    // A hole ends a line: what follows belongs to another.
    if (kind === "gap") yield* this.open();
    this.#marks.push({ is: "mark", at, offset, kind, text: printable(text) });
    if (this.#marks.length > MAX_MARKS) yield* this.open();
    if (!this.#begun) yield* this.#takeMarks();
  }

  /** Marks that came in the middle of a line stand after it. */
  *#takeMarks(): Generator<LogRecord> {
    yield* this.#marks.splice(0);
  }

  #begin(offset: number, at: Millis): void {
    this.#begun = true;
    this.#offset = offset;
    this.#at = at;
  }

  #decoded(bytes: Uint8Array): Uint8Array {
    return toUtf8(bytes, this.#encoding);
  }

  #record(text: string): LogRecord {
    return { is: "line", at: this.#at, offset: this.#offset, text: printable(text) };
  }
}
