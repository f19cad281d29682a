import { concatBytes } from "../lib/bytes.ts";

const LF = 10;
const CR = 13;

/** Cuts bytes into lines of text, for protocols whose lines are short: what is longer is told, and skipped. */
export class LineCutter {
  readonly #most: number;
  #pieces: Uint8Array[] = [];
  #held = 0;
  #tooLong = false;

  /** `most`: bytes of the longest line. */
  constructor(most: number) {
    this.#most = most;
  }

  /** Bytes of the unfinished line. */
  get held(): number {
    return this.#held;
  }

  /** The lines that these bytes finish, without their ends; undefined for one that was too long. */
  receive(bytes: Uint8Array): (string | undefined)[] {
    const lines: (string | undefined)[] = [];
    for (let at = 0; at < bytes.length; ) {
      const lf = bytes.indexOf(LF, at);
      this.#keep(bytes.subarray(at, lf < 0 ? bytes.length : lf));
      if (lf < 0) break;
      lines.push(this.#finish());
      at = lf + 1;
    }
    return lines;
  }

  #keep(piece: Uint8Array): void {
    this.#tooLong ||= this.#held + piece.length > this.#most;
    if (this.#tooLong) {
      this.#pieces = [];
      this.#held = 0;
    } else if (piece.length > 0) {
      this.#pieces.push(piece.slice());
      this.#held += piece.length;
    }
  }

  #finish(): string | undefined {
    const line = concatBytes(this.#pieces);
    const tooLong = this.#tooLong;
    this.#pieces = [];
    this.#held = 0;
    this.#tooLong = false;
    if (tooLong) return undefined;
    const text = decoder.decode(line);
    return text.charCodeAt(text.length - 1) === CR ? text.slice(0, -1) : text;
  }
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
