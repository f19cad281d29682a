import { RowBuffer } from "./row-buffer.ts";

/** No more of it is kept: as much as is read of a command line. */
const MAX_KEPT = 400;
const SPACE = 0x20;

/**
 * The row that ended last; where a line editor broke one typed line (blank, carriage return), all of that line. Copied
 * only when the chunk that holds it goes: most rows are never asked for.
 */
export class LastRow {
  readonly #kept = new RowBuffer(MAX_KEPT);
  #chunk: Uint8Array | undefined;
  #from = 0;
  #to = 0;

  /** The row is what `row` holds, and the plain run of `chunk` behind it. */
  note(
    row: RowBuffer,
    chunk: Uint8Array | undefined,
    from: number,
    to: number,
    returned: boolean,
  ): void {
    if (returned) this.settle();
    const goesOn = returned && this.#kept.at(this.#kept.length - 1) === SPACE;
    if (!goesOn && this.#kept.length > 0) this.#kept.clear();
    this.#kept.appendRow(row, this.#room);
    this.#chunk = chunk;
    this.#from = from;
    this.#to = Math.min(to, from + this.#room);
  }

  /** The chunk is read: its memory may be used anew. */
  settle(): void {
    if (this.#chunk) this.#kept.append(this.#chunk, this.#from, this.#to, false);
    this.#chunk = undefined;
  }

  get text(): string {
    this.settle();
    return this.#kept.text(undefined, 0, 0, false);
  }

  get #room(): number {
    return MAX_KEPT - this.#kept.length;
  }
}
