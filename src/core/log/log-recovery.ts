import { fstatSync, ftruncateSync, readSync, type Stats } from "node:fs";
import type { Millis } from "../../lib/clock.ts";
import { seconds } from "../../lib/durations.ts";
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

/** What is to be known of the bytes. */
type RawFacts = Pick<Stats, "size" | "mtimeMs">;

/** How much of an index is looked at first: the end of it nearly always suffices. */
const WINDOW = 1024 * BLOCK;
/** Blocks of file systems. ext4 may have a file reach to the end of a block whose bytes were not written. */
const DISK_BLOCK = 4096;
/** The clock of a machine that starts is set a little later than it starts. */
const CLOCK_SLACK: Millis = seconds(2);
/** Why a gap is there after a power loss. */
export const LOST = "these bytes were not yet on the disk when the power went";

/** Whether a file was last written before this start of the machine: then a power loss may have taken some of it. */
export function isFromBeforeBoot(stats: Stats, now: Moment, upFor: Millis | undefined): boolean {
  return upFor !== undefined && stats.mtimeMs < now.at - upFor - CLOCK_SLACK;
}

/**
 * Takes away the zeros at the end of a file which a power loss left there in place of bytes (ext4 enlarges a file before
 * it writes into a block that the file has already): nobody sent them. Only where the file is older than this start of
 * the machine, and behind what its timeline proves: after `kill -9` all bytes are what came, zeros too. Gives how many it
 * took.
 */
export function takeZeros(
  raw: number,
  stats: Stats,
  now: Moment,
  upFor: Millis | undefined,
  proven: () => number,
): number {
  if (!isFromBeforeBoot(stats, now, upFor)) return 0;
  const from = Math.max(0, Math.floor((stats.size - 1) / DISK_BLOCK) * DISK_BLOCK);
  const tail = readTail(raw, from, stats.size);
  const found = tail.length - 1 - tail.findLastIndex((byte) => byte !== 0);
  const zeros = found === 0 ? 0 : Math.min(found, Math.max(0, stats.size - proven()));
  if (zeros === 0) return 0;
  try {
    ftruncateSync(raw, stats.size - zeros);
  } catch {
    // An append-only file (chattr +a) keeps them.
    return 0;
  }
  return zeros;
}

/**
 * Compares an index with the bytes beside it, after a crash or a normal end.
 *
 * - a torn record at the end of the index is cut off;
 * - bytes that no record covers are adopted as "recovered", at the time of the file's last change;
 * - records that speak of bytes which the file has not (the power went, and the index reached the disk first) are
 *   cut off, and a gap says how many bytes are missing; their marks are kept;
 * - `zeros` that stood in place of bytes are a gap, too.
 */
export function recoverIndex(
  index: number,
  raw: RawFacts,
  zeros: number,
  offset: () => number,
  now: Moment,
): Recovered {
  const size = fstatSync(index).size;
  for (let window = WINDOW; ; window *= 8) {
    const from = Math.max(0, Math.floor((size - window) / BLOCK) * BLOCK);
    const tail = readTail(index, from, size);
    const found = scan(tail, from, raw.size);
    if (found.last) return rejoin(found.last, found, raw, zeros, now);
    if (from === 0) return begin(raw, offset(), zeros, now);
  }
}

/** Place in the stream at which a segment begins: what its index begins with. undefined: that is lost. */
export function beginOf(index: number): number | undefined {
  return headOf(index)?.offset;
}

/** The record that an index begins with; undefined: that is lost. */
export function headOf(index: number): IndexRecord | undefined {
  const head = Buffer.alloc(BLOCK);
  readSync(index, head, 0, BLOCK, 0);
  const record = readRecord(head, 0)?.record;
  return record?.kind === "head" ? record : undefined;
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

function rejoin(
  last: IndexRecord,
  found: Scan,
  raw: RawFacts,
  zeros: number,
  now: Moment,
): Recovered {
  const add: IndexRecord[] = [];
  let offset = last.offset + last.bytes;
  const position = fileEnd(last);
  const moment = { at: raw.mtimeMs, monotonic: now.monotonic };
  const bytes = raw.size - position;
  if (bytes > 0)
    add.push({ kind: "recovered", offset, position, bytes, ...moment, name: "", text: "" });
  offset += bytes;
  const end = found.lost.at(-1);
  const missing = Math.max(zeros, end ? end.offset + end.bytes - offset : 0);
  if (missing > 0) {
    add.push(gapOf(missing, offset, raw.size, now));
    offset += missing;
  }
  for (const record of found.lost) {
    if (record.kind === "mark") add.push({ ...record, offset, position: raw.size });
  }
  return { keep: found.keep, offset, add };
}

/** No whole record: a new segment, or one whose index is lost. */
function begin(raw: RawFacts, offset: number, zeros: number, now: Moment): Recovered {
  const none = { name: "", text: "" };
  const add: IndexRecord[] = [{ kind: "head", offset, position: 0, bytes: 0, ...now, ...none }];
  const at = { at: raw.mtimeMs, monotonic: now.monotonic };
  if (raw.size > 0) {
    add.push({ kind: "recovered", offset, position: 0, bytes: raw.size, ...at, ...none });
  }
  if (zeros > 0) add.push(gapOf(zeros, offset + raw.size, raw.size, now));
  return { keep: 0, offset: offset + raw.size + zeros, add };
}

const gapOf = (bytes: number, offset: number, position: number, now: Moment): IndexRecord => ({
  ...{ kind: "gap", offset, position, bytes, ...now, name: "", text: LOST },
});

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
