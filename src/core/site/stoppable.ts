/**
 * A stream that ends at once when its reader leaves, also while it waits for its next item: a generator alone ends
 * only at its next `yield`, which a followed log may never reach.
 */
export function stoppable<T>(make: (signal: AbortSignal) => AsyncIterable<T>): AsyncIterable<T> {
  return {
    [Symbol.asyncIterator]() {
      const stop = new AbortController();
      const items = make(stop.signal)[Symbol.asyncIterator]();
      const end: IteratorResult<T, undefined> = { done: true, value: undefined };
      const stopped = new Promise<typeof end>((resolve) => {
        stop.signal.addEventListener("abort", () => resolve(end), { once: true });
      });
      return {
        async next() {
          if (stop.signal.aborted) return end;
          const next = items.next();
          // What it throws after it was stopped is nobody's concern any more.
          next.catch(() => {});
          return Promise.race([next, stopped]);
        },
        return() {
          stop.abort();
          void items.return?.()?.catch(() => {});
          return Promise.resolve(end);
        },
      };
    },
  };
}
