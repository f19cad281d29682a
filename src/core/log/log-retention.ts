/**
 * Removes what the configuration says is too old or too much (`log.keep`); without it nothing is ever removed. Whole
 * segments go, oldest first, all their files, each told in the audit trail. What stays: the newest segment of every log,
 * which is being written; and what changed within the last hour, whose files may be open and whose successor may not be
 * on the disk yet. None stays in the middle, for its gap alone: the chain of what is left would have a hole. Where
 * checkpoints are sent to anchors, what none of them has stays as well, however old and much it is.
 */
import { lstat, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { byteSize } from "../../lib/byte-size.ts";
import type { Clock, Millis } from "../../lib/clock.ts";
import { formatDuration, hours } from "../../lib/durations.ts";
import type { Audit } from "../audit/audit.ts";
import type { LogWork } from "./log-care.ts";
import { listSegments, logFolders, stemTime } from "./log-folder.ts";
import { PACKED, PLAIN, rawPath } from "./raw-file.ts";
import { SteadyClock } from "./steady-clock.ts";

const STAYS_FOR: Millis = hours(1);
const DAY: Millis = hours(24);

/** A file beside the bytes of a segment, or what a crash left of one that was being made. */
const BESIDE = /^(\d{8}T\d{6}Z)\.(?!raw(?:\.gz)?$)/;

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
  /** Segments of a log that an anchor has; absent: there are no anchors, and none is waited for. */
  readonly anchored?: ((folder: string) => ReadonlySet<string>) | undefined;
}

/** A segment that is written no more. */
interface Ended {
  readonly host: string;
  readonly folder: string;
  readonly stem: string;
  /** Of all its files. */
  readonly bytes: number;
  /** When its last byte came. */
  readonly endedAt: Millis;
  readonly mayGo: boolean;
}

/** Keeps the logs of a site within their bounds; nothing to do where there are none. */
export function logRetention(options: RetentionOptions): readonly LogWork[] {
  const { keepDays, keepBytes } = options.keep;
  if (keepDays === undefined && keepBytes === undefined) return [];
  const steady = new SteadyClock(options.clock);
  let told = false;
  return [
    {
      failing: "old logs could not be removed",
      trouble: "log.keep-trouble",
      run: async (signal) => {
        const waits = await sweep(options, mayGoByAge(steady, options), signal);
        if (waits > 0 && !told) tellWaiting(options, waits);
        told = waits > 0;
      },
    },
  ];
}

/** A wall clock that was set years ahead would make every log an old one. */
function mayGoByAge(steady: SteadyClock, { keep, audit }: RetentionOptions): boolean {
  const step = steady.step();
  if (step !== 0 && keep.keepDays !== undefined) {
    const text = `the wall clock was set by ${formatDuration(Math.abs(step))}: no log goes by its age for a day`;
    audit.note({ type: "log.keep-waits", by: "oob", text });
  }
  return steady.isSteady;
}

async function sweep(
  options: RetentionOptions,
  byAge: boolean,
  signal: AbortSignal,
): Promise<number> {
  const { state, keep, clock } = options;
  const isAnchored = askOnce(options);
  const now = clock.now();
  const { ended, bytes } = await survey(state, now);
  const oldest = keep.keepDays === undefined ? 0 : now - keep.keepDays * DAY;
  let left = bytes;
  let waits = 0;
  for (const segment of ended) {
    signal.throwIfAborted();
    const isOld = byAge && segment.endedAt < oldest;
    const isOver = keep.keepBytes !== undefined && left > keep.keepBytes;
    if (!segment.mayGo || !(isOld || isOver)) continue;
    // What waits counts as gone: the logs of others are not to make room for it.
    left -= segment.bytes;
    if (!(await isAnchored(segment))) {
      waits += segment.bytes;
      continue;
    }
    await remove(segment, `${isOld ? "older" : "more"} than log.keep keeps`, options.audit);
  }
  return waits;
}

/** Whether an anchor has a segment: looked up once for each log, with a turn for others in between. */
function askOnce({ anchored }: RetentionOptions): (segment: Ended) => Promise<boolean> {
  const known = new Map<string, ReadonlySet<string>>();
  return async ({ folder, stem }) => {
    if (!anchored) return true;
    if (!known.has(folder)) await setImmediate();
    const stems = known.get(folder) ?? anchored(folder);
    known.set(folder, stems);
    return stems.has(stem);
  };
}

function tellWaiting({ audit }: RetentionOptions, bytes: number): void {
  const text = `${byteSize(bytes)} of the logs are older or more than log.keep keeps, and stay until an anchor has them`;
  audit.note({ type: "log.unanchored", by: "oob", text, data: { bytes } });
}

async function remove(
  { host, folder, stem, bytes }: Ended,
  why: string,
  audit: RetentionOptions["audit"],
): Promise<void> {
  // The bytes first: bytes whose seal is gone look as if somebody had taken it. See removeLeft.
  for (const ending of [PACKED, PLAIN]) await rm(join(folder, stem + ending), { force: true });
  for (const name of await readdir(folder))
    if (name.startsWith(`${stem}.`)) await rm(join(folder, name), { force: true });
  // Afterwards: on a full disk there is room for the record now.
  audit.note({
    type: "log.removed",
    host,
    by: "oob",
    text: `removed ${stem} of the log, ${bytes} bytes: ${why}`,
    data: { segment: stem, bytes },
  });
}

/** The ended segments of all logs, oldest first, and how many bytes all segments have. */
async function survey(state: string, now: Millis) {
  const ended: Ended[] = [];
  let bytes = 0;
  for (const { host, folder } of await logFolders(state)) {
    const stems = listSegments(folder);
    const names = await removeLeft(folder, stems[0] ?? "");
    // A log goes from its old end: no segment counts as older than one before it.
    let endedAt: Millis = 0;
    for (const [n, stem] of stems.entries()) {
      const raw = await lstat(rawPath(folder, stem)).catch(() => undefined);
      const all = await sizeOf(
        names.filter((name) => name.startsWith(`${stem}.`)),
        folder,
      );
      bytes += all;
      if (n === stems.length - 1 || raw === undefined) continue;
      endedAt = Math.max(endedAt, raw.mtimeMs, stemTime(stem));
      const mayGo = raw.isFile() && now - endedAt > STAYS_FOR;
      ended.push({ host, folder, stem, bytes: all, endedAt, mayGo });
    }
  }
  return { ended: ended.sort((a, b) => a.endedAt - b.endedAt), bytes };
}

/** Removes what was beside bytes that are gone: a removal that was cut short left it. Gives the names of what is left. */
async function removeLeft(folder: string, oldest: string): Promise<readonly string[]> {
  const left: string[] = [];
  for (const name of await readdir(folder)) {
    const [, stem] = BESIDE.exec(name) ?? [];
    if (stem !== undefined && stem < oldest) await rm(join(folder, name), { force: true });
    else left.push(name);
  }
  return left;
}

async function sizeOf(names: readonly string[], folder: string): Promise<number> {
  let bytes = 0;
  for (const name of names)
    bytes += (await lstat(join(folder, name)).catch(() => undefined))?.size ?? 0;
  return bytes;
}
