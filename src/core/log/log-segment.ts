import { closeSync, fstatSync, ftruncateSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import type { Millis } from "../../lib/clock.ts";
import { type Disk, writeAll } from "./log-disk.ts";
import { LOG_FILE_MODE, stemTime } from "./log-folder.ts";
import { BLOCK, encodeRecord, type Moment, writePlain } from "./log-index.ts";
import { recoverIndex } from "./log-recovery.ts";

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
}

/** One pair of files of a console's log: `.raw` has the bytes as they came, `.idx` says when. Append-only. */
export class LogSegment {
  readonly stem: string;
  readonly beganAt: Millis;
  /** When the file was last written before it was opened here. */
  readonly changedAt: Millis;
  readonly #disk: Disk;
  readonly #folder: string;
  readonly #raw: number;
  readonly #index: number;
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
    const raw = fstatSync(this.#raw);
    this.#size = raw.size;
    this.changedAt = raw.mtimeMs;
    const found = recoverIndex(this.#index, raw, offset, now);
    ftruncateSync(this.#index, found.keep);
    this.#indexSize = found.keep;
    this.#offset = found.offset;
    for (const record of found.add) this.#queue(encodeRecord(record));
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

  /** Writes the index up to here; the result says what stopped it. */
  flush(): unknown {
    this.#endRx();
    this.#writePending();
    return this.#indexError;
  }

  #writePending(): void {
    if (!this.#pending || this.#pendingFrom === this.#pendingTo) return;
    const all = this.#pending.subarray(0, this.#pendingTo);
    const wrote = writeAll(this.#disk, this.#index, all, this.#pendingFrom);
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
    const more = this.#indexDue || this.#folderDirty || this.#syncsOfBytes >= SYNCS_PER_INDEX;
    return more ? this.#datasyncAll() : this.#disk.datasync(this.#raw);
  }

  async #datasyncAll(): Promise<void> {
    await this.#disk.datasync(this.#raw);
    if (this.#indexDue || this.#syncsOfBytes >= SYNCS_PER_INDEX) {
      this.#indexDue = false;
      this.#syncsOfBytes = 0;
      await this.#disk.datasync(this.#index);
    }
    if (this.#folderDirty) {
      this.#folderDirty = false;
      const folder = openSync(this.#folder, "r");
      await this.#disk.datasync(folder).finally(() => closeSync(folder));
    }
  }

  close(): void {
    closeSync(this.#raw);
    closeSync(this.#index);
  }
}

/** Offset at which a segment ends, as far as its own index knows. */
export function segmentEnd(place: SegmentPlace, now: Moment): number {
  const segment = new LogSegment(place, () => 0, now);
  segment.close();
  return segment.offset;
}
