/**
 * The timeline beside a segment of a console's log: what came when, chained. A file of 72-byte entries, appended to,
 * never changed; numbers are unsigned and little-endian. docs/guides/evidence.md is the reference.
 *
 *   0 number  8 time, Unix ms  16 offset  24 length  32 kind  33 seven zero bytes  40 chain value (32 bytes)
 *
 * This file reads and writes entries. What their chain values have to be, core/seal/chain.ts knows.
 */

/** Bytes of an entry. */
export const ENTRY_BYTES = 72;
/** Bytes of an entry before its chain value. */
export const ENTRY_HEAD_BYTES = 40;
const KIND_AT = 32;
const TWO_32 = 2 ** 32;

/**
 * `head` begins a segment. `rx`, `recovered`: bytes of `.raw`, the latter found there after a crash. `gap`: bytes that
 * came and could not be kept. `index`: bytes of `.idx`.
 */
export type TimelineKind = "head" | "rx" | "recovered" | "gap" | "index";

const KINDS: readonly TimelineKind[] = ["head", "rx", "recovered", "gap", "index"];

/** An entry without its chain value. */
export interface TimelineHead {
  readonly kind: TimelineKind;
  /** Counts the entries of a log, over all segments. */
  readonly number: number;
  /** Wall time of the first byte; of adopted bytes, that of the file. */
  readonly at: number;
  /** Place in the console's stream; of `index`, place in the `.idx` file. */
  readonly offset: number;
  readonly length: number;
}

/** What a timeline holds: entries, and the first thing that is none. */
export type TimelineEvent =
  | { readonly is: "entry"; readonly entry: TimelineHead; readonly bytes: Uint8Array }
  | { readonly is: "violation"; readonly position: number };

/** Writes an entry but for its chain value, which the caller puts behind it. */
export function writeEntryHead(out: Uint8Array, position: number, entry: TimelineHead): void {
  putNumber(out, position, entry.number);
  putNumber(out, position + 8, entry.at);
  putNumber(out, position + 16, entry.offset);
  putNumber(out, position + 24, entry.length);
  putUint32(out, position + KIND_AT, KINDS.indexOf(entry.kind) + 1);
  putUint32(out, position + KIND_AT + 4, 0);
}

/** Reads the entry at a position; undefined where the bytes are none. */
export function readEntry(bytes: Uint8Array, position: number): TimelineHead | undefined {
  if (position + ENTRY_BYTES > bytes.length) return undefined;
  // Without a view or a list of its own for each: a log that is opened may have 200,000.
  const kind = KINDS[uint32(bytes, position + KIND_AT) - 1];
  if (kind === undefined || uint32(bytes, position + KIND_AT + 4) !== 0) return undefined;
  const number = getNumber(bytes, position);
  const at = getNumber(bytes, position + 8);
  const offset = getNumber(bytes, position + 16);
  const length = getNumber(bytes, position + 24);
  const isWhole =
    Number.isSafeInteger(number) &&
    Number.isSafeInteger(at) &&
    Number.isSafeInteger(offset) &&
    Number.isSafeInteger(length);
  return isWhole ? { kind, number, at, offset, length } : undefined;
}

/** Entries of a timeline that comes in pieces. Behind the first violation nothing is read. */
export class TimelineReader {
  #held: Uint8Array = new Uint8Array(0);
  #position = 0;
  #broken = false;

  /** Bytes of an entry that is not whole yet. */
  get held(): number {
    return this.#held.length;
  }

  receive(chunk: Uint8Array): TimelineEvent[] {
    const events: TimelineEvent[] = [];
    if (this.#broken) return events;
    const bytes = new Uint8Array(this.#held.length + chunk.length);
    bytes.set(this.#held);
    bytes.set(chunk, this.#held.length);
    let at = 0;
    for (; at + ENTRY_BYTES <= bytes.length; at += ENTRY_BYTES) {
      const entry = readEntry(bytes, at);
      if (!entry) {
        this.#broken = true;
        this.#held = new Uint8Array(0);
        return [...events, { is: "violation", position: this.#position }];
      }
      events.push({ is: "entry", entry, bytes: bytes.subarray(at, at + ENTRY_BYTES) });
      this.#position += ENTRY_BYTES;
    }
    this.#held = bytes.slice(at);
    return events;
  }
}

function putNumber(out: Uint8Array, at: number, value: number): void {
  putUint32(out, at, value % TWO_32);
  putUint32(out, at + 4, Math.floor(value / TWO_32));
}

function putUint32(out: Uint8Array, at: number, value: number): void {
  out[at] = value;
  out[at + 1] = value >>> 8;
  out[at + 2] = value >>> 16;
  out[at + 3] = value >>> 24;
}

function getNumber(bytes: Uint8Array, at: number): number {
  return uint32(bytes, at) + uint32(bytes, at + 4) * TWO_32;
}

function uint32(bytes: Uint8Array, at: number): number {
  const low = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16);
  return (low | ((bytes[at + 3] ?? 0) << 24)) >>> 0;
}
