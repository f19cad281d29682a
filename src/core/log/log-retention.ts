/**
 * Removes what the configuration says is too old or too much (`log.keep`); without it nothing is ever removed. Whole
 * segments go, oldest first, both files, each told in the audit trail. What stays: the newest segment of every log,
 * which is being written; what changed within the last hour, whose files may be open and whose successor may not be on
 * the disk yet; and segments without a byte, which tell of a gap alone.
 */
import { lstat, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Clock, Millis, Timer } from "../../lib/clock.ts";
import { hours } from "../../lib/durations.ts";
import { messageOf } from "../../lib/errors.ts";
import type { Audit } from "../audit/audit.ts";
import { listSegments, stemTime } from "./log-folder.ts";

const EVERY: Millis = hours(1);
const STAYS_FOR: Millis = hours(1);
const DAY: Millis = hours(24);

/** What is kept; undefined: all. */
export interface LogKeep {
  readonly keepDays: number | undefined;
  readonly keepBytes: number | undefined;
}

interface RetentionOptions {
  readonly state: string;
  readonly keep: LogKeep;
  readonly audit: Pick<Audit, "note">;
  readonly clock: Clock;
}

/** A segment that is written no more. */
interface Sealed {
  readonly host: string;
  readonly path: string;
  readonly stem: string;
  /** Of both files. */
  readonly bytes: number;
  /** When its last byte came. */
  readonly endedAt: Millis;
  readonly mayGo: boolean;
}

/** Keeps the logs of a site within their bounds: now, and once an hour. */
export class LogRetention {
  readonly #options: RetentionOptions;
  #timer: Timer | undefined;
  #sweeping: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: RetentionOptions) {
    this.#options = options;
  }

  start(): void {
    const { keepDays, keepBytes } = this.#options.keep;
    if (this.#stopped || (keepDays === undefined && keepBytes === undefined)) return;
    this.#sweeping = this.#sweep().catch((thrown: unknown) => this.#trouble(thrown));
    this.#timer = this.#options.clock.after(EVERY, () => this.start());
  }

  /** Resolves when the round that is under way has ended. */
  idle(): Promise<void> {
    return this.#sweeping;
  }

  /** Ends the round that is under way after the segment that it is at, and begins no more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#sweeping;
  }

  async #sweep(): Promise<void> {
    const { state, keep, clock } = this.#options;
    const now = clock.now();
    const { sealed, bytes } = await survey(join(state, "console"), now);
    const oldest = keep.keepDays === undefined ? 0 : now - keep.keepDays * DAY;
    let left = bytes;
    for (const segment of sealed) {
      if (this.#stopped) return;
      const isOld = segment.endedAt < oldest;
      const isOver = keep.keepBytes !== undefined && left > keep.keepBytes;
      if (!segment.mayGo || !(isOld || isOver)) continue;
      await this.#remove(segment, isOld ? "older" : "more");
      left -= segment.bytes;
    }
  }

  async #remove({ host, path, stem, bytes }: Sealed, why: "older" | "more"): Promise<void> {
    // Bytes without their times can still be read and removed the next time; times without bytes cannot.
    await rm(`${path}.idx`, { force: true });
    await rm(`${path}.raw`, { force: true });
    // Afterwards: on a full disk there is room for the record now.
    this.#options.audit.note({
      type: "log.removed",
      host,
      by: "oob",
      text: `removed ${stem} of the log, ${bytes} bytes: ${why} than log.keep keeps`,
      data: { segment: stem, bytes },
    });
  }

  #trouble(thrown: unknown): void {
    const text = `old logs could not be removed: ${messageOf(thrown)}`;
    try {
      this.#options.audit.note({ type: "log.keep-trouble", by: "oob", text });
    } catch {
      // The trail cannot be written: it says so itself, and the next hour tries again.
    }
  }
}

/** The sealed segments of all logs, oldest first, and how many bytes all segments have. */
async function survey(top: string, now: Millis) {
  const folders = await readdir(top, { withFileTypes: true }).catch(() => []);
  const sealed: Sealed[] = [];
  let bytes = 0;
  for (const entry of folders) {
    // A folder with another name than a log's is not ours.
    if (!entry.isDirectory() || /%(?![0-9A-F]{2})/i.test(entry.name)) continue;
    const folder = join(top, entry.name);
    const stems = listSegments(folder);
    // A log goes from its old end: no segment counts as older than one before it.
    let endedAt: Millis = 0;
    for (const [n, stem] of stems.entries()) {
      const path = join(folder, stem);
      const raw = await lstat(`${path}.raw`).catch(() => undefined);
      const index = await lstat(`${path}.idx`).catch(() => undefined);
      const both = (raw?.size ?? 0) + (index?.size ?? 0);
      bytes += both;
      if (n === stems.length - 1 || raw === undefined) continue;
      endedAt = Math.max(endedAt, raw.mtimeMs, stemTime(stem));
      const mayGo = raw.isFile() && raw.size > 0 && now - endedAt > STAYS_FOR;
      const host = decodeURIComponent(entry.name);
      sealed.push({ host, path, stem, bytes: both, endedAt, mayGo });
    }
  }
  return { sealed: sealed.sort((a, b) => a.endedAt - b.endedAt), bytes };
}
