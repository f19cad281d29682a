import type { Moment } from "./log-index.ts";

/** What one console may keep in memory while its log cannot be written. */
export const MAX_HELD_BYTES = 1 << 20;
/** What all consoles together may keep: a full disk must not become a full memory. */
const MAX_HELD_BY_ALL = 128 << 20;
/** Every console may keep this much, whatever the others hold. */
const MIN_HELD_BYTES = 64 << 10;
/** Marks kept per console; later ones are dropped. */
const MAX_HELD_MARKS = 256;

let heldByAll = 0;

/** Something that could not be written when it came. */
export type Held =
  | { readonly is: "bytes"; readonly bytes: Uint8Array; readonly when: Moment }
  | { readonly is: "mark"; readonly name: string; readonly text: string; readonly when: Moment };

/** The newest bytes of a console whose log cannot be written, and how many older ones had to be dropped. */
export class HeldBytes {
  #queue: Held[] = [];
  #first = 0;
  #bytes = 0;
  #marks = 0;
  #dropped = 0;

  /** Bytes that are kept. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes dropped since the last `takeDropped`: they came before everything that is kept. */
  get dropped(): number {
    return this.#dropped;
  }

  takeDropped(): void {
    this.#dropped = 0;
  }

  push(bytes: Uint8Array, when: Moment): void {
    // A copy: the piece may be a small part of a large buffer.
    this.#queue.push({ is: "bytes", bytes: bytes.slice(), when });
    this.#count(bytes.length);
    while (this.#bytes > this.#limit()) this.#dropOldest();
  }

  mark(name: string, text: string, when: Moment): void {
    if (this.#marks >= MAX_HELD_MARKS) return;
    this.#marks++;
    this.#queue.push({ is: "mark", name, text, when });
  }

  /** The oldest that is kept. */
  peek(): Held | undefined {
    return this.#queue[this.#first];
  }

  /** The oldest was written, or its first `bytes` were. */
  wrote(bytes: number): void {
    const oldest = this.peek();
    if (oldest?.is === "bytes" && bytes < oldest.bytes.length) {
      this.#queue[this.#first] = { ...oldest, bytes: oldest.bytes.subarray(bytes) };
      this.#count(-bytes);
    } else {
      this.#shift();
    }
  }

  /** The bytes that are kept, newest last, at most `max`. */
  tail(max: number): Uint8Array[] {
    const parts: Uint8Array[] = [];
    let left = max;
    for (let i = this.#queue.length - 1; i >= this.#first && left > 0; i--) {
      const held = this.#queue[i];
      if (held?.is !== "bytes") continue;
      const part = held.bytes.subarray(Math.max(0, held.bytes.length - left));
      parts.unshift(part);
      left -= part.length;
    }
    return parts;
  }

  /** Gives everything up: what is kept counts as dropped. */
  abandon(): number {
    this.#dropped += this.#bytes;
    this.#count(-this.#bytes);
    this.#queue = [];
    this.#first = 0;
    return this.#dropped;
  }

  #limit(): number {
    if (heldByAll <= MAX_HELD_BY_ALL) return MAX_HELD_BYTES;
    return MIN_HELD_BYTES;
  }

  /** Drops exactly what is too much: a count of lost bytes that is larger than need be is a lie as well. */
  #dropOldest(): void {
    const oldest = this.peek();
    if (oldest?.is === "bytes") {
      const drop = Math.min(oldest.bytes.length, this.#bytes - this.#limit());
      this.#dropped += drop;
      this.wrote(drop);
    } else {
      // A mark among dropped bytes stays, as the first thing behind the hole: see HeldBytes.mark's bound.
      this.#moveMarkBehindBytes();
    }
  }

  #moveMarkBehindBytes(): void {
    let next = this.#first + 1;
    while (this.#queue[next]?.is === "mark") next++;
    const [bytes] = this.#queue.splice(next, 1);
    if (bytes) this.#queue.splice(this.#first, 0, bytes);
  }

  #shift(): void {
    const oldest = this.#queue[this.#first];
    if (oldest?.is === "bytes") this.#count(-oldest.bytes.length);
    else this.#marks--;
    this.#first++;
    if (this.#first * 2 < this.#queue.length) return;
    this.#queue = this.#queue.slice(this.#first);
    this.#first = 0;
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    heldByAll += bytes;
  }
}
