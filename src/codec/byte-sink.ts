/** A growing array of bytes to write into. */
export class ByteSink {
  #bytes: Uint8Array;
  #length = 0;

  constructor(room: number) {
    this.#bytes = new Uint8Array(room);
  }

  byte(byte: number): void {
    if (this.#length === this.#bytes.length) this.#grow(1);
    this.#bytes[this.#length++] = byte;
  }

  /** A whole number in decimal digits. */
  number(value: number): void {
    if (value >= 10) this.number(Math.floor(value / 10));
    this.byte(0x30 + (value % 10));
  }

  /** Copies `source` from `from` up to `to`. */
  copy(source: Uint8Array, from: number, to: number): void {
    const size = to - from;
    if (this.#length + size > this.#bytes.length) this.#grow(size);
    // A view costs more than a short loop.
    if (size > SHORT) this.#bytes.set(source.subarray(from, to), this.#length);
    else for (let i = 0; i < size; i++) this.#bytes[this.#length + i] = source[from + i] ?? 0;
    this.#length += size;
  }

  /** What was written. The sink must not be written to afterwards. */
  written(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #grow(by: number): void {
    const larger = new Uint8Array(Math.max(this.#length + by, this.#bytes.length * 2));
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}

const SHORT = 24;
