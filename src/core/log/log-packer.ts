import { lstat } from "node:fs/promises";
import { join } from "node:path";
import type { Clock, Millis } from "../../lib/clock.ts";
import { minutes } from "../../lib/durations.ts";
import { sizeOrNone } from "../seal/read-files.ts";
import { sealPaths } from "../seal/seal-files.ts";
import type { LogWork } from "./log-care.ts";
import { listSegments, logFolders } from "./log-folder.ts";
import { packSegment } from "./pack-segment.ts";
import { PLAIN } from "./raw-file.ts";

/** A segment's files are closed for good by then. */
const ENDED_FOR: Millis = minutes(10);
/** Between two blocks of 64 KiB: a fifth of one thread, at most. */
const REST: Millis = 10;

/** Compresses ended segments of all logs, one after the other. */
export function logPacker(state: string, clock: Clock): LogWork {
  return {
    failing: "a segment could not be compressed",
    trouble: "log.pack-trouble",
    run: (signal) => packLogs(state, clock.now(), () => clock.sleep(REST, signal)),
  };
}

/** Goes on behind a segment that cannot be compressed; throws the first trouble at the end. */
export async function packLogs(
  state: string,
  now: Millis,
  rest: () => Promise<void>,
): Promise<void> {
  const failed: unknown[] = [];
  for (const { folder } of await logFolders(state)) {
    for (const stem of endedSegments(folder)) {
      const raw = await lstat(join(folder, stem + PLAIN)).catch(() => undefined);
      if (!raw?.isFile() || now - raw.mtimeMs < ENDED_FOR) continue;
      await rest();
      await packSegment(folder, stem, rest).catch((thrown: unknown) => failed.push(thrown));
    }
  }
  if (failed.length > 0) throw failed[0];
}

/**
 * Segments to which nothing is ever added. The first checkpoint of a sealed segment says that all before it are on the
 * disk: until then, after a power loss, the one before it may be written on.
 */
export function endedSegments(folder: string): readonly string[] {
  const stems = listSegments(folder);
  const seals = stems.map((stem) => sealPaths(folder, stem));
  const safe = seals.findLastIndex(({ checkpoints }) => (sizeOrNone(checkpoints) ?? 0) > 0);
  return stems.filter((_, n) => {
    const isSealed = (sizeOrNone(seals[n]?.timeline ?? "") ?? 0) > 0;
    return n < (isSealed ? safe : stems.length - 1);
  });
}
