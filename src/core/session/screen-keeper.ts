/**
 * The screen of one console, there only while somebody needs it.
 *
 *   none ─read─► building (from the end of the log) ─► live ─nobody needs it for 60 s, or too far behind─► none
 *
 * A read sees the screen exactly as of the call: all bytes before it, none after it.
 */
import type { Clock, Millis, Timer } from "../../lib/clock.ts";
import { seconds } from "../../lib/durations.ts";
import type { Encoding } from "./host-encoding.ts";
import { Screen, type ScreenSize } from "./screen.ts";

/** How much of the end of the stream a screen is rebuilt from. */
export const REPLAY_BYTES = 64 << 10;
/** A screen further behind than this is given up: a host must not make us parse without end. */
const MAX_BEHIND_BYTES = 256 << 10;
const KEEP_FOR: Millis = seconds(60);
/** A console that floods may outrun a screen while it is built; then it is tried anew, so often. */
const TRIES = 3;

interface ScreenSource {
  readonly clock: Clock;
  readonly encoding: Encoding;
  /** Absent: 80x24. */
  readonly size?: ScreenSize;
  /** Offset up to which bytes were fed. */
  readonly offset: () => number;
  readonly tail: (
    bytes: number,
  ) => Promise<{ readonly bytes: Uint8Array; readonly offset: number }>;
}

/** Bytes to show, or somebody who wants to look, in the order in which they came. */
type Next = Uint8Array | (() => void);

/** One life of a screen. */
interface Life {
  /** What waits while it is built; undefined once it is live. */
  waiting: Next[] | undefined;
  waitingBytes: number;
  screen: Screen | undefined;
  readonly lookers: Set<(error: unknown) => void>;
}

/** Makes, feeds and drops a console's screen. */
export class ScreenKeeper {
  readonly #source: ScreenSource;
  #life: Life | undefined;
  #lastNeeded: Millis = 0;
  #timer: Timer | undefined;
  #closed = false;

  constructor(source: ScreenSource) {
    this.#source = source;
  }

  /** true: a screen is in memory. */
  get alive(): boolean {
    return this.#life !== undefined;
  }

  /** Bytes of the host. Free where no screen is needed. */
  feed(chunk: Uint8Array): void {
    const life = this.#life;
    if (!life) return;
    if (life.waiting) {
      life.waiting.push(chunk.slice());
      life.waitingBytes += chunk.length;
    } else {
      life.screen?.feed(chunk);
    }
    if (Math.max(life.waitingBytes, life.screen?.behind ?? 0) > MAX_BEHIND_BYTES) {
      this.#end(life, new Error("the screen fell behind"));
    }
  }

  /**
   * What `look` makes of the screen as it is after the bytes fed so far. `began` is called whenever that moment is
   * now: at once, and anew if the screen fell behind and had to be built again.
   */
  async read<T>(look: (screen: Screen) => T, began?: () => void): Promise<T> {
    for (let tries = 1; ; tries++) {
      began?.();
      try {
        return await this.#lookOnce(look);
      } catch (error) {
        if (tries === TRIES || this.#closed) throw error;
      }
    }
  }

  /** For good: the console is closed. */
  close(): void {
    this.#closed = true;
    if (this.#life) this.#end(this.#life, new Error("the console was closed"));
  }

  #lookOnce<T>(look: (screen: Screen) => T): Promise<T> {
    this.#lastNeeded = this.#source.clock.monotonic();
    this.#life ??= this.#begin();
    const life = this.#life;
    return new Promise<T>((resolve, reject) => {
      life.lookers.add(reject);
      const now = () => {
        life.lookers.delete(reject);
        if (!life.screen) return;
        try {
          resolve(look(life.screen));
        } catch (error) {
          reject(error);
        }
      };
      if (life.waiting) life.waiting.push(now);
      else life.screen?.whenShown(now);
    });
  }

  #begin(): Life {
    const life: Life = { waiting: [], waitingBytes: 0, screen: undefined, lookers: new Set() };
    this.#build(life, this.#source.offset()).catch((error: unknown) => this.#end(life, error));
    this.#watch();
    return life;
  }

  async #build(life: Life, upTo: number): Promise<void> {
    const { encoding, size, tail } = this.#source;
    const [screen, end] = await Promise.all([Screen.create(encoding, size), tail(REPLAY_BYTES)]);
    if (this.#life !== life) {
      screen.dispose();
      return;
    }
    life.screen = screen;
    // What came since the call waits in `waiting`, and may be in the tail as well.
    screen.feed(end.bytes.subarray(0, Math.max(0, upTo - end.offset)));
    for (const next of life.waiting ?? []) {
      if (typeof next === "function") screen.whenShown(next);
      else screen.feed(next);
    }
    life.waiting = undefined;
    life.waitingBytes = 0;
  }

  #end(life: Life, error: unknown): void {
    if (this.#life === life) this.#life = undefined;
    life.screen?.dispose();
    life.screen = undefined;
    for (const reject of life.lookers) reject(error);
    life.lookers.clear();
    if (!this.#life) this.#timer?.cancel();
  }

  #watch(): void {
    this.#timer?.cancel();
    this.#timer = this.#source.clock.after(KEEP_FOR, () => {
      const life = this.#life;
      if (!life) return;
      const idle = this.#source.clock.monotonic() - this.#lastNeeded;
      if (idle < KEEP_FOR || life.lookers.size > 0) this.#watch();
      else this.#end(life, new Error("nobody looked"));
    });
  }
}
