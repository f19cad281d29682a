import { setMaxListeners } from "node:events";
import { OobError } from "../lib/errors.ts";

/**
 * Ctrl-C. Streams end at it. A command that is in the middle of switching power guards itself: then the first Ctrl-C
 * only says what state it would leave, and the second one leaves it.
 */
export class Interrupt {
  readonly #controller = new AbortController();
  #warn: (() => void) | undefined;

  constructor() {
    // A command on many hosts listens once for each of them.
    setMaxListeners(0, this.#controller.signal);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The next interruption calls `warn` instead of ending anything. Returns the way to lift the guard. */
  guard(warn: () => void): () => void {
    this.#warn = warn;
    return () => {
      this.#warn = undefined;
    };
  }

  raise(): void {
    const warn = this.#warn;
    this.#warn = undefined;
    if (warn) warn();
    else this.#controller.abort(new OobError("INTERRUPTED", "Cannot go on: interrupted"));
  }
}

/** The items of `source` until one of the signals is raised; the source is then told to stop. */
export async function* until<T>(
  source: AsyncIterable<T>,
  ...signals: readonly AbortSignal[]
): AsyncGenerator<T, void, undefined> {
  const stop = AbortSignal.any([...signals]);
  const items = source[Symbol.asyncIterator]();
  let wake = () => {};
  stop.addEventListener("abort", () => wake(), { once: true });
  while (!stop.aborted) {
    const next = items.next();
    const first = await new Promise<IteratorResult<T> | "stopped">((resolve, reject) => {
      wake = () => resolve("stopped");
      // Asking for the next item may itself have ended it.
      if (stop.aborted) wake();
      next.then(resolve, reject);
    });
    if (first === "stopped") break;
    if (first.done === true) return;
    yield first.value;
  }
  // Not awaited: a generator that waits for its device would answer only after the next item.
  items.return?.().catch(() => {});
}
