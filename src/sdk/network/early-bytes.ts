/** Bytes that come while a Link is still being set up, kept for its consumer, who then reads on. */
export class EarlyBytes implements AsyncIterableIterator<Uint8Array> {
  readonly #reader: AsyncIterator<Uint8Array>;
  readonly #early: Uint8Array[] = [];
  #kept = 0;
  /** Asked for while it was set up, and not come yet. */
  #reading: Promise<IteratorResult<Uint8Array>> | undefined;

  constructor(bytes: AsyncIterable<Uint8Array>) {
    this.#reader = bytes[Symbol.asyncIterator]();
  }

  /** How it began, for an error: a server may say why it hangs up. */
  get beginning(): string {
    return String.fromCharCode(...(this.#early[0]?.subarray(0, MAX_SAID_BYTES) ?? []));
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Reads until this is done; true: the other side hung up before. Throws what breaks the Link. */
  async readUntil(done: Promise<void>): Promise<boolean> {
    const over = done.then((): typeof OVER => OVER);
    // While the reader fails first, nobody looks at it any more.
    over.catch(() => undefined);
    for (;;) {
      // Full: what comes now waits in the kernel, and so do answers.
      if (this.#kept > MAX_EARLY_BYTES) await over;
      this.#reading ??= this.#read();
      const first = await Promise.race([over, this.#reading]);
      if (first === OVER) return false;
      this.#reading = undefined;
      if (first.done) return true;
      this.#early.push(first.value);
      this.#kept += first.value.length;
    }
  }

  #read(): Promise<IteratorResult<Uint8Array>> {
    const reading = this.#reader.next();
    // It may fail after the setting up did, and then nobody waits for it.
    reading.catch(() => undefined);
    return reading;
  }

  next(): Promise<IteratorResult<Uint8Array>> {
    const early = this.#early.shift();
    if (early) return Promise.resolve({ done: false, value: early });
    const reading = this.#reading ?? this.#reader.next();
    this.#reading = undefined;
    return reading;
  }

  return(): Promise<IteratorResult<Uint8Array>> {
    this.#reading = undefined;
    return this.#reader.return?.() ?? Promise.resolve({ done: true, value: undefined });
  }
}

/** Most that is kept while a Link is set up. */
export const MAX_EARLY_BYTES = 1024 * 1024;
/** Of what a server said, so much goes into an error. */
const MAX_SAID_BYTES = 80;
const OVER: unique symbol = Symbol("over");
