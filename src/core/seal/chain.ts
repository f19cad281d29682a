/**
 * The chain through a log: the value of an entry is over the value before it, the bytes that the entry stands for, and
 * the entry itself. A segment's first entry carries the last value of the segment before in place of its own, so that
 * each segment can be proven without the others, and their order by their heads.
 *
 *   value(head)  = SHA-256(all 72 bytes of the entry)
 *   value(other) = SHA-256(value before ‖ bytes ‖ the entry's first 40 bytes)
 */
import crypto, { createHash, type Hash } from "node:crypto";
import { ENTRY_BYTES, ENTRY_HEAD_BYTES } from "../../codec/timeline.ts";

/** Older than Node 20.12: undefined. */
const oneShot: typeof crypto.hash | undefined = crypto.hash;
/** Where what is hashed in one piece is put together. */
const pieces = Buffer.alloc(4 << 10);

/** What the head of a log's first segment carries: nothing came before. */
export const NO_LINK: Uint8Array = new Uint8Array(ENTRY_BYTES - ENTRY_HEAD_BYTES);

/** The value of a segment's first entry. */
export const headValue = (entry: Uint8Array): Buffer =>
  createHash("sha256").update(entry.subarray(0, ENTRY_BYTES)).digest();

/** Begins the value of an entry: the bytes that it stands for are given to `update`. */
export const beginValue = (before: Uint8Array): Hash => createHash("sha256").update(before);

/** Ends it with the entry's first 40 bytes. */
export const endValue = (value: Hash, head: Uint8Array): Buffer => value.update(head).digest();

/** The same in one piece, for few bytes: a third of the time, and nothing for the garbage collector to look after. */
export function chainValue(before: Uint8Array, bytes: Uint8Array, head: Uint8Array): Buffer {
  const length = before.length + bytes.length + head.length;
  if (!oneShot || length > pieces.length) return endValue(beginValue(before).update(bytes), head);
  pieces.set(before, 0);
  pieces.set(bytes, before.length);
  pieces.set(head, before.length + bytes.length);
  // As a string of 32 characters: what comes as a Buffer has memory of its own, which takes longer than the hash.
  return Buffer.from(oneShot("sha256", pieces.subarray(0, length), "binary"), "latin1");
}
