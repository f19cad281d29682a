/** Far more than stand between evidence and what is told of it. */
const MOST = 100_000;

/** Where bytes of a stream stand in the file that they were taken from: stamps and messages were left out. */
export class Places {
  #stream: number[] = [];
  #file: number[] = [];

  /** The bytes from here on stand there. */
  note(stream: number, file: number): void {
    const last = this.#stream.length - 1;
    if (last >= 0 && file - stream === (this.#file[last] ?? 0) - (this.#stream[last] ?? 0)) return;
    if (last >= MOST) {
      this.#stream = this.#stream.slice(MOST >> 1);
      this.#file = this.#file.slice(MOST >> 1);
    }
    this.#stream.push(stream);
    this.#file.push(file);
  }

  /** undefined: too long ago. */
  of(stream: number): number | undefined {
    let low = 0;
    let high = this.#stream.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#stream[middle] ?? 0) <= stream) low = middle + 1;
      else high = middle;
    }
    const from = this.#stream[low - 1];
    return from === undefined ? undefined : (this.#file[low - 1] ?? 0) + stream - from;
  }
}
