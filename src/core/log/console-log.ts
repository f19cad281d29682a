/**
 * A console's log on disk: every byte as it came, in order, before anybody is told of it.
 *
 *   append ──► segment .raw (write at once) ──► group sync (fdatasync once per interval)
 *      │             .idx (in memory, written at each sync; `kill -9` makes the last second "recovered")
 *      └─ disk full or broken ──► HeldBytes (newest 1 MiB) ──► tried again at each round ──► gap record, bytes, on
 *
 * The offset counts every byte that came, also those that a full disk swallowed: it is the place in the console's
 * whole stream, over all segments and restarts.
 */
import type { Clock, Millis } from "../../lib/clock.ts";
import { hours } from "../../lib/durations.ts";
import { messageOf, OobError } from "../../lib/errors.ts";
import type { GroupSync } from "./group-sync.ts";
import { HeldBytes } from "./held-bytes.ts";
import { type Disk, isFull, systemDisk } from "./log-disk.ts";
import { linkCurrent, listSegments, logFolder, makeLogFolder, segmentStem } from "./log-folder.ts";
import type { Moment } from "./log-index.ts";
import { LogSegment, segmentEnd } from "./log-segment.ts";
import { readTail } from "./log-tail.ts";
import { Moments } from "./moments.ts";
import { OneAtATime } from "./one-at-a-time.ts";

const SEGMENT_AGE: Millis = hours(24);
/** An index that is larger than this ends its segment: a reader takes it into memory whole. */
const MAX_INDEX_BYTES = 8 << 20;
const RETRY_ROTATION_AFTER: Millis = 1000;

/** What happens to a log that its console must know. */
export interface LogTroubles {
  /** Bytes are lost for good; counted once. */
  gap(bytes: number, why: string): void;
  /** The log stopped or started being written. */
  notice(text: string): void;
}

interface ConsoleLogOptions {
  readonly state: string;
  readonly host: string;
  readonly clock: Clock;
  readonly sync: GroupSync;
  readonly segmentBytes: number;
  readonly segmentAge?: Millis;
  readonly disk?: Disk;
}

/** The log of one console. Opening it puts right what a crash left, and goes on where the stream ended. */
export class ConsoleLog {
  readonly host: string;
  readonly folder: string;
  readonly #moments: Moments;
  readonly #sync: GroupSync;
  readonly #segmentBytes: number;
  readonly #segmentAge: Millis;
  readonly #disk: Disk;
  #segment: LogSegment;
  #retired: LogSegment[] = [];
  #offset: number;
  #lastAt: Millis | undefined;
  #held: HeldBytes | undefined;
  #why = "";
  /** Dropped bytes that were already told. */
  #told = 0;
  #troubles: LogTroubles | undefined;
  #rotateFrom: Millis = 0;
  readonly #oneAtATime = new OneAtATime();
  #closed = false;

  /** Throws LOG_UNWRITABLE. */
  constructor(options: ConsoleLogOptions) {
    this.host = options.host;
    this.folder = logFolder(options.state, options.host);
    this.#moments = new Moments(options.clock);
    this.#sync = options.sync;
    this.#segmentBytes = options.segmentBytes;
    this.#segmentAge = options.segmentAge ?? SEGMENT_AGE;
    this.#disk = options.disk ?? systemDisk;
    try {
      makeLogFolder(this.folder);
      this.#segment = this.#openLast();
    } catch (cause) {
      throw new OobError(
        "LOG_UNWRITABLE",
        `Cannot open the log of ${options.host}: ${messageOf(cause)}`,
        { cause, hint: `Check owner, mode and free space of "${this.folder}"` },
      );
    }
    this.#offset = this.#segment.offset;
    this.#lastAt = this.#segment.size > 0 ? this.#segment.changedAt : undefined;
    this.#sync.touch(this);
  }

  /** Place in the stream at which the next byte will stand. */
  get offset(): number {
    return this.#offset;
  }

  /** Wall time of the last byte, as far as the newest segment knows. */
  get lastAt(): Millis | undefined {
    return this.#lastAt;
  }

  /** Called from now on when bytes are lost. */
  listen(troubles: LogTroubles): void {
    this.#troubles = troubles;
  }

  /** Takes bytes; the result is the offset of the first. Never throws: a full disk is a state, not an error. */
  append(chunk: Uint8Array): number {
    const offset = this.#offset;
    this.#offset += chunk.length;
    const when = this.#now();
    this.#lastAt = when.at;
    if (this.#held) {
      this.#held.push(chunk, when);
    } else {
      this.#rotateIfDue(chunk.length, when);
      const wrote = this.#segment.append(chunk, when);
      if (wrote.error !== undefined) this.#hold(wrote.error).push(chunk.subarray(wrote.end), when);
    }
    this.#sync.touch(this);
    return offset;
  }

  /** Marks the place: a session began, the link went down. Never in the bytes. */
  mark(name: string, text: string): void {
    this.#mark(name, text, this.#now());
    this.#sync.touch(this);
  }

  /** Last bytes of the stream and the offset of the first. Across a hole the bytes stand side by side. */
  tail(max: number): { readonly bytes: Uint8Array; readonly offset: number } {
    const held = this.#held?.tail(max) ?? [];
    const left = held.reduce((rest, part) => rest - part.length, max);
    const bytes = Buffer.concat([readTail(this.folder, left), ...held]);
    return { bytes, offset: this.#offset - bytes.length };
  }

  /** Resolves when everything so far is on the disk. Throws LOG_UNWRITABLE where it cannot be. */
  async sync(): Promise<void> {
    try {
      if (this.flush()) throw new Error(this.#why);
      await this.datasync();
    } catch (cause) {
      throw new OobError(
        "LOG_UNWRITABLE",
        `Cannot bring the log of ${this.host} to the disk: ${messageOf(cause)}`,
        { cause, hint: `Make room on the disk of "${this.folder}"` },
      );
    }
  }

  /** For GroupSync: writes what is kept in memory; true while that does not succeed. */
  flush(): boolean {
    if (this.#closed) return false;
    const error = this.#segment.flush();
    if (error !== undefined) {
      this.#hold(error);
      if (!isFull(error)) this.#replaceSegment();
    } else if (this.#held) {
      this.#release(this.#held);
    }
    this.#tellDropped();
    return this.#held !== undefined;
  }

  /** For GroupSync. One at a time, so that no file is closed while it is brought to the disk. */
  datasync(): Promise<void> {
    return this.#oneAtATime.run(this.#datasyncNow);
  }

  readonly #datasyncNow = (): Promise<void> =>
    this.#retired.length > 0 || this.#closed ? this.#datasyncAll() : this.#segment.datasync();

  async #datasyncAll(): Promise<void> {
    const closing = this.#retired.splice(0);
    const work = closing.map((segment) => segment.datasync().finally(() => segment.close()));
    if (!this.#closed) work.push(this.#segment.datasync());
    for (const done of await Promise.allSettled(work)) {
      if (done.status === "rejected") throw done.reason;
    }
  }

  /** Writes and syncs everything, and closes the files. What cannot be written by now is lost, and told. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.flush();
    this.#held?.abandon();
    this.#tellDropped();
    this.#closed = true;
    this.#retired.push(this.#segment);
    await this.datasync();
  }

  #openLast(): LogSegment {
    const stems = listSegments(this.folder);
    const last = stems.at(-1);
    if (last === undefined) return this.#begin(undefined, 0);
    const before = stems.at(-2);
    const offset = () => (before ? segmentEnd(this.#place(before), this.#moments.now()) : 0);
    return new LogSegment(this.#place(last), offset, this.#moments.now());
  }

  #begin(before: string | undefined, offset: number): LogSegment {
    const now = this.#moments.now();
    const stem = segmentStem(now.at, before);
    const segment = new LogSegment(this.#place(stem), () => offset, now);
    segment.flush();
    linkCurrent(this.folder, stem);
    return segment;
  }

  #place(stem: string) {
    return { disk: this.#disk, folder: this.folder, stem };
  }

  #rotateIfDue(incoming: number, when: Moment): void {
    const segment = this.#segment;
    if (when.monotonic < this.#rotateFrom || segment.size === 0) return;
    const full = segment.size + incoming > this.#segmentBytes;
    const old = when.at - segment.beganAt > this.#segmentAge;
    if (!full && !old && segment.indexSize < MAX_INDEX_BYTES) return;
    try {
      if (segment.flush() !== undefined) return;
      this.#segment = this.#begin(segment.stem, segment.offset);
      this.#retired.push(segment);
    } catch {
      // No room for a new file: the old one goes on, and the byte path finds out by itself if the disk is full.
      this.#rotateFrom = when.monotonic + RETRY_ROTATION_AFTER;
    }
  }

  #mark(name: string, text: string, when: Moment): void {
    if (this.#held) this.#held.mark(name, text, when);
    else this.#segment.mark(name, text, when);
  }

  #hold(error: unknown): HeldBytes {
    if (this.#held) return this.#held;
    this.#why = messageOf(error);
    this.#held = new HeldBytes();
    this.#troubles?.notice(
      `the log cannot be written (${this.#why}); the newest bytes are kept in memory`,
    );
    return this.#held;
  }

  /** The files are broken, not full: the disk may have come back with new ones. Bytes go there at the next round. */
  #replaceSegment(): void {
    try {
      const broken = this.#segment;
      this.#segment = this.#begin(broken.stem, broken.offset);
      this.#retired.push(broken);
    } catch {
      // Still broken: what comes is held, and the next round tries again.
    }
  }

  /** Tries to write what was held, in order, behind a record of what had to be dropped. */
  #release(held: HeldBytes): void {
    if (held.dropped > 0) {
      this.#segment.gap(held.dropped, this.#why, this.#moments.now());
      this.#tellDropped();
      held.takeDropped();
      this.#told = 0;
      if (this.#segment.flush() !== undefined) return;
    }
    for (let next = held.peek(); next; next = held.peek()) {
      if (next.is === "mark") {
        this.#segment.mark(next.name, next.text, next.when);
        held.wrote(0);
        continue;
      }
      const wrote = this.#segment.append(next.bytes, next.when);
      held.wrote(wrote.end);
      if (wrote.error === undefined) continue;
      if (!isFull(wrote.error)) this.#replaceSegment();
      return;
    }
    if (this.#segment.flush() !== undefined) return;
    this.#held = undefined;
    this.#troubles?.notice("the log is written again");
  }

  #tellDropped(): void {
    const dropped = this.#held?.dropped ?? 0;
    if (dropped > this.#told) this.#troubles?.gap(dropped - this.#told, this.#why);
    this.#told = dropped;
  }

  /** The time, with a mark where the wall clock was stepped. */
  #now(): Moment {
    const now = this.#moments.now();
    const step = this.#moments.stepBefore(now);
    if (step !== 0) {
      this.#mark("clock", `the wall clock was stepped by ${(step / 1000).toFixed(1)} s`, now);
    }
    return now;
  }
}
