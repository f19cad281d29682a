/** Items from whoever makes them to one reader, in order. Leaving the loop tells the maker. */
export class EventQueue<T> implements AsyncIterable<T>, AsyncIterator<T, undefined> {
  readonly #items: T[] = [];
  readonly #left: () => void;
  #waiting: ((result: IteratorResult<T, undefined>) => void) | undefined;
  #ended = false;

  /** `left` is called when the reader leaves before the end. */
  constructor(left: () => void = () => {}) {
    this.#left = left;
  }

  push(item: T): void {
    if (this.#ended) return;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting) waiting({ done: false, value: item });
    else this.#items.push(item);
  }

  end(): void {
    this.#ended = true;
    this.#waiting?.({ done: true, value: undefined });
    this.#waiting = undefined;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    const item = this.#items.shift();
    if (item !== undefined) return Promise.resolve({ done: false, value: item });
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  /** Also while next() waits: that one ends then. */
  return(): Promise<IteratorResult<T, undefined>> {
    this.#items.length = 0;
    if (!this.#ended) {
      this.end();
      this.#left();
    }
    return Promise.resolve({ done: true, value: undefined });
  }
}
