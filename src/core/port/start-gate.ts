import type { Clock, Millis } from "../../lib/clock.ts";
import { seconds } from "../../lib/durations.ts";

/** Attempts at a time. An sshd turns some away from the tenth on (MaxStartups 10:30:100). */
const PLACES = 8;
/** How long each attempt has its place at least, however soon it fails: 20 a second in all. */
const AT_LEAST: Millis = 400;
/** An attempt that waits for the other side costs nothing, and keeps nobody out. */
const AT_MOST: Millis = seconds(1);

/** Who waits. */
interface Waiting {
  readonly signal: AbortSignal;
  readonly progress: (text: string) => void;
}

/**
 * Where consoles wait that start a program for each attempt to open: a thousand of them on a dead server would have the
 * machine do nothing else. Servers have their turns one after the other, so that a few consoles of one do not wait behind
 * the thousand of another.
 */
export class StartGate {
  readonly #clock: Clock;
  /** By server, in the order of their turns. */
  readonly #waiting = new Map<string, Set<() => void>>();
  #free = PLACES;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Runs an attempt when its turn comes. Rejects with the signal's reason where it is given up before. */
  async run<T>(server: string, request: Waiting, attempt: () => Promise<T>): Promise<T> {
    request.signal.throwIfAborted();
    if (this.#free > 0) this.#free--;
    else await this.#turn(server, request);
    const began = this.#clock.monotonic();
    const most = this.#clock.after(AT_MOST, () => this.#leave());
    try {
      return await attempt();
    } finally {
      const had = this.#clock.monotonic() - began;
      if (had < AT_MOST) {
        most.cancel();
        this.#clock.after(Math.max(0, AT_LEAST - had), () => this.#leave());
      }
    }
  }

  #turn(server: string, { signal, progress }: Waiting): Promise<void> {
    progress("waits until others have tried");
    return new Promise((resolve, reject) => {
      const queue = this.#waiting.get(server) ?? new Set();
      this.#waiting.set(server, queue);
      const giveUp = () => {
        queue.delete(go);
        if (queue.size === 0 && this.#waiting.get(server) === queue) this.#waiting.delete(server);
        reject(signal.reason);
      };
      const go = () => {
        signal.removeEventListener("abort", giveUp);
        resolve();
      };
      signal.addEventListener("abort", giveUp, { once: true });
      queue.add(go);
    });
  }

  /** The place goes to the first of the server whose turn it is. */
  #leave(): void {
    const [next] = this.#waiting;
    if (!next) {
      this.#free++;
      return;
    }
    const [server, queue] = next;
    this.#waiting.delete(server);
    const [go] = queue;
    if (queue.size > 1) this.#waiting.set(server, queue);
    if (go) queue.delete(go);
    go?.();
  }
}
