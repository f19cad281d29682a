import { open } from "node:fs/promises";
import { join } from "node:path";
import type { Millis } from "../../lib/clock.ts";
import { beganAfter } from "./began-after.ts";
import { listSegments, stemTime } from "./log-folder.ts";
import { type IndexRecord, readRecord, seekPosition } from "./log-index.ts";
import { readTail } from "./log-tail.ts";
import { DamagedBlock } from "./packed-file.ts";
import { RawFile, rawFacts } from "./raw-file.ts";

/** Bytes of a log with the time at which they came, or a mark or hole at its place. */
export type LogPiece =
  | { readonly is: "bytes"; readonly bytes: Buffer; readonly offset: number; readonly at: Millis }
  | {
      readonly is: "mark";
      readonly kind: string;
      readonly text: string;
      readonly offset: number;
      readonly at: Millis;
    };

/** Where a walk begins. */
export interface WalkStart {
  /** Segments that ended before this are left out. */
  readonly since?: Millis;
  /** Those that began after this, too. */
  readonly until?: Millis;
  /** Begin in this segment, at this place of its file. */
  readonly stem?: string;
  readonly position?: number;
}

const PIECE_BYTES = 64 << 10;
/** How far back a request for the last lines looks: first, and at most. */
const LOOK_BACK_BYTES = [64 << 10, 4 << 20];

/** Where the last `lines` lines of a log begin, as far as the newest segments tell. */
export function startOfLast(folder: string, lines: number): WalkStart {
  let back = 0;
  for (const most of lines <= 0 ? [] : LOOK_BACK_BYTES) {
    const tail = readTail(folder, most);
    // The end of the last line is not the end of one more.
    let at = tail.at(-1) === 10 ? tail.length - 1 : tail.length;
    for (let left = lines; left > 0 && at > 0; left--) at = tail.lastIndexOf(10, at - 1);
    back = tail.length - (at <= 0 ? 0 : at + 1);
    if (at > 0 || tail.length < most) break;
  }
  return placeFromEnd(folder, back);
}

/** The place that lies so many bytes before the end of the log. */
function placeFromEnd(folder: string, back: number): WalkStart {
  let left = back;
  for (const stem of listSegments(folder).reverse()) {
    const { size } = rawFacts(folder, stem);
    if (size >= left) return { stem, position: size - left };
    left -= size;
  }
  return {};
}

/**
 * Goes through a log once, segment after segment, also while it is written. `next` gives undefined at the end of what
 * there is, and more when there is more. Bytes that the index does not cover yet have the time of the file.
 */
export class LogWalk {
  readonly #folder: string;
  readonly #start: WalkStart;
  /** The segment that is read; undefined before the first and between two. */
  #stem: string | undefined;
  #lastStem: string | undefined;
  #raw: RawFile | undefined;
  /** The index from `#indexFrom` of its file on; `#indexAt` is the next record in it. */
  #index: Buffer = Buffer.alloc(0);
  #indexFrom = 0;
  #indexAt = 0;
  #position = 0;
  #offset = 0;
  #at: Millis = 0;
  /** Marks before this place were not asked for. */
  #marksFrom = 0;
  readonly #tooLate = new Set<string>();

  constructor(folder: string, start: WalkStart) {
    this.#folder = folder;
    this.#start = start;
  }

  /**
   * The next piece; undefined where the log ends for now. `coveredOnly`: bytes that the index does not cover yet wait,
   * for a mark may stand among them.
   */
  async next(coveredOnly = false): Promise<LogPiece | undefined> {
    for (;;) {
      if (!this.#stem && !(await this.#openNext())) return undefined;
      const later = this.#laterSegment();
      const piece = await this.#nextOfSegment(coveredOnly && later === undefined);
      // Looked for before: a segment that has a later one is complete.
      if (piece || later === undefined) return piece;
      await this.close();
    }
  }

  async close(): Promise<void> {
    const raw = this.#raw;
    this.#raw = undefined;
    this.#lastStem = this.#stem ?? this.#lastStem;
    this.#stem = undefined;
    await raw?.close();
  }

  #laterSegment(): string | undefined {
    const from = this.#stem ?? this.#lastStem ?? "";
    return this.#stems().find((stem) => stem > from);
  }

  async #openNext(): Promise<boolean> {
    const stem = this.#lastStem ? this.#laterSegment() : this.#firstSegment();
    if (stem === undefined) return false;
    this.#raw = await RawFile.open(this.#folder, stem);
    this.#stem = stem;
    this.#at = stemTime(stem);
    this.#position = 0;
    this.#marksFrom = 0;
    this.#index = Buffer.alloc(0);
    this.#indexFrom = 0;
    this.#indexAt = 0;
    await this.#readIndex();
    if (stem === this.#start.stem) this.#seek(this.#start.position ?? 0);
    return true;
  }

  #stems(): readonly string[] {
    const { until } = this.#start;
    const stems = listSegments(this.#folder);
    if (until === undefined) return stems;
    return stems.filter((stem) => {
      if (this.#tooLate.has(stem)) return false;
      const isLate = beganAfter(this.#folder, stem, until);
      if (isLate) this.#tooLate.add(stem);
      return !isLate;
    });
  }

  #firstSegment(): string | undefined {
    if (this.#start.stem !== undefined) return this.#start.stem;
    const stems = this.#stems();
    const { since } = this.#start;
    if (since === undefined) return stems[0];
    // A segment holds bytes up to the begin of the next.
    return stems.find((_, n) => {
      const next = stems[n + 1];
      return next === undefined || stemTime(next) >= since;
    });
  }

  #seek(position: number): void {
    this.#indexAt = seekPosition(this.#index, position);
    const first = readRecord(this.#index, this.#indexAt)?.record;
    if (first) {
      const lost = first.kind === "gap" ? first.bytes : 0;
      this.#offset = first.offset + lost + position - first.position;
      this.#at = first.at;
    }
    this.#position = position;
    this.#marksFrom = position;
  }

  /** Reads what the index has beyond the next record. */
  async #readIndex(): Promise<void> {
    const from = this.#indexFrom + this.#indexAt;
    const path = join(this.#folder, `${this.#stem}.idx`);
    try {
      const file = await open(path, "r");
      try {
        const into = Buffer.alloc(Math.max(0, (await file.stat()).size - from));
        const { bytesRead } = await file.read(into, 0, into.length, from);
        this.#index = into.subarray(0, bytesRead);
      } finally {
        await file.close();
      }
    } catch {
      // An index that is lost costs the times, not the bytes.
      this.#index = Buffer.alloc(0);
    }
    this.#indexFrom = from;
    this.#indexAt = 0;
  }

  async #nextOfSegment(coveredOnly: boolean): Promise<LogPiece | undefined> {
    for (let fresh = false; ; ) {
      const read = readRecord(this.#index, this.#indexAt);
      if (read) {
        const { record } = read;
        const end = record.position + (hasBytes(record) ? record.bytes : 0);
        if (this.#position < end) return await this.#coveredBytes(record, end);
        this.#indexAt = read.next;
        const mark = this.#pass(record);
        if (mark) return mark;
      } else if (fresh) {
        return await this.#uncoveredBytes(coveredOnly);
      } else {
        fresh = true;
        await this.#readIndex();
      }
    }
  }

  /** A record that brings no bytes, or none that were not read already. */
  #pass(record: IndexRecord): LogPiece | undefined {
    const { kind, at, offset } = record;
    if (kind === "head") this.#offset = offset;
    if ((kind !== "mark" && kind !== "gap") || record.position < this.#marksFrom) return undefined;
    if (kind === "mark") return { is: "mark", kind: record.name, text: record.text, offset, at };
    this.#offset += record.bytes;
    const text = `${record.bytes} bytes are missing: ${record.text}`;
    return { is: "mark", kind, text, offset, at };
  }

  async #coveredBytes(record: IndexRecord, end: number): Promise<LogPiece | undefined> {
    this.#at = record.at;
    this.#offset = record.offset + this.#position - record.position;
    return await this.#bytes(end - this.#position, record.at);
  }

  /** Bytes that came since the index was last written. */
  async #uncoveredBytes(wait: boolean): Promise<LogPiece | undefined> {
    if (wait) return undefined;
    const status = await this.#raw?.stat();
    const more = (status?.size ?? 0) - this.#position;
    if (more <= 0) return undefined;
    return await this.#bytes(more, Math.max(this.#at, status?.changedAt ?? 0));
  }

  async #bytes(wanted: number, at: Millis): Promise<LogPiece | undefined> {
    const into = Buffer.alloc(Math.min(wanted, PIECE_BYTES));
    const got = await this.#raw?.read(into, this.#position).catch(damageOf);
    if (got instanceof DamagedBlock)
      return this.#skip(Math.min(wanted, got.to - this.#position), at);
    if (!got) return undefined;
    const offset = this.#offset;
    this.#position += got;
    this.#offset += got;
    return { is: "bytes", bytes: into.subarray(0, got), offset, at };
  }

  /** What is behind the damage can be read. */
  #skip(bytes: number, at: Millis): LogPiece {
    const offset = this.#offset;
    this.#position += bytes;
    this.#offset += bytes;
    const text = `${bytes} bytes cannot be read: their compressed file is damaged`;
    return { is: "mark", kind: "gap", text, offset, at };
  }
}

function damageOf(thrown: unknown): DamagedBlock {
  if (thrown instanceof DamagedBlock) return thrown;
  throw thrown;
}

function hasBytes(record: IndexRecord): boolean {
  return record.kind === "rx" || record.kind === "recovered";
}
