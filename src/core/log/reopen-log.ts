import { closeSync, openSync, statSync } from "node:fs";
import { join } from "node:path";
import { lastCheckpoint } from "../seal/checkpoint-file.ts";
import { readIfThere } from "../seal/read-files.ts";
import { sealPaths } from "../seal/seal-files.ts";
import { LOG_FILE_MODE } from "./log-folder.ts";
import type { Moment } from "./log-index.ts";
import { beginOf, isFromBeforeBoot, LOST } from "./log-recovery.ts";
import { LogSegment, type SegmentPlace, segmentEnd } from "./log-segment.ts";
import { isPacked } from "./raw-file.ts";

/** Segments that ended within the moments before a power loss; a log that changes faster than this loses more. */
const MAX_ENDED = 64;

/** A log as it goes on: `ended` are segments that were put right and are to be closed, in order. */
export interface ReopenedLog {
  readonly segment: LogSegment;
  readonly ended: readonly LogSegment[];
}

/**
 * Opens the newest segment of a log. Where the power went before its first checkpoint was on the disk, the end of the one
 * before may be lost: that one is put right first, a gap says what is missing up to the next, and the chain goes on from
 * what is left.
 */
export function reopenLog(places: readonly SegmentPlace[], now: Moment): ReopenedLog | undefined {
  let first = places.length - 1;
  const oldest = Math.max(0, first - MAX_ENDED);
  while (first > oldest && mayLackEndBefore(places, first, now)) first--;
  const opened: LogSegment[] = [];
  try {
    for (let n = first; n < places.length; n++) {
      const place = places[n];
      if (!place) break;
      const before = opened.at(-1);
      if (before) endAt(before, startOf(place), now);
      const older = places[n - 1];
      const offset = () => before?.offset ?? (older ? endOf(older, now) : 0);
      opened.push(new LogSegment(place, offset, now));
    }
  } catch (error) {
    for (const segment of opened) segment.close();
    throw error;
  }
  const segment = opened.pop();
  return segment && { segment, ended: opened };
}

const endOf = (place: SegmentPlace, now: Moment): number =>
  segmentEnd({ ...place, seal: undefined }, now);

/** A segment's first checkpoint comes after everything before it is on the disk. */
function mayLackEndBefore(places: readonly SegmentPlace[], n: number, now: Moment): boolean {
  const [before, place] = [places[n - 1], places[n]];
  if (!before || !place?.seal || isPacked(before.folder, before.stem)) return false;
  const raw = statSync(join(place.folder, `${place.stem}.raw`));
  if (!isFromBeforeBoot(raw, now, place.disk.upFor?.())) return false;
  const { checkpoint, damaged } = lastCheckpoint(sealPaths(place.folder, place.stem).checkpoints);
  if (checkpoint || damaged) return false;
  return (readIfThere(sealPaths(before.folder, before.stem).timeline, 0)?.size ?? 0) > 0;
}

/** Place in the stream at which a segment begins, as far as its index knows. */
function startOf({ folder, stem }: SegmentPlace): number | undefined {
  const index = openSync(join(folder, `${stem}.idx`), "a+", LOG_FILE_MODE);
  try {
    return beginOf(index);
  } finally {
    closeSync(index);
  }
}

/** Nothing is added to a segment behind this. */
function endAt(segment: LogSegment, offset: number | undefined, now: Moment): void {
  const missing = (offset ?? 0) - segment.offset;
  if (missing > 0) segment.gap(missing, LOST, now);
  segment.flush(now, true);
}
