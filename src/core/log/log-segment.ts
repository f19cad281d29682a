import { closeSync, fstatSync, ftruncateSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import type { Millis } from "../../lib/clock.ts";
import type { LogSeal } from "../seal/log-seal.ts";
import type { SealEnd } from "../seal/seal-end.ts";
import { provenBytes } from "../seal/seal-recovery.ts";
import { SegmentSeal } from "../seal/segment-seal.ts";
import { type Disk, writeAll } from "./log-disk.ts";
import { LOG_FILE_MODE, stemTime } from "./log-folder.ts";
import { BLOCK, encodeRecord, type Moment, writePlain } from "./log-index.ts";
import { beginOf, recoverIndex, takeZeros } from "./log-recovery.ts";
import { packedEnd } from "./packed-end.ts";
import { isPacked } from "./raw-file.ts";

/** Bytes that come within this time share one record of the index. */
const JOIN_WITHIN: Millis = 100;
/** Records kept back until the next flush: what `kill -9` makes "recovered", and all that a busy log keeps in memory. */
const PENDING_BLOCKS = 12;

/** Times of arrival may reach the disk later than bytes: a power loss makes the bytes "recovered", it loses none. */
const SYNCS_PER_INDEX = 10;

/** Where a segment's files are. */
export interface SegmentPlace {
  readonly disk: Disk;
  readonly folder: string;
  readonly stem: string;
  /** Absent: the segment is not sealed. */
  readonly seal?: LogSeal | undefined;
}

/**
 * The files of a part of a console's log: `.raw` has the bytes as they came, `.idx` says when, and what seals them is
 * SegmentSeal's. Append-only.
 */
export class LogSegment {
  readonly stem: string;
  readonly beganAt: Millis;
  /** When the file was last written before it was opened here. */
  readonly changedAt: Millis;
  readonly #disk: Disk;
  readonly #folder: string;
  readonly #raw: number;
  readonly #index: number;
  readonly #seal: SegmentSeal | undefined;
  /** Place in the stream at which it begins. */
  readonly #begin: number;
  #size: number;
  #indexSize: number;
  #offset: number;
  /** Records that wait to be written, from `#pendingFrom` to `#pendingTo`. */
  #pending: Buffer | undefined;
  #pendingFrom = 0;
  #pendingTo = 0;
  /** The record that still grows. */
  #rxBytes = 0;
  #rxAt: Millis = 0;
  #rxMonotonic: Millis = 0;
  #indexError: unknown;
  /** A head, mark or gap is in the index and not yet on the disk. */
  #indexDue = true;
  #syncsOfBytes = 0;
  #folderDirty = true;

  /**
   * Opens a segment, or makes it. Where a crash left the two files apart, they are put right: see recoverIndex.
   * `offset` is asked where the index does not say at which place of the stream the segment begins.
   */
  constructor(options: SegmentPlace, offset: () => number, now: Moment) {
    this.#disk = options.disk;
    this.#folder = options.folder;
    this.stem = options.stem;
    this.beganAt = stemTime(options.stem);
    const path = join(options.folder, options.stem);
    this.#raw = openSync(`${path}.raw`, "a+", LOG_FILE_MODE);
    try {
      this.#index = openSync(`${path}.idx`, "a+", LOG_FILE_MODE);
    } catch (error) {
      closeSync(this.#raw);
      throw error;
    }
    const before = fstatSync(this.#raw);
    const zeros = takeZeros(this.#raw, before, now, options.disk.upFor?.(), () => {
      const sizes = { rawSize: before.size, indexSize: fstatSync(this.#index).size };
      const files = { raw: this.#raw, index: this.#index, ...sizes };
      return options.seal ? provenBytes(options.folder, options.stem, files) : 0;
    });
    const raw = Object.assign(before, { size: before.size - zeros });
    this.#size = raw.size;
    this.changedAt = raw.mtimeMs;
    const found = recoverIndex(this.#index, raw, zeros, offset, now);
    ftruncateSync(this.#index, found.keep);
    this.#indexSize = found.keep;
    this.#offset = found.offset;
    const [head] = found.add;
    const begin = head?.kind === "head" ? head.offset : beginOf(this.#index);
    this.#begin = begin ?? found.offset - raw.size;
    for (const record of found.add) this.#queue(encodeRecord(record));
    const { seal } = options;
    this.#seal = seal && new SegmentSeal({ ...options, seal }, this.#reach(now));
  }

  /** It can be sealed no further, and a new one can. */
  get mustEnd(): boolean {
    return this.#seal?.mustEnd ?? false;
  }

  /** Not all of it is under a checkpoint. */
  get sealWaits(): boolean {
    return this.#seal?.waits ?? false;
  }

  /** The next round makes a checkpoint. */
  sealSoon(): void {
    this.#seal?.soon();
  }

  /** Bytes in the file. */
  get size(): number {
    return this.#size;
  }

  get indexSize(): number {
    return this.#indexSize + this.#pendingTo - this.#pendingFrom;
  }

  /** Place in the console's whole stream at which the next byte will stand. */
  get offset(): number {
    return this.#offset;
  }

  /** Writes bytes now. What stopped it comes back with the number of bytes that were written. */
  append(chunk: Uint8Array, when: Moment): { readonly end: number; readonly error?: unknown } {
    if (this.#rxBytes > 0 && when.monotonic - this.#rxMonotonic >= JOIN_WITHIN) this.#endRx();
    if (this.#rxBytes === 0) {
      this.#rxAt = when.at;
      this.#rxMonotonic = when.monotonic;
    }
    const wrote = writeAll(this.#disk, this.#raw, chunk, 0);
    this.#rxBytes += wrote.end;
    this.#seal?.rx(wrote.end === chunk.length ? chunk : chunk.subarray(0, wrote.end));
    this.#size += wrote.end;
    this.#offset += wrote.end;
    return wrote.error ? wrote : { end: wrote.end, error: this.#indexError };
  }

  mark(name: string, text: string, when: Moment): void {
    this.#record("mark", name, text, 0, when);
  }

  /** Bytes that came and could not be kept: the stream goes on behind them. */
  gap(bytes: number, why: string, when: Moment): void {
    this.#record("gap", "", why, bytes, when);
    this.#seal?.gap(bytes, when.at);
    this.#offset += bytes;
  }

  #record(
    kind: "mark" | "gap",
    name: string,
    text: string,
    bytes: number,
    { at, monotonic }: Moment,
  ): void {
    this.#endRx();
    this.#indexDue = true;
    const place = { offset: this.#offset, position: this.#size };
    this.#queue(encodeRecord({ kind, ...place, bytes, at, monotonic, name, text }));
  }

  #endRx(): void {
    if (this.#rxBytes === 0) return;
    const record = {
      kind: "rx",
      offset: this.#offset - this.#rxBytes,
      position: this.#size - this.#rxBytes,
      bytes: this.#rxBytes,
      at: this.#rxAt,
      monotonic: this.#rxMonotonic,
    } as const;
    this.#rxBytes = 0;
    this.#seal?.endRx(this.#rxAt);
    if (this.#pendingTo + BLOCK > PENDING_BLOCKS * BLOCK) this.#writePending();
    if (this.#pendingTo + BLOCK > PENDING_BLOCKS * BLOCK) {
      this.#queue(encodeRecord({ ...record, name: "", text: "" }));
      return;
    }
    this.#pending ??= Buffer.allocUnsafeSlow(PENDING_BLOCKS * BLOCK);
    writePlain(this.#pending, this.#pendingTo, record);
    this.#pendingTo += BLOCK;
  }

  #queue(record: Buffer): void {
    const waiting = this.#pending?.subarray(this.#pendingFrom, this.#pendingTo) ?? [];
    const joined = Buffer.allocUnsafeSlow(
      Math.max(PENDING_BLOCKS * BLOCK, waiting.length + record.length),
    );
    joined.set(waiting, 0);
    joined.set(record, waiting.length);
    this.#pending = joined;
    this.#pendingFrom = 0;
    this.#pendingTo = waiting.length + record.length;
  }

  /** Writes the index, and what seals it, up to here; the result says what stopped the index. */
  flush(now: Moment, isLast = false): unknown {
    this.#endRx();
    this.#writePending();
    this.#seal?.flush(this.#reach(now), isLast);
    return this.#indexError;
  }

  #reach(now: Moment) {
    const files = { raw: this.#raw, index: this.#index };
    const sizes = { rawSize: this.#size, indexSize: this.#indexSize };
    return { ...files, ...sizes, begin: this.#begin, offset: this.#offset, now };
  }

  #writePending(): void {
    if (!this.#pending || this.#pendingFrom === this.#pendingTo) return;
    const all = this.#pending.subarray(0, this.#pendingTo);
    const wrote = writeAll(this.#disk, this.#index, all, this.#pendingFrom);
    this.#seal?.index(all.subarray(this.#pendingFrom, wrote.end));
    this.#indexSize += wrote.end - this.#pendingFrom;
    this.#indexError = wrote.error;
    this.#pendingFrom = wrote.end;
    if (this.#pendingFrom < this.#pendingTo) return;
    this.#pendingFrom = 0;
    this.#pendingTo = 0;
    if (this.#pending.length > PENDING_BLOCKS * BLOCK) this.#pending = undefined;
  }

  /** Reads from the file, from a position on; as many bytes as there are, at most `into` takes. */
  read(into: Buffer, position: number): number {
    let filled = 0;
    while (filled < into.length) {
      const got = readSync(this.#raw, into, filled, into.length - filled, position + filled);
      if (got === 0) break;
      filled += got;
    }
    return filled;
  }

  /** Resolves when everything written so far is on the disk, the names of new files too. */
  datasync(): Promise<void> {
    this.#syncsOfBytes++;
    const sealed = this.#seal?.due();
    const index = this.#indexDue || sealed !== undefined || this.#syncsOfBytes >= SYNCS_PER_INDEX;
    const more = index || this.#folderDirty;
    return more ? this.#datasyncAll(index, sealed) : this.#disk.datasync(this.#raw);
  }

  async #datasyncAll(index: boolean, sealed: SealEnd | undefined): Promise<void> {
    await this.#disk.datasync(this.#raw);
    if (index) {
      this.#indexDue = false;
      this.#syncsOfBytes = 0;
      await this.#disk.datasync(this.#index);
    }
    if (this.#folderDirty) {
      this.#folderDirty = false;
      const folder = openSync(this.#folder, "r");
      await this.#disk.datasync(folder).finally(() => closeSync(folder));
    }
    if (sealed) await this.#seal?.checkpoint(sealed);
  }

  close(): void {
    this.#seal?.close();
    closeSync(this.#raw);
    closeSync(this.#index);
  }
}

/** Offset at which a segment ends, as far as its own index knows. */
export function segmentEnd(place: SegmentPlace, now: Moment): number {
  if (isPacked(place.folder, place.stem)) return packedEnd(place.folder, place.stem, now);
  const segment = new LogSegment(place, () => 0, now);
  segment.close();
  return segment.offset;
}
