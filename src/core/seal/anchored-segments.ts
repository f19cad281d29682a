import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { parseCheckpoint } from "../../codec/checkpoint.ts";
import { ENTRY_BYTES, readEntry } from "../../codec/timeline.ts";
import { listSegments } from "../log/log-folder.ts";
import { type Anchored, anchoredTo } from "./anchored.ts";
import { readIfThere } from "./read-files.ts";
import { sealPaths } from "./seal-files.ts";

/**
 * Segments of a log, the oldest ones, of which all is under a checkpoint that an anchor took, and that is the log's own:
 * the chain proves what is before it. From before the log was sealed there is nothing to anchor: that goes with what
 * came behind it. Throws what the file system does.
 */
export function anchoredSegments(state: string, folder: string): ReadonlySet<string> {
  const point = anchoredTo(state, basename(folder)).find((one) => isOfLog(folder, one));
  if (point === undefined) return new Set();
  const { segment, entries } = point;
  const isWhole = lastEntry(folder, segment) < entries;
  const stems = listSegments(folder);
  return new Set(stems.filter((stem) => stem < segment || (stem === segment && isWhole)));
}

/** A log that was begun anew counts from 0 again: its own checkpoint tells. */
function isOfLog(folder: string, { segment, entries, hash }: Anchored): boolean {
  const { checkpoints } = sealPaths(folder, segment);
  if (readIfThere(checkpoints, 0) === undefined) return false;
  return readFileSync(checkpoints, "latin1")
    .split("\n")
    .map((line) => parseCheckpoint(line))
    .some((point) => point?.entries === entries && point.hash === hash);
}

/** Number of the last entry of a segment's timeline; beyond every anchor where that cannot be told. */
function lastEntry(folder: string, stem: string): number {
  const found = readIfThere(sealPaths(folder, stem).timeline, ENTRY_BYTES);
  if (!found || found.size % ENTRY_BYTES !== 0) return Number.POSITIVE_INFINITY;
  return readEntry(found.tail, 0)?.number ?? Number.POSITIVE_INFINITY;
}
