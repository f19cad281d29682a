import { STREAM_WINDOW } from "./protocol.ts";

/** How a stream talks back to the daemon. */
interface Upstream {
  more(items: number): void;
  left(): void;
}

/** Items that come from the daemon and wait for their consumer: at most a window of them. */
export class IncomingStream implements AsyncIterator<unknown> {
  readonly #upstream: Upstream;
  readonly #items: unknown[] = [];
  #ended: { readonly error?: Error } | undefined;
  #waiting:
    | { resolve(result: IteratorResult<unknown>): void; reject(error: Error): void }
    | undefined;
  #taken = 0;

  constructor(upstream: Upstream) {
    this.#upstream = upstream;
  }

  push(item: unknown): void {
    if (this.#ended) return;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting) {
      this.#took();
      waiting.resolve({ done: false, value: item });
    } else this.#items.push(item);
  }

  end(error?: Error): void {
    if (this.#ended) return;
    this.#ended = error === undefined ? {} : { error };
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (error) waiting?.reject(error);
    else waiting?.resolve({ done: true, value: undefined });
  }

  /** One consumer, one call at a time. */
  async next(): Promise<IteratorResult<unknown>> {
    if (this.#items.length > 0) {
      this.#took();
      return { done: false, value: this.#items.shift() };
    }
    if (this.#ended?.error) throw this.#ended.error;
    if (this.#ended) return { done: true, value: undefined };
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  /** Also while next() waits: that one ends then. */
  async return(): Promise<IteratorResult<unknown>> {
    this.#items.length = 0;
    if (!this.#ended) {
      this.end();
      this.#upstream.left();
    }
    return { done: true, value: undefined };
  }

  #took(): void {
    if (++this.#taken < STREAM_WINDOW / 2 || this.#ended) return;
    this.#upstream.more(this.#taken);
    this.#taken = 0;
  }
}
