import { fstatSync, readSync, type Stats } from "node:fs";
import { BLOCK, type IndexRecord, type Moment, nextRecordStart, readRecord } from "./log-index.ts";

/** How a segment goes on after it was opened. */
export interface Recovered {
  /** Bytes of the index that are whole. */
  readonly keep: number;
  /** Place in the stream at which the next byte will stand. */
  readonly offset: number;
  /** Records that make the index agree with the bytes. */
  readonly add: readonly IndexRecord[];
}

/** How much of an index is looked at first: the end of it nearly always suffices. */
const WINDOW = 1024 * BLOCK;

/**
 * Compares an index with the bytes beside it, after a crash or a normal end.
 *
 * - a torn record at the end of the index is cut off;
 * - bytes that no record covers are adopted as "recovered", at the time of the file's last change;
 * - records that speak of bytes which the file has not (the power went, and the index reached the disk first) are
 *   cut off, and a gap says how many bytes are missing; their marks are kept.
 */
export function recoverIndex(
  index: number,
  raw: Stats,
  offset: () => number,
  now: Moment,
): Recovered {
  const size = fstatSync(index).size;
  for (let window = WINDOW; ; window *= 8) {
    const from = Math.max(0, Math.floor((size - window) / BLOCK) * BLOCK);
    const tail = readTail(index, from, size);
    const found = scan(tail, from, raw.size);
    if (found.last) return rejoin(found.last, found, raw, now);
    if (from === 0) return begin(raw, offset(), now);
  }
}

interface Scan {
  readonly keep: number;
  readonly last: IndexRecord | undefined;
  readonly lost: readonly IndexRecord[];
}

/** Walks the whole records of a piece of the index, up to the first that the bytes do not bear out. */
function scan(tail: Buffer, from: number, rawSize: number): Scan {
  let at = nextRecordStart(tail, 0);
  let last: IndexRecord | undefined;
  let keep = 0;
  const lost: IndexRecord[] = [];
  for (;;) {
    const read = readRecord(tail, at);
    if (!read) return { keep, last, lost };
    if (lost.length > 0 || fileEnd(read.record) > rawSize) {
      lost.push(read.record);
    } else {
      last = read.record;
      keep = from + read.next;
    }
    at = read.next;
  }
}

function rejoin(last: IndexRecord, found: Scan, raw: Stats, now: Moment): Recovered {
  const add: IndexRecord[] = [];
  let offset = last.offset + last.bytes;
  const position = fileEnd(last);
  const moment = { at: raw.mtimeMs, monotonic: now.monotonic };
  const bytes = raw.size - position;
  if (bytes > 0)
    add.push({ kind: "recovered", offset, position, bytes, ...moment, name: "", text: "" });
  offset += bytes;
  const end = found.lost.at(-1);
  const missing = end ? end.offset + end.bytes - offset : 0;
  if (missing > 0) {
    const text = "these bytes were not yet on the disk when the power went";
    add.push({ kind: "gap", offset, position: raw.size, bytes: missing, ...now, name: "", text });
    offset += missing;
  }
  for (const record of found.lost) {
    if (record.kind === "mark") add.push({ ...record, offset, position: raw.size });
  }
  return { keep: found.keep, offset, add };
}

/** No whole record: a new segment, or one whose index is lost. */
function begin(raw: Stats, offset: number, now: Moment): Recovered {
  const none = { name: "", text: "" };
  const add: IndexRecord[] = [{ kind: "head", offset, position: 0, bytes: 0, ...now, ...none }];
  const at = { at: raw.mtimeMs, monotonic: now.monotonic };
  if (raw.size > 0) {
    add.push({ kind: "recovered", offset, position: 0, bytes: raw.size, ...at, ...none });
  }
  return { keep: 0, offset: offset + raw.size, add };
}

/** Where the file has to reach for a record to be true. */
function fileEnd(record: IndexRecord): number {
  return record.position + (record.kind === "gap" ? 0 : record.bytes);
}

function readTail(fd: number, from: number, size: number): Buffer {
  const tail = Buffer.alloc(size - from);
  let filled = 0;
  while (filled < tail.length) {
    const got = readSync(fd, tail, filled, tail.length - filled, from + filled);
    if (got === 0) break;
    filled += got;
  }
  return tail.subarray(0, filled);
}
