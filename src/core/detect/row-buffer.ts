/** A row buffer that grew beyond this is given back when its row ends: idle consoles stay small. */
const KEEP_BYTES = 512;
const FIRST_BYTES = 96;
/** A view of a shorter run costs more than to copy its bytes one by one. */
const LONG_RUN_BYTES = 256;

/** The cleaned bytes of one unfinished row. Never longer than `max`. */
export class RowBuffer {
  readonly #max: number;
  #bytes: Buffer | undefined;
  #length = 0;
  /** Bytes of the row that had bit 7 set. */
  high = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get length(): number {
    return this.#length;
  }

  at(index: number): number {
    return this.#bytes?.[index] ?? 0;
  }

  clear(): void {
    if ((this.#bytes?.length ?? 0) > KEEP_BYTES) this.#bytes = undefined;
    this.#length = 0;
    this.high = 0;
  }

  /** Adds plain text; `masked` takes bit 7 off and counts it. */
  append(chunk: Uint8Array, from: number, to: number, masked: boolean): void {
    if (from >= to) return;
    const room = this.#room(this.#length + to - from);
    if (masked) {
      for (let i = from; i < to; i++) {
        const byte = chunk[i] ?? 0;
        if (byte >= 0x80) this.high++;
        room[this.#length++] = byte & 0x7f;
      }
      return;
    }
    if (to - from > LONG_RUN_BYTES) {
      room.set(chunk.subarray(from, to), this.#length);
      this.#length += to - from;
      return;
    }
    for (let i = from; i < to; i++) room[this.#length++] = chunk[i] as number;
  }

  /** Adds the beginning of another row, up to so many bytes. */
  appendRow(row: RowBuffer, most: number): void {
    if (row.#bytes) this.append(row.#bytes, 0, Math.min(row.#length, most), false);
  }

  put(byte: number): void {
    if (this.#length < this.#max) this.#room(this.#length + 1)[this.#length++] = byte;
  }

  pop(): void {
    if (this.#length > 0) this.#length--;
  }

  /** The row's bytes, as they stand. */
  bytes(): Uint8Array {
    return this.#bytes?.subarray(0, this.#length) ?? new Uint8Array(0);
  }

  /** The row's text, and that of a plain run behind it. */
  text(chunk: Uint8Array | undefined, from: number, to: number, masked: boolean): string {
    const before = this.#bytes?.toString("latin1", 0, this.#length) ?? "";
    if (!chunk || to <= from) return before;
    if (!masked) return before + latin1Text(chunk, from, to);
    const run = chunk.subarray(from, to).map((byte) => byte & 0x7f);
    return before + latin1Text(run, 0, run.length);
  }

  #room(length: number): Buffer {
    if (this.#bytes && this.#bytes.length >= length) return this.#bytes;
    const larger = Buffer.alloc(Math.max(FIRST_BYTES, Math.min(this.#max, length * 2)));
    if (this.#bytes) larger.set(this.bytes());
    this.#bytes = larger;
    return larger;
  }
}

/** The memory that was looked at last, as Node's own kind of array: sockets share one, and a view of it costs. */
let whole: Buffer = Buffer.alloc(0);

function latin1Text(bytes: Uint8Array, from: number, to: number): string {
  if (whole.buffer !== bytes.buffer) whole = Buffer.from(bytes.buffer);
  return whole.toString("latin1", bytes.byteOffset + from, bytes.byteOffset + to);
}
