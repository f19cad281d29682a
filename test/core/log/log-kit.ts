import { closeSync, mkdtempSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConsoleLog } from "../../../src/core/log/console-log.ts";
import { GroupSync } from "../../../src/core/log/group-sync.ts";
import type { Disk } from "../../../src/core/log/log-disk.ts";
import { listSegments } from "../../../src/core/log/log-folder.ts";
import { type IndexRecord, readRecord } from "../../../src/core/log/log-index.ts";
import { ManualClock } from "../../../src/lib/clock.ts";

export const NOON = Date.UTC(2026, 10, 22, 12);

/** A folder for one test's state. */
export const newState = () => mkdtempSync(join(tmpdir(), "oob-log-"));

export interface LogKit {
  readonly state: string;
  readonly clock: ManualClock;
  readonly sync: GroupSync;
  open(host?: string): ConsoleLog;
}

/** A log with a clock of its own. */
export function logKit(
  options: {
    readonly state?: string;
    readonly segmentBytes?: number;
    readonly segmentAge?: number;
    readonly disk?: Disk;
    readonly clock?: ManualClock;
  } = {},
): LogKit {
  const state = options.state ?? newState();
  const clock = options.clock ?? new ManualClock(NOON);
  const sync = new GroupSync({
    clock,
    interval: 1000,
    // A killed log has no files any more.
    failed: () => undefined,
  });
  return {
    state,
    clock,
    sync,
    open: (host = "web1") =>
      new ConsoleLog({
        state,
        host,
        clock,
        sync,
        segmentBytes: options.segmentBytes ?? 1 << 30,
        ...(options.segmentAge !== undefined ? { segmentAge: options.segmentAge } : {}),
        ...(options.disk ? { disk: options.disk } : {}),
      }),
  };
}

/** What `kill -9` does to open files: they are closed, and nothing is written any more. */
export function killFiles(folder: string): void {
  for (const fd of readdirSync("/proc/self/fd")) {
    try {
      if (readlinkSync(`/proc/self/fd/${fd}`).startsWith(folder)) closeSync(Number(fd));
    } catch {
      // The listing's own descriptor.
    }
  }
}

/** All bytes of a log, segment after segment. */
export function allBytes(folder: string): Buffer {
  return Buffer.concat(
    listSegments(folder).map((stem) => readFileSync(join(folder, `${stem}.raw`))),
  );
}

/** Records of every segment; fails where an index holds anything but whole records. */
export function allRecords(
  folder: string,
): { readonly stem: string; readonly record: IndexRecord }[] {
  const found: { stem: string; record: IndexRecord }[] = [];
  for (const stem of listSegments(folder)) {
    const index = readFileSync(join(folder, `${stem}.idx`));
    for (let at = 0; at < index.length; ) {
      const read = readRecord(index, at);
      if (!read) throw new Error(`no whole record at byte ${at} of ${stem}.idx`);
      found.push({ stem, record: read.record });
      at = read.next;
    }
  }
  return found;
}

/** Fails unless the index tells, of every byte on disk, the place in the stream where it stood, and of every hole its size. */
export function checkAgainst(stream: Uint8Array, folder: string): { readonly lost: number } {
  let offset = 0;
  let lost = 0;
  for (const stem of listSegments(folder)) {
    const raw = readFileSync(join(folder, `${stem}.raw`));
    let position = 0;
    for (const { record } of allRecords(folder).filter((one) => one.stem === stem)) {
      if (record.position !== position) throw new Error(`${record.kind} at ${record.position}`);
      if (record.offset !== offset) throw new Error(`${record.kind}: offset ${record.offset}`);
      offset += record.bytes;
      if (record.kind === "gap") {
        lost += record.bytes;
        continue;
      }
      const there = raw.subarray(position, position + record.bytes);
      const wanted = stream.subarray(record.offset, record.offset + record.bytes);
      if (!there.equals(wanted)) throw new Error(`other bytes at offset ${record.offset}`);
      position += record.bytes;
    }
    if (position !== raw.length) throw new Error(`index covers ${position} of ${raw.length}`);
  }
  if (offset !== stream.length) throw new Error(`index ends at ${offset} of ${stream.length}`);
  return { lost };
}
