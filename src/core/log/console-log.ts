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
import type { Millis } from "../../lib/clock.ts";
import { hours } from "../../lib/durations.ts";
import { messageOf, OobError } from "../../lib/errors.ts";
import { LogSeal } from "../seal/log-seal.ts";
import type { GroupSync } from "./group-sync.ts";
import { HeldBytes } from "./held-bytes.ts";
import { isFull, systemDisk } from "./log-disk.ts";
import { logFolder, makeLogFolder } from "./log-folder.ts";
import type { Moment } from "./log-index.ts";
import type { ConsoleLogOptions, LogTroubles } from "./log-options.ts";
import type { LogSegment } from "./log-segment.ts";
import { LogSegments } from "./log-segments.ts";
import { readTail } from "./log-tail.ts";
import { Moments } from "./moments.ts";
import { OneAtATime } from "./one-at-a-time.ts";
import { SegmentAge } from "./segment-age.ts";

const SEGMENT_AGE: Millis = hours(24);
/** An index that is larger than this ends its segment: a reader takes it into memory whole. */
const MAX_INDEX_BYTES = 8 << 20;
const RETRY_ROTATION_AFTER: Millis = 1000;
/** A mark of this kind is an act on the host's power: a checkpoint follows. */
const POWER_MARK = "power";

/** The log of one console. Opening it puts right what a crash left, and goes on where the stream ended. */
export class ConsoleLog {
  readonly host: string;
  readonly folder: string;
  readonly #moments: Moments;
  readonly #sync: GroupSync;
  readonly #segmentBytes: number;
  readonly #age: SegmentAge;
  readonly #seal: LogSeal | undefined;
  readonly #segments: LogSegments;
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
    // A quiet console's segment ends, too: nothing comes that would find it old.
    this.#age = new SegmentAge(options.clock, options.segmentAge ?? SEGMENT_AGE, () =>
      this.#sync.touch(this),
    );
    this.#seal = options.keys && new LogSeal(this.folder, options.keys, options.clock);
    const { disk = systemDisk } = options;
    this.#segments = new LogSegments({ disk, folder: this.folder, seal: this.#seal });
    try {
      makeLogFolder(this.folder);
      const now = this.#moments.now();
      const { segment, ended } = this.#segments.openLast(now);
      this.#segment = segment;
      for (const one of ended) this.#retire(one);
      this.#age.goesOn(this.#segment.beganAt, now);
    } catch (cause) {
      const hint = `Check owner, mode and free space of "${this.folder}"`;
      throw unwritable(`open the log of ${options.host}`, cause, hint);
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
    this.#seal?.listen((why) => troubles.seal?.(why));
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
    if (name === POWER_MARK) this.#segment.sealSoon();
    this.#sync.touch(this);
  }

  /** Last bytes of the stream and the offset of the first. Across a hole the bytes stand side by side. */
  tail(max: number): { readonly bytes: Uint8Array; readonly offset: number } {
    const held = this.#held?.tail(max) ?? [];
    const left = held.reduce((rest, part) => rest - part.length, max);
    const bytes = Buffer.concat([readTail(this.folder, left), ...held]);
    return { bytes, offset: this.#offset - bytes.length };
  }

  /** Resolves when everything so far is on the disk; `sealed`: under a checkpoint, too. Throws LOG_UNWRITABLE. */
  async sync(sealed = false): Promise<void> {
    try {
      if (sealed) this.#segment.sealSoon();
      if (this.flush()) throw new Error(this.#why);
      await this.datasync();
    } catch (cause) {
      const hint = `Make room on the disk of "${this.folder}"`;
      throw unwritable(`bring the log of ${this.host} to the disk`, cause, hint);
    }
  }

  /** For GroupSync: writes what is kept in memory; true while that does not succeed. */
  flush(): boolean {
    if (this.#closed) return false;
    const now = this.#moments.now();
    if (!this.#held) this.#rotateIfDue(0, now);
    const error = this.#segment.flush(now);
    if (this.#segment.sealWaits) this.#seal?.later(() => this.#sync.touch(this));
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

  /** In order: the first checkpoint of a segment says that all before it are on the disk. */
  async #datasyncAll(): Promise<void> {
    const failed: unknown[] = [];
    const fails = (error: unknown) => void failed.push(error);
    for (let one = this.#retired.shift(); one; one = this.#retired.shift()) {
      await one.datasync().catch(fails);
      one.close();
    }
    if (!this.#closed) await this.#segment.datasync().catch(fails);
    if (failed.length > 0) throw failed[0];
  }

  /** Writes and syncs everything, and closes the files. What cannot be written by now is lost, and told. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.flush();
    this.#held?.abandon();
    this.#tellDropped();
    this.#closed = true;
    this.#age.stop();
    this.#seal?.stop();
    this.#retire(this.#segment);
    await this.datasync();
  }

  /** Closed at the next round, with a last checkpoint. */
  #retire(segment: LogSegment): void {
    segment.sealSoon();
    this.#retired.push(segment);
  }

  /** The next segment goes on where this one ends. Throws what the system says. */
  #replace(segment: LogSegment, now: Moment): void {
    this.#segment = this.#segments.begin(segment.stem, segment.offset, now);
    this.#age.begins(now);
    this.#retire(segment);
  }

  #rotateIfDue(incoming: number, when: Moment): void {
    const segment = this.#segment;
    if (segment.size === 0) this.#age.begins(when);
    if (when.monotonic < this.#rotateFrom || segment.size === 0) return;
    const full = segment.size + incoming > this.#segmentBytes;
    const isOver = full || this.#age.isOver(when);
    if (!isOver && segment.indexSize < MAX_INDEX_BYTES && !segment.mustEnd) return;
    try {
      if (segment.flush(when, true) === undefined) this.#replace(segment, when);
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
      const now = this.#moments.now();
      // The next one goes on from what stands in its files.
      this.#segment.flush(now);
      this.#replace(this.#segment, now);
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
      if (this.#segment.flush(this.#moments.now()) !== undefined) return;
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
    if (this.#segment.flush(this.#moments.now()) !== undefined) return;
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

const unwritable = (what: string, cause: unknown, hint: string): OobError =>
  new OobError("LOG_UNWRITABLE", `Cannot ${what}: ${messageOf(cause)}`, { cause, hint });
