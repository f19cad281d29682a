/**
 * The index beside a segment of a console's log: when which bytes came, marks, and holes.
 *
 * A file of 48-byte blocks, appended to, never changed. A record is one block, followed for marks and gaps by the
 * blocks of their text (UTF-8, padded with zeros). The first byte of a record is 0xf8 or above, which UTF-8 never
 * contains, so a reader may start at any block, also from the end. The check word tells a whole record from a torn
 * one, and from the zeros that a file system leaves after a power loss.
 *
 *   0 kind  1 length of a mark's name  2 length of the text  4 check  8 offset  16 position  24 bytes  32 at  40 monotonic
 */
import type { Millis } from "../../lib/clock.ts";

/** Bytes of a block. */
export const BLOCK = 48;
/** Longest text of a mark or gap, in bytes; what is longer is cut. */
export const MAX_TEXT_BYTES = 2048;
const MAX_NAME_BYTES = 255;
const CHECK_AT = 4;

/**
 * `head`: the segment begins. `rx`: bytes came within 100 ms. `recovered`: bytes found in the file with no record,
 * after a crash. `mark`: something happened here. `gap`: bytes came and could not be kept.
 */
export type IndexKind = "head" | "rx" | "recovered" | "mark" | "gap";

/** One record. A mark's `name` and `text` are what was marked; a gap's `text` says why. */
export interface IndexRecord {
  readonly kind: IndexKind;
  /** Place in the console's whole stream, bytes that were lost included. */
  readonly offset: number;
  /** Place in the segment's file. */
  readonly position: number;
  /** How many came (rx, recovered) or were lost (gap). */
  readonly bytes: number;
  /** Wall time of the first byte. A label; the order of records is what counts. */
  readonly at: Millis;
  /** Monotonic time of the process that wrote it. */
  readonly monotonic: Millis;
  readonly name: string;
  readonly text: string;
}

/** When something came: wall time for people, monotonic time for order. */
export interface Moment {
  readonly at: Millis;
  readonly monotonic: Millis;
}

const KINDS: readonly IndexKind[] = ["head", "rx", "recovered", "mark", "gap"];
const FIRST_KIND_BYTE = 0xf8;

/** Makes a record's bytes. */
export function encodeRecord(record: IndexRecord): Buffer {
  const name = cutUtf8(record.name, MAX_NAME_BYTES);
  const text = cutUtf8(record.text, MAX_TEXT_BYTES);
  const blocks = 1 + Math.ceil((name.length + text.length) / BLOCK);
  const out = Buffer.alloc(blocks * BLOCK);
  name.copy(out, BLOCK);
  text.copy(out, BLOCK + name.length);
  writeHead(out, 0, record, name.length, text.length);
  return out;
}

/** Writes a record without text in place: the common case, with nothing allocated. */
export function writePlain(
  out: Buffer,
  at: number,
  record: Omit<IndexRecord, "name" | "text">,
): void {
  writeHead(out, at, record, 0, 0);
}

function writeHead(
  out: Buffer,
  at: number,
  record: Omit<IndexRecord, "name" | "text">,
  nameBytes: number,
  textBytes: number,
): void {
  out[at] = FIRST_KIND_BYTE + KINDS.indexOf(record.kind);
  out[at + 1] = nameBytes;
  out.writeUInt16LE(textBytes, at + 2);
  out.writeDoubleLE(record.offset, at + 8);
  out.writeDoubleLE(record.position, at + 16);
  out.writeDoubleLE(record.bytes, at + 24);
  out.writeDoubleLE(record.at, at + 32);
  out.writeDoubleLE(record.monotonic, at + 40);
  out.writeUInt32LE(check(out, at, at + blocksOf(nameBytes + textBytes) * BLOCK), at + CHECK_AT);
}

/** Reads the record at a block; undefined where there is none that is whole. */
export function readRecord(
  index: Buffer,
  at: number,
): { readonly record: IndexRecord; readonly next: number } | undefined {
  const kind = KINDS[(index[at] ?? 0) - FIRST_KIND_BYTE];
  if (kind === undefined || at + BLOCK > index.length) return undefined;
  const nameBytes = index[at + 1] ?? 0;
  const textBytes = index.readUInt16LE(at + 2);
  const next = at + blocksOf(nameBytes + textBytes) * BLOCK;
  if (next > index.length) return undefined;
  if (check(index, at, next) !== index.readUInt32LE(at + CHECK_AT)) return undefined;
  const texts = at + BLOCK;
  return {
    record: {
      kind,
      offset: index.readDoubleLE(at + 8),
      position: index.readDoubleLE(at + 16),
      bytes: index.readDoubleLE(at + 24),
      at: index.readDoubleLE(at + 32),
      monotonic: index.readDoubleLE(at + 40),
      name: index.toString("utf8", texts, texts + nameBytes),
      text: index.toString("utf8", texts + nameBytes, texts + nameBytes + textBytes),
    },
    next,
  };
}

/** Where the last record begins that stands before a position of the file; 0 where none does. */
export function seekPosition(index: Buffer, position: number): number {
  let low = 0;
  let high = Math.floor(index.length / BLOCK) - 1;
  let best = 0;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const block = recordBlock(index, middle);
    if (block < low || index.readDoubleLE(block * BLOCK + 16) < position) {
      if (block >= low) best = block;
      low = middle + 1;
    } else {
      high = block - 1;
    }
  }
  return best * BLOCK;
}

/** The block at or before this one where a record begins. */
function recordBlock(index: Buffer, block: number): number {
  let at = block;
  while (at > 0 && (index[at * BLOCK] ?? 0) < FIRST_KIND_BYTE) at--;
  return at;
}

/** First block at or after `from` where a record may begin. */
export function nextRecordStart(index: Buffer, from: number): number {
  let at = from;
  while (at < index.length && (index[at] ?? 0) < FIRST_KIND_BYTE) at += BLOCK;
  return at;
}

function blocksOf(textBytes: number): number {
  return 1 + Math.ceil(textBytes / BLOCK);
}

// FNV-1a, 32 bits, over everything but the check word itself.
function check(bytes: Buffer, from: number, to: number): number {
  let hash = 0x811c9dc5;
  for (let i = from; i < to; i++) {
    if (i - from >= CHECK_AT && i - from < CHECK_AT + 4) continue;
    hash = Math.imul(hash ^ (bytes[i] ?? 0), 0x01000193);
  }
  return hash >>> 0;
}

/** Text as UTF-8, cut between characters. */
function cutUtf8(text: string, max: number): Buffer {
  const bytes = Buffer.from(text, "utf8");
  if (bytes.length <= max) return bytes;
  let end = max;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.subarray(0, end);
}
