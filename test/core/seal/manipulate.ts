/**
 * Manipulations of a sealed log, as security figures count them: each is done to files in memory, written, verified and
 * taken back. `anchor` is the log's last checkpoint, kept elsewhere.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  ENTRY_BYTES,
  ENTRY_HEAD_BYTES,
  readEntry,
  writeEntryHead,
} from "../../../src/codec/timeline.ts";
import { beginValue, endValue, headValue } from "../../../src/core/seal/chain.ts";

/** The files of one log, by name. */
export type Files = Map<string, Buffer>;

/** One way to tamper: what it does, given numbers to choose by; undefined where there is nothing to do it to. */
export interface Manipulation {
  readonly name: string;
  readonly run: (files: Files, pick: (below: number) => number) => Files | undefined;
}

export const readFiles = (folder: string): Files =>
  new Map(
    readdirSync(folder)
      .filter((name) => /^\d{8}T\d{6}Z\./.test(name))
      .sort()
      .map((name) => [name, readFileSync(join(folder, name))]),
  );

/** Makes the folder's files what `files` holds, where they were `before`. */
export function writeFiles(folder: string, files: Files, before: Files = new Map()): void {
  for (const name of before.keys()) if (!files.has(name)) rmSync(join(folder, name));
  for (const [name, bytes] of files)
    if (before.get(name) !== bytes) writeFileSync(join(folder, name), bytes);
}

const stemOf = (name: string): string => name.split(".")[0] ?? "";

const ofKind = (files: Files, kind: string): string[] =>
  [...files.keys()].filter((name) => name.endsWith(kind) && (files.get(name)?.length ?? 0) > 0);

function flip(kind: string): Manipulation["run"] {
  return (files, pick) => {
    const names = ofKind(files, kind);
    const name = names[pick(names.length)];
    const bytes = name === undefined ? undefined : files.get(name);
    if (name === undefined || !bytes) return undefined;
    const changed = Buffer.from(bytes);
    const at = pick(changed.length);
    changed[at] = (changed[at] ?? 0) ^ (1 << pick(8));
    return new Map(files).set(name, changed);
  };
}

const removeEntry: Manipulation["run"] = (files, pick) => {
  const names = ofKind(files, ".tl");
  const name = names[pick(names.length)] ?? "";
  const bytes = files.get(name);
  if (!bytes) return undefined;
  const at = pick(bytes.length / ENTRY_BYTES) * ENTRY_BYTES;
  const left = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + ENTRY_BYTES)]);
  return new Map(files).set(name, left);
};

interface Cut {
  readonly files: Files;
  /** Name of the segment in which it ends. */
  readonly stem: string;
  readonly entries: number;
}

/** The log as it was at one of its checkpoints, but for the last. */
function cutAtCheckpoint(files: Files, pick: (below: number) => number): Cut | undefined {
  const all = ofKind(files, ".cp").flatMap((name) =>
    (files.get(name)?.toString("latin1") ?? "")
      .trimEnd()
      .split("\n")
      .map((line) => ({ stem: stemOf(name), entries: Number(line.split(" ")[3]) })),
  );
  const last = all.at(-1)?.entries ?? 0;
  const older = all.filter(({ entries }) => entries < last);
  const to = older[pick(older.length)];
  if (!to) return undefined;
  const cut: Files = new Map([...files].filter(([name]) => stemOf(name) <= to.stem));
  const timeline = cut.get(`${to.stem}.tl`);
  if (!timeline) return undefined;
  let raw = 0;
  let index = 0;
  let at = 0;
  for (; at < timeline.length; at += ENTRY_BYTES) {
    const entry = readEntry(timeline, at);
    if (!entry || entry.number >= to.entries) break;
    if (entry.kind === "rx" || entry.kind === "recovered") raw += entry.length;
    if (entry.kind === "index") index += entry.length;
  }
  cut.set(`${to.stem}.tl`, timeline.subarray(0, at));
  cut.set(`${to.stem}.raw`, cut.get(`${to.stem}.raw`)?.subarray(0, raw) ?? Buffer.alloc(0));
  cut.set(`${to.stem}.idx`, cut.get(`${to.stem}.idx`)?.subarray(0, index) ?? Buffer.alloc(0));
  const lines = (cut.get(`${to.stem}.cp`)?.toString("latin1") ?? "").split("\n").slice(0, -1);
  const before = lines.filter((line) => Number(line.split(" ")[3]) <= to.entries);
  cut.set(`${to.stem}.cp`, Buffer.from(before.map((line) => `${line}\n`).join("")));
  return { files: cut, ...to };
}

/** Behind an older checkpoint, other bytes with entries that fit. */
const rewriteTail: Manipulation["run"] = (files, pick) => {
  const cut = cutAtCheckpoint(files, pick);
  const timeline = cut?.files.get(`${cut.stem}.tl`);
  if (!cut || !timeline) return undefined;
  const at = timeline.length - ENTRY_BYTES;
  const last = readEntry(timeline, at);
  if (!last) return undefined;
  const value =
    last.kind === "head" ? headValue(timeline) : timeline.subarray(at + ENTRY_HEAD_BYTES);
  const raw = cut.files.get(`${cut.stem}.raw`) ?? Buffer.alloc(0);
  const first = readEntry(timeline, 0);
  const text = Buffer.from(`nothing happened here ${pick(1000)}\n`);
  const entry = Buffer.alloc(ENTRY_BYTES);
  const offset = (first?.offset ?? 0) + raw.length;
  const head = {
    kind: "rx",
    number: cut.entries,
    at: last.at,
    offset,
    length: text.length,
  } as const;
  writeEntryHead(entry, 0, head);
  endValue(beginValue(value).update(text), entry.subarray(0, ENTRY_HEAD_BYTES)).copy(
    entry,
    ENTRY_HEAD_BYTES,
  );
  return new Map(cut.files)
    .set(`${cut.stem}.raw`, Buffer.concat([raw, text]))
    .set(`${cut.stem}.tl`, Buffer.concat([timeline, entry]));
};

/** All files of one segment. */
const removeSegment: Manipulation["run"] = (files, pick) => {
  const stems = ofKind(files, ".tl").map(stemOf);
  // Without the oldest a log is what retention leaves.
  const stem = stems[1 + pick(stems.length - 1)];
  if (stem === undefined) return undefined;
  return new Map([...files].filter(([name]) => stemOf(name) !== stem));
};

/** Security's table, and two of our own. */
export const MANIPULATIONS: readonly Manipulation[] = [
  { name: "bit flipped in the log", run: flip(".raw") },
  { name: "bit flipped in the timeline", run: flip(".tl") },
  { name: "entry removed", run: removeEntry },
  { name: "bit flipped in the checkpoint file", run: flip(".cp") },
  {
    name: "log, timeline and checkpoints cut at an older checkpoint",
    run: (files, pick) => cutAtCheckpoint(files, pick)?.files,
  },
  { name: "tail after a checkpoint rewritten with a fresh chain", run: rewriteTail },
  { name: "bit flipped in times and marks", run: flip(".idx") },
  { name: "segment removed", run: removeSegment },
];

/** Which of them leave a log that is consistent in itself: an anchor alone finds them. */
export const NEEDS_ANCHOR: ReadonlySet<string> = new Set([
  "log, timeline and checkpoints cut at an older checkpoint",
  "tail after a checkpoint rewritten with a fresh chain",
  "segment removed",
]);
