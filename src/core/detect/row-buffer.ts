/** A row buffer that grew beyond this is given back when its row ends: idle consoles stay small. */
const KEEP_BYTES = 512;
const FIRST_BYTES = 96;

/** The cleaned bytes of one unfinished row. Never longer than `max`. */
export class RowBuffer {
  readonly #max: number;
  #bytes: Uint8Array | undefined;
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
    room.set(chunk.subarray(from, to), this.#length);
    this.#length += to - from;
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
    const before = this.#length > 0 ? latin1Text(this.bytes()) : "";
    if (!chunk || to <= from) return before;
    const run = chunk.subarray(from, to);
    return before + latin1Text(masked ? run.map((byte) => byte & 0x7f) : run);
  }

  #room(length: number): Uint8Array {
    if (this.#bytes && this.#bytes.length >= length) return this.#bytes;
    const larger = new Uint8Array(Math.max(FIRST_BYTES, Math.min(this.#max, length * 2)));
    if (this.#bytes) larger.set(this.bytes());
    this.#bytes = larger;
    return larger;
  }
}

const latin1Text = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
