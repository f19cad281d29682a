/**
 * Writes the seal of one segment: its timeline, behind the bytes, and its checkpoints, behind the timeline.
 *
 *   bytes in .raw ─► entry (in memory) ─► flush: .tl ─► when due: .raw, .idx, .tl on the disk ─► a line in .cp, on the disk
 *
 * Nothing here may stop a log. What goes wrong is told, and tried again: the entries in memory are given up, and what
 * they stood for is found in the files and adopted, as after a crash.
 */
import { closeSync, fstatSync, ftruncateSync, openSync, truncateSync, unlinkSync } from "node:fs";
import {
  ENTRY_BYTES,
  ENTRY_HEAD_BYTES,
  type TimelineKind,
  writeEntryHead,
} from "../../codec/timeline.ts";
import type { Millis } from "../../lib/clock.ts";
import { minutes, seconds } from "../../lib/durations.ts";
import { messageOf } from "../../lib/errors.ts";
import { type Disk, isFull, writeAll } from "../log/log-disk.ts";
import { LOG_FILE_MODE } from "../log/log-folder.ts";
import type { Moment } from "../log/log-index.ts";
import { beginValue, headValue } from "./chain.ts";
import { appendCheckpoint, lastCheckpoint } from "./checkpoint-file.ts";
import { EntryBytes, type EntryContent, entryValue } from "./entry-bytes.ts";
import type { LogSeal } from "./log-seal.ts";
import { readAll } from "./read-files.ts";
import { after, type SealEnd } from "./seal-end.ts";
import { sealPaths } from "./seal-files.ts";
import {
  endsAt,
  hashFile,
  linkBefore,
  recoverTimeline,
  type SealedFiles,
  type WrittenEnd,
} from "./seal-recovery.ts";

const CHECKPOINT_EVERY: Millis = minutes(1);
const RETRY_AFTER: Millis = seconds(10);
/** Entries kept in memory between two flushes; more are written at once. */
const PENDING_ENTRIES = 16;
const NO_BYTES = new Uint8Array(0);
/** A log that was begun without a timeline gets one if it has at most this many bytes; a larger one ends unsealed. */
const MAX_ADOPTED_WITHOUT = 1 << 20;

/** How far the segment reaches: its files, and the console's stream. */
export interface SealReach extends SealedFiles {
  /** Place in the stream at which the segment begins. */
  readonly begin: number;
  readonly offset: number;
  readonly now: Moment;
}

/** Which segment is sealed, and with what. */
export interface SealPlace {
  readonly disk: Disk;
  readonly folder: string;
  readonly stem: string;
  readonly seal: LogSeal;
}

/** The seal of one segment. */
export class SegmentSeal {
  readonly #place: SealPlace;
  readonly #paths: ReturnType<typeof sealPaths>;
  #timeline: number | undefined;
  #end: SealEnd | undefined;
  /** The end that stands in the file. */
  #written: WrittenEnd | undefined;
  /** The same where a full disk stopped the timeline: what was written before need not be read again. */
  #known: WrittenEnd | undefined;
  readonly #pending = Buffer.alloc(PENDING_ENTRIES * ENTRY_BYTES);
  #pendingBytes = 0;
  readonly #rx = new EntryBytes();
  #mustEnd = false;
  #retryAt: Millis = 0;
  #now: Moment;
  /** Entries that a checkpoint covers. */
  #signed = 0;
  #nextCheckpoint: Millis = 0;

  constructor(place: SealPlace, reach: SealReach) {
    this.#place = place;
    this.#paths = sealPaths(place.folder, place.stem);
    this.#now = reach.now;
    this.#open(reach);
  }

  /** This segment can be sealed no further: a new one can. */
  get mustEnd(): boolean {
    return this.#mustEnd;
  }

  /** There are entries that no checkpoint covers. */
  get waits(): boolean {
    return this.#end !== undefined && this.#end.number > this.#signed;
  }

  /** Bytes that were written to `.raw`. They share an entry until `endRx`. */
  rx(bytes: Uint8Array): void {
    if (this.#end && bytes.length > 0) this.#rx.add(this.#end.value, bytes);
  }

  endRx(at: Millis): void {
    const { length } = this.#rx;
    if (this.#end && length > 0) this.#add("rx", at, this.#end.offset, length, this.#rx);
  }

  /** Bytes that came and could not be kept. */
  gap(bytes: number, at: Millis): void {
    if (this.#end) this.#add("gap", at, this.#end.offset, bytes, NO_BYTES);
  }

  /** Bytes that were written to `.idx`, behind all others. */
  index(bytes: Uint8Array): void {
    if (!this.#end || bytes.length === 0) return;
    this.#add("index", this.#now.at, this.#end.index, bytes.length, bytes);
  }

  /** Writes the timeline up to here; where that failed before, tries again: at once where the segment ends here. */
  flush(reach: SealReach, isLast = false): void {
    this.#now = reach.now;
    const mayTry = isLast || reach.now.monotonic >= this.#retryAt;
    if (!this.#end && !this.#mustEnd && mayTry) this.#open(reach);
    this.#write();
  }

  /** The next round makes a checkpoint. */
  soon(): void {
    this.#nextCheckpoint = 0;
  }

  /** What a checkpoint that is due now is to cover: taken before the files are brought to the disk. */
  due(): SealEnd | undefined {
    const end = this.#written?.end;
    if (!end || end.number <= this.#signed) return undefined;
    if (this.#now.monotonic < this.#nextCheckpoint) return undefined;
    this.#nextCheckpoint = this.#now.monotonic + CHECKPOINT_EVERY;
    return end;
  }

  /** Signs what was due. `.raw` and `.idx` are on the disk. */
  async checkpoint(end: SealEnd): Promise<void> {
    const { disk, folder, stem, seal } = this.#place;
    try {
      if (this.#timeline === undefined) return;
      await disk.datasync(this.#timeline);
      const line = await seal.sign(stem, end, this.#now.at);
      await appendCheckpoint(disk, folder, stem, line);
      this.#signed = Math.max(this.#signed, end.number);
      if (this.#end) seal.worked();
    } catch (thrown) {
      seal.prevented(`checkpoints cannot be written: ${messageOf(thrown)}`);
    }
  }

  close(): void {
    if (this.#timeline !== undefined) closeSync(this.#timeline);
    this.#timeline = undefined;
    this.#end = undefined;
  }

  #open(reach: SealReach): void {
    try {
      const never = this.#resume(reach);
      if (never !== undefined) this.#giveUp(never);
    } catch (thrown) {
      this.#failed(thrown);
    }
  }

  /** Goes on where the files allow it; gives why they never will. */
  #resume(reach: SealReach): string | undefined {
    const { folder, stem } = this.#place;
    const fd = openSync(this.#paths.timeline, "a+", LOG_FILE_MODE);
    this.#timeline = fd;
    if (this.#known && endsAt(fd, this.#known)) {
      const { end, bytes } = this.#known;
      ftruncateSync(fd, bytes);
      return this.#goOn(end, bytes, reach);
    }
    const { checkpoint, damaged, torn, size } = lastCheckpoint(this.#paths.checkpoints);
    if (damaged) return "its last checkpoint is damaged";
    const found = recoverTimeline(readAll(fd), checkpoint, reach);
    if (found.is === "broken") return found.why;
    const link = linkBefore(folder, stem);
    // No checkpoint vouches for it, and the end of the segment before that it goes on from was lost with the power.
    const isLoose =
      !checkpoint && found.is === "end" && link.number > 0 && !found.link.equals(link.value);
    if (found.is === "none" && reach.rawSize > MAX_ADOPTED_WITHOUT) {
      unlinkSync(this.#paths.timeline);
      return "it was begun without a timeline";
    }
    const goesOn = found.is === "end" && !isLoose;
    ftruncateSync(fd, goesOn ? found.keep : 0);
    if (torn > 0) truncateSync(this.#paths.checkpoints, size - torn);
    if (!goesOn) return this.#goOn(this.#begin(link, reach), 0, reach);
    this.#signed = found.signed;
    return this.#goOn(found.end, found.keep, reach);
  }

  /** From what the file holds to what the segment has; gives why that will never be. */
  #goOn(end: SealEnd, bytes: number, reach: SealReach): string | undefined {
    this.#end = end;
    this.#written = { end, bytes };
    const never = this.#adopt(reach);
    this.#write();
    return never;
  }

  #begin(link: { readonly number: number; readonly value: Uint8Array }, reach: SealReach): SealEnd {
    const { number } = link;
    const offset = Math.max(0, reach.begin);
    const entry = { kind: "head", number, at: stamp(reach.now.at), offset, length: 0 } as const;
    writeEntryHead(this.#pending, 0, entry);
    this.#pending.set(link.value, ENTRY_HEAD_BYTES);
    this.#pendingBytes = ENTRY_BYTES;
    const value = headValue(this.#pending);
    this.#signed = number;
    return { number: number + 1, value, offset, raw: 0, index: 0 };
  }

  /** Takes in what stands in the files and is in no entry; gives why that cannot be. */
  #adopt({ raw, index, rawSize, indexSize, offset, now }: SealReach): string | undefined {
    const end = this.#end;
    if (!end) return undefined;
    const bytes = rawSize - end.raw;
    if (bytes > 0) {
      const value = beginValue(end.value);
      hashFile(raw, end.raw, bytes, value);
      this.#add("recovered", fstatSync(raw).mtimeMs, end.offset, bytes, value);
    }
    const missing = offset - end.offset - bytes;
    if (missing < 0) return "its bytes go on before their end";
    if (missing > 0) this.gap(missing, now.at);
    const records = indexSize - end.index;
    if (records > 0 && this.#end) {
      const value = beginValue(this.#end.value);
      hashFile(index, end.index, records, value);
      this.#add("index", now.at, end.index, records, value);
    }
    return undefined;
  }

  #add(kind: TimelineKind, at: Millis, offset: number, length: number, of: EntryContent): void {
    const end = this.#end;
    if (!end) return;
    const entry = { kind, number: end.number, at: stamp(at), offset, length };
    const from = this.#pendingBytes;
    writeEntryHead(this.#pending, from, entry);
    const chained = entryValue(
      end.value,
      of,
      this.#pending.subarray(from, from + ENTRY_HEAD_BYTES),
    );
    this.#pending.set(chained, from + ENTRY_HEAD_BYTES);
    this.#pendingBytes += ENTRY_BYTES;
    this.#end = after(end, entry, chained);
    if (this.#pendingBytes === this.#pending.length) this.#write();
  }

  #write(): void {
    if (this.#timeline === undefined || !this.#end || this.#pendingBytes === 0) return;
    const pending = this.#pending.subarray(0, this.#pendingBytes);
    const wrote = writeAll(this.#place.disk, this.#timeline, pending, 0);
    this.#pendingBytes = 0;
    const before = this.#written?.bytes ?? 0;
    if (wrote.error !== undefined) this.#failed(wrote.error);
    else this.#written = { end: this.#end, bytes: before + pending.length };
  }

  #failed(thrown: unknown): void {
    this.#known = isFull(thrown) ? this.#written : undefined;
    this.#abandon();
    this.#retryAt = this.#now.monotonic + RETRY_AFTER;
    this.#place.seal.prevented(`the timeline cannot be written: ${messageOf(thrown)}`);
  }

  #giveUp(why: string): void {
    this.#abandon();
    this.#mustEnd = true;
    this.#place.seal.prevented(`segment ${this.#place.stem} cannot be sealed: ${why}`);
  }

  #abandon(): void {
    this.close();
    this.#written = undefined;
    this.#rx.clear();
    this.#pendingBytes = 0;
  }
}

/** Unix ms without a fraction. */
const stamp = (at: Millis): number => Math.max(0, Math.floor(at));
