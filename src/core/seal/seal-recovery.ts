import { readSync } from "node:fs";
import type { Checkpoint } from "../../codec/checkpoint.ts";
import {
  ENTRY_BYTES,
  ENTRY_HEAD_BYTES,
  readEntry,
  type TimelineHead,
} from "../../codec/timeline.ts";
import { listSegments } from "../log/log-folder.ts";
import { beginValue, endValue, headValue, NO_LINK } from "./chain.ts";
import { lastCheckpoint } from "./checkpoint-file.ts";
import { readIfThere } from "./read-files.ts";
import { after, isOfRaw, misfit, type SealEnd } from "./seal-end.ts";
import { sealPaths } from "./seal-files.ts";

const PIECE_BYTES = 64 << 10;

/** A segment's open files, and how far they reach. */
export interface SealedFiles {
  readonly raw: number;
  readonly index: number;
  readonly rawSize: number;
  readonly indexSize: number;
}

/** The end that stands in a timeline's file, and how many bytes that is. */
export interface WrittenEnd {
  readonly end: SealEnd;
  readonly bytes: number;
}

/** How a segment's timeline goes on. */
export type Recovered =
  /** There is none yet. */
  | { readonly is: "none" }
  /**
   * From there; what stands behind `keep` bytes is not borne out by the files. `link`: what its head goes on from.
   * `signed`: entries under a checkpoint.
   */
  | {
      readonly is: "end";
      readonly link: Buffer;
      readonly end: SealEnd;
      readonly keep: number;
      readonly signed: number;
    }
  /** What a checkpoint vouches for is not there: nothing may be added that would hide it. */
  | { readonly is: "broken"; readonly why: string };

/**
 * Compares a timeline with its last checkpoint and with the files, after a crash or a normal end. Entries that a
 * checkpoint covers are not proven again here; those behind it are, and the first that is not true ends the timeline.
 */
export function recoverTimeline(
  timeline: Buffer,
  checkpoint: Checkpoint | undefined,
  files: SealedFiles,
): Recovered {
  const head = readEntry(timeline, 0);
  // Without a checkpoint it may be what a power loss left of a file that had just been made.
  if (head?.kind !== "head")
    return checkpoint ? { is: "broken", why: "its timeline has no head" } : { is: "none" };
  const { number, offset } = head;
  const link = timeline.subarray(ENTRY_HEAD_BYTES, ENTRY_BYTES);
  const covered = checkpoint ? checkpoint.entries - number : 1;
  let end: SealEnd = {
    ...{ number: number + 1, offset, raw: 0, index: 0 },
    value: headValue(timeline),
  };
  let keep = ENTRY_BYTES;
  for (let n = 1; ; n++) {
    if (n === covered && checkpoint && Buffer.from(end.value).toString("hex") !== checkpoint.hash)
      return { is: "broken", why: "its timeline is not that of its last checkpoint" };
    const next = nextEnd(timeline, keep, end, files, covered - n);
    if (next === undefined)
      return n < covered
        ? { is: "broken", why: `what its last checkpoint covers ends at entry ${end.number}` }
        : { is: "end", link, end, keep, signed: checkpoint?.entries ?? 0 };
    end = next;
    keep += ENTRY_BYTES;
  }
}

/** Bytes of `.raw` that the timeline proves, from the first on: they came as they stand there. */
export function provenBytes(folder: string, stem: string, files: SealedFiles): number {
  const { timeline, checkpoints } = sealPaths(folder, stem);
  const whole = readIfThere(timeline, Number.MAX_SAFE_INTEGER)?.tail ?? Buffer.alloc(0);
  const found = recoverTimeline(whole, lastCheckpoint(checkpoints).checkpoint, files);
  return found.is === "end" ? found.end.raw : 0;
}

/** Behind one more entry, with `left` before the checkpoint's end; undefined where there is none that is true. */
function nextEnd(
  timeline: Buffer,
  at: number,
  end: SealEnd,
  files: SealedFiles,
  left: number,
): SealEnd | undefined {
  const entry = readEntry(timeline, at);
  if (!entry || misfit(end, entry) !== undefined) return undefined;
  // Of what a checkpoint covers only the last value is looked at. (To cut it out costs more than all else.)
  const value = left > 1 ? end.value : timeline.subarray(at + ENTRY_HEAD_BYTES, at + ENTRY_BYTES);
  const next = after(end, entry, value);
  if (next.raw > files.rawSize || next.index > files.indexSize) return undefined;
  if (left > 0) return next;
  const head = timeline.subarray(at, at + ENTRY_HEAD_BYTES);
  return chained(entry, head, end, files).equals(value) ? next : undefined;
}

function chained(
  entry: TimelineHead,
  head: Uint8Array,
  end: SealEnd,
  { raw, index }: SealedFiles,
): Buffer {
  const value = beginValue(end.value);
  if (isOfRaw(entry)) hashFile(raw, end.raw, entry.length, value);
  if (entry.kind === "index") hashFile(index, end.index, entry.length, value);
  return endValue(value, head);
}

/** Whether a timeline has that end at that place. A head alone carries another value in place of its own: no. */
export function endsAt(fd: number, { end, bytes }: WrittenEnd): boolean {
  if (bytes <= ENTRY_BYTES) return false;
  const value = Buffer.alloc(ENTRY_BYTES - ENTRY_HEAD_BYTES);
  const got = readSync(fd, value, 0, value.length, bytes - value.length);
  return got === value.length && value.equals(end.value);
}

/** Gives a piece of a file to a hash; less than asked for where the file is shorter. */
export function hashFile(
  fd: number,
  from: number,
  length: number,
  hash: { update(bytes: Uint8Array): unknown },
): void {
  const piece = Buffer.alloc(Math.min(length, PIECE_BYTES));
  for (let done = 0; done < length; ) {
    const got = readSync(fd, piece, 0, Math.min(piece.length, length - done), from + done);
    if (got === 0) return;
    hash.update(piece.subarray(0, got));
    done += got;
  }
}

/** What the head of a segment goes on from: the end of the newest timeline before it. */
export function linkBefore(
  folder: string,
  stem: string,
): { readonly number: number; readonly value: Uint8Array } {
  const earlier = listSegments(folder).filter((one) => one < stem);
  for (const one of earlier.reverse()) {
    const tail = readIfThere(sealPaths(folder, one).timeline, 2 * ENTRY_BYTES);
    if (!tail) continue;
    const torn = tail.size % ENTRY_BYTES;
    const at = tail.tail.length - torn - ENTRY_BYTES;
    const entry = at < 0 ? undefined : readEntry(tail.tail, at);
    if (!entry) continue;
    const bytes = tail.tail.subarray(at, at + ENTRY_BYTES);
    const value = entry.kind === "head" ? headValue(bytes) : bytes.subarray(ENTRY_HEAD_BYTES);
    return { number: entry.number + 1, value };
  }
  return { number: 0, value: NO_LINK };
}
