/** What the readers of other console servers' logs have in common: what they give, and how they cut a log into lines. */

/** A piece of such a log. */
export type StampedPiece =
  /** What the host sent. `offset`: where it stands in the file. */
  | { readonly is: "bytes"; readonly bytes: Uint8Array; readonly offset: number }
  /** What follows came at this time (Unix ms). */
  | { readonly is: "time"; readonly at: number }
  | { readonly is: "link"; readonly up: boolean; readonly text: string }
  /** Somebody came to the console, or went. */
  | { readonly is: "person"; readonly who: string; readonly came: boolean }
  /** Anything else that the console server wrote into its log. */
  | { readonly is: "note"; readonly text: string };

/** Longer lines are given in parts. */
export const MAX_STAMPED_LINE_BYTES = 4096;

/** A line with its end, or a part of a long one. */
export interface RawLine {
  readonly bytes: Uint8Array;
  /** Place of its first byte in the file. */
  readonly offset: number;
  /** Not the rest of a long line. */
  readonly begins: boolean;
}

const LF = 10;

/** Cuts a file into lines, line ends kept. Gives only what is whole; `rest` is what the file ends with. */
export class RawLines {
  #held = new Uint8Array(0);
  #offset = 0;
  #begins = true;

  /** Bytes of the unfinished line. */
  get held(): number {
    return this.#held.length;
  }

  receive(chunk: Uint8Array): RawLine[] {
    const all = new Uint8Array(this.#held.length + chunk.length);
    all.set(this.#held);
    all.set(chunk, this.#held.length);
    const lines: RawLine[] = [];
    let from = 0;
    for (;;) {
      const end = Math.min(
        all.indexOf(LF, from) + 1 || all.length + 1,
        from + MAX_STAMPED_LINE_BYTES,
      );
      if (end > all.length) break;
      lines.push(this.#cut(all, from, end));
      from = end;
    }
    this.#held = all.slice(from);
    return lines;
  }

  rest(): RawLine | undefined {
    const all = this.#held;
    this.#held = new Uint8Array(0);
    return all.length > 0 ? this.#cut(all, 0, all.length) : undefined;
  }

  #cut(all: Uint8Array, from: number, to: number): RawLine {
    const line = { bytes: all.slice(from, to), offset: this.#offset, begins: this.#begins };
    this.#offset += to - from;
    this.#begins = all[to - 1] === LF;
    return line;
  }
}

/** Bytes as text, one letter a byte. */
export function latin1Text(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** Year, month (1 is January), day, hour, minute, second as Unix ms; undefined where there is no such moment. */
export function momentOf(
  [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0]: readonly number[],
  isUtc: boolean,
): number | undefined {
  if (year < 1980 || month < 1 || month > 12 || day < 1 || day > 31) return undefined;
  if (hour > 23 || minute > 59 || second > 60) return undefined;
  return isUtc
    ? Date.UTC(year, month - 1, day, hour, minute, second)
    : new Date(year, month - 1, day, hour, minute, second).getTime();
}
