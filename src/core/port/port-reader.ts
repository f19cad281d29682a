import type { Clock, Millis } from "../../lib/clock.ts";
import type { Link } from "../../sdk/link.ts";
import type { ReadPace } from "./read-pace.ts";

/**
 * A watched console is read at once up to so many bytes in so long a time, ten times a line of 1 Mbaud; a host that
 * floods a TCP port waits for its turn like the others, and the backlog stays on its side.
 */
const EAGER_BYTES = 64 << 10;
const EAGER_WITHIN: Millis = 50;
/** Where a read brought so much, the next one does not wait for a long round: the medium's buffer is not endless. */
const LARGE_READ_BYTES = 16 << 10;
const AFTER_LARGE_READ: Millis = 100;

/** Reads a Link to its end: at once while somebody watches, else when the shared pace says so. */
export class PortReader {
  readonly #clock: Clock;
  readonly #pace: ReadPace;
  readonly #place: number;
  readonly #took: (chunk: Uint8Array) => void;
  #eager = false;
  #eagerSince: Millis = 0;
  #eagerBytes = 0;
  /** Ends a wait for the pace. */
  #go: (() => void) | undefined;

  constructor(clock: Clock, pace: ReadPace, took: (chunk: Uint8Array) => void) {
    this.#clock = clock;
    this.#pace = pace;
    this.#place = pace.place();
    this.#took = took;
  }

  set eager(eager: boolean) {
    this.#eager = eager;
    if (eager) this.hurry();
  }

  /** Cuts a wait for the pace short. */
  readonly hurry = (): void => {
    const go = this.#go;
    this.#go = undefined;
    go?.();
  };

  /** Resolves when the other side hung up; throws what broke the Link. */
  async read(link: Link): Promise<void> {
    if (link.pull) {
      await this.#pull(link.pull, link.readWithin);
      return;
    }
    for await (const chunk of link.bytes) {
      this.#took(chunk);
      if (!this.#goesOn(chunk.length))
        await new Promise<void>((resolve) => this.#wait(resolve, chunk.length, link.readWithin));
    }
  }

  #pull(pull: NonNullable<Link["pull"]>, within: Millis | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const more = pull({
        take: (chunk) => {
          try {
            this.#took(chunk);
          } catch (thrown) {
            reject(thrown);
            return false;
          }
          if (this.#goesOn(chunk.length)) return true;
          this.#wait(more, chunk.length, within);
          return false;
        },
        ended: (failure) => (failure === undefined ? resolve() : reject(failure)),
      });
      more();
    });
  }

  /** Whether the next piece may be read at once. */
  #goesOn(bytes: number): boolean {
    if (!this.#eager) return false;
    const now = this.#clock.monotonic();
    if (now - this.#eagerSince >= EAGER_WITHIN) {
      this.#eagerSince = now;
      this.#eagerBytes = 0;
    }
    this.#eagerBytes += bytes;
    return this.#eagerBytes <= EAGER_BYTES;
  }

  #wait(go: () => void, bytes: number, within: Millis = Number.POSITIVE_INFINITY): void {
    this.#go = go;
    const soon = bytes >= LARGE_READ_BYTES ? Math.min(AFTER_LARGE_READ, within) : within;
    this.#pace.turn(this.#place, this.hurry, soon);
  }
}
