import type { Hash } from "node:crypto";
import { beginValue, chainValue, endValue } from "./chain.ts";

/** So many bytes are kept: a console that nobody watches brings less in 100 ms. */
const KEPT_BYTES = 2 << 10;

/**
 * The bytes of an entry that still grows. Few are kept until it ends, since a hash object for each entry costs three
 * times as much as the hashing; more are hashed as they come.
 */
export class EntryBytes {
  #kept: Buffer | undefined;
  #hash: Hash | undefined;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** `before`: the value of the entry before, the same until the end. */
  add(before: Uint8Array, bytes: Uint8Array): void {
    if (!this.#hash && this.#length + bytes.length <= KEPT_BYTES) {
      this.#kept ??= Buffer.allocUnsafeSlow(KEPT_BYTES);
      this.#kept.set(bytes, this.#length);
    } else {
      this.#hash ??= beginValue(before).update(this.#keptBytes);
      this.#hash.update(bytes);
    }
    this.#length += bytes.length;
  }

  /** Ends the entry, whose first 40 bytes these are. */
  value(before: Uint8Array, head: Uint8Array): Buffer {
    const value = this.#hash
      ? endValue(this.#hash, head)
      : chainValue(before, this.#keptBytes, head);
    this.clear();
    return value;
  }

  clear(): void {
    this.#hash = undefined;
    this.#length = 0;
  }

  get #keptBytes(): Uint8Array {
    return this.#kept?.subarray(0, this.#length) ?? new Uint8Array(0);
  }
}

/** What an entry stands for: bytes, or what they were given to. */
export type EntryContent = Uint8Array | EntryBytes | Hash;

/** The value of an entry, whose first 40 bytes these are. */
export function entryValue(before: Uint8Array, of: EntryContent, head: Uint8Array): Buffer {
  if (of instanceof Uint8Array) return chainValue(before, of, head);
  return of instanceof EntryBytes ? of.value(before, head) : endValue(of, head);
}
