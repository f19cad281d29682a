/**
 * Proves one segment: goes through its timeline once, hashing the bytes that each entry stands for, and compares what
 * comes out with the entry and with the checkpoints of this place.
 */
import type { Hash } from "node:crypto";
import { type FileHandle, open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Checkpoint, parseCheckpoint } from "../../codec/checkpoint.ts";
import { ENTRY_HEAD_BYTES, type TimelineHead, TimelineReader } from "../../codec/timeline.ts";
import type { Millis } from "../../lib/clock.ts";
import { doubt } from "./anchors.ts";
import { beginValue, endValue, headValue } from "./chain.ts";
import { FilePieces } from "./file-pieces.ts";
import type { KeyList } from "./key-list.ts";
import { after, isOfRaw, misfit, type SealEnd } from "./seal-end.ts";
import { sealPaths } from "./seal-files.ts";

const PIECE_BYTES = 256 << 10;
/** One damage tends to look like many. */
const MAX_PROBLEMS = 5;

/** Something that is not as it was written. */
export interface SealProblem {
  readonly segment: string;
  readonly what: string;
  /** Number of the entry, and the place and time that it says, where it is one. */
  readonly entry?: number;
  readonly offset?: number;
  readonly at?: Millis;
}

/** What is known of a place in a log from a checkpoint. */
export interface ProvenPoint {
  readonly entries: number;
  readonly offset: number;
  /** When the checkpoint was made. */
  readonly at: Millis;
}

/** What a segment came to. */
export interface SegmentProof {
  readonly stem: string;
  readonly head: (TimelineHead & { readonly link: string }) | undefined;
  readonly end: SealEnd | undefined;
  readonly problems: readonly SealProblem[];
  /** The last checkpoint of its own, and the last anchor, that hold. */
  readonly signed: ProvenPoint | undefined;
  readonly anchored: ProvenPoint | undefined;
  readonly bytes: number;
  /** Bytes that were adopted after a crash. */
  readonly recovered: number;
  /** Bytes of `.raw`, and of `.idx`, behind the last entry. */
  readonly unsealed: number;
  readonly unsealedIndex: number;
}

interface SegmentParts {
  readonly folder: string;
  /** The log's name, as its checkpoints have it. */
  readonly log: string;
  readonly stem: string;
  /** The list of keys as it is now: asked for behind the checkpoints, so that it has the key of each. */
  readonly keys: () => Promise<KeyList>;
  /** Of this segment. */
  readonly anchors: readonly Checkpoint[];
  readonly signal?: AbortSignal | undefined;
}

/** Proves a segment. Throws what the system says where a file cannot be read. */
export async function proveSegment(parts: SegmentParts): Promise<SegmentProof> {
  const proof = new Proof(parts);
  try {
    return await proof.run();
  } finally {
    await proof.close();
  }
}

class Proof {
  readonly #parts: SegmentParts;
  readonly #problems: SealProblem[] = [];
  readonly #expected = new Map<number, { point: Checkpoint; anchor: boolean }[]>();
  #raw: FilePieces | undefined;
  #index: FilePieces | undefined;
  #head: SegmentProof["head"];
  #end: SealEnd | undefined;
  #recovered = 0;
  #signed: ProvenPoint | undefined;
  #anchored: ProvenPoint | undefined;

  constructor(parts: SegmentParts) {
    this.#parts = parts;
  }

  async run(): Promise<SegmentProof> {
    const { folder, stem } = this.#parts;
    const paths = sealPaths(folder, stem);
    // In this order: what a checkpoint covers is in the timeline by then, and what that covers in the files.
    const text = await readFile(paths.checkpoints, "latin1").catch(emptyIfGone);
    this.#expect(text, await this.#parts.keys());
    const timeline = await open(paths.timeline, "r");
    try {
      this.#raw = await FilePieces.ofSegment(folder, stem);
      this.#index = await FilePieces.open(join(folder, `${stem}.idx`));
      await this.#walk(timeline);
    } finally {
      await timeline.close();
    }
    for (const left of this.#expected.values())
      for (const { point, anchor } of left)
        this.#problem(`${nameOf(anchor)} covers ${point.entries} entries: they are not there`);
    const unsealed = (await this.#raw.size()) - (this.#end?.raw ?? 0);
    return {
      stem,
      head: this.#head,
      end: this.#end,
      problems: this.#problems,
      signed: this.#signed,
      anchored: this.#anchored,
      bytes: this.#end?.raw ?? 0,
      recovered: this.#recovered,
      unsealed,
      unsealedIndex: (await this.#index.size()) - (this.#end?.index ?? 0),
    };
  }

  async close(): Promise<void> {
    await this.#raw?.close();
    await this.#index?.close();
  }

  #expect(text: string, keys: KeyList): void {
    const lines = text === "" ? [] : text.split("\n");
    if (lines.length > 0 && lines.pop() !== "")
      this.#problem("its checkpoints end in the middle of a line");
    let before: Checkpoint | undefined;
    for (const [n, line] of lines.entries()) {
      const point = parseCheckpoint(line);
      const why = point === undefined ? "is damaged" : this.#doubt(point, before, keys);
      if (point && why === undefined) {
        this.#expectPoint(point, false);
        before = point;
      } else this.#problem(`line ${n + 1} of its checkpoints ${why}`);
    }
    for (const anchor of this.#parts.anchors) this.#expectPoint(anchor, true);
  }

  #doubt(point: Checkpoint, before: Checkpoint | undefined, keys: KeyList): string | undefined {
    const { log, stem } = this.#parts;
    if (point.segment !== stem) return `is of segment ${point.segment}`;
    if (log !== point.log) return `is of log "${point.log}"`;
    if (before && (point.entries < before.entries || point.key < before.key))
      return "goes behind the one before it";
    return doubt(point, keys);
  }

  #expectPoint(point: Checkpoint, anchor: boolean): void {
    const same = this.#expected.get(point.entries) ?? [];
    this.#expected.set(point.entries, [...same, { point, anchor }]);
  }

  async #walk(timeline: FileHandle): Promise<void> {
    const reader = new TimelineReader();
    const buffer = Buffer.alloc(PIECE_BYTES);
    for (let at = 0; ; ) {
      this.#parts.signal?.throwIfAborted();
      const { bytesRead } = await timeline.read(buffer, 0, buffer.length, at);
      if (bytesRead === 0) return;
      at += bytesRead;
      for (const event of reader.receive(buffer.subarray(0, bytesRead))) {
        if (event.is === "violation")
          this.#problem(`byte ${event.position} of its timeline is no entry`);
        const goesOn = event.is === "entry" && (await this.#take(event.entry, event.bytes));
        if (!goesOn) return;
      }
    }
  }

  /** false: nothing behind it can be told. */
  async #take(entry: TimelineHead, bytes: Uint8Array): Promise<boolean> {
    const stored = bytes.slice(ENTRY_HEAD_BYTES);
    const end = this.#end;
    if (!end) return this.#begin(entry, bytes, stored);
    const why = misfit(end, entry);
    if (why !== undefined) {
      this.#problem(`its timeline does not fit: ${why}`, entry);
      return false;
    }
    const value = beginValue(end.value);
    const whole = await this.#hash(entry, end, value);
    if (!whole) {
      this.#problem("bytes that were logged are gone", entry);
      return false;
    }
    if (!endValue(value, bytes.subarray(0, ENTRY_HEAD_BYTES)).equals(stored))
      this.#problem(
        entry.kind === "index"
          ? "times or marks are not as they were"
          : "bytes are not as they came",
        entry,
      );
    // From the value that is stored: what is damaged is named, and what is behind it is proven by itself.
    this.#end = after(end, entry, stored);
    if (entry.kind === "recovered") this.#recovered += entry.length;
    this.#compare(this.#end);
    return this.#problems.length < MAX_PROBLEMS;
  }

  #begin(entry: TimelineHead, bytes: Uint8Array, stored: Uint8Array): boolean {
    if (entry.kind !== "head") {
      this.#problem("its timeline has no head");
      return false;
    }
    this.#head = { ...entry, link: Buffer.from(stored).toString("hex") };
    const { number, offset } = entry;
    this.#end = { number: number + 1, value: headValue(bytes), offset, raw: 0, index: 0 };
    this.#compare(this.#end);
    return true;
  }

  async #hash(entry: TimelineHead, end: SealEnd, value: Hash): Promise<boolean> {
    if (isOfRaw(entry)) return (await this.#raw?.hash(end.raw, entry.length, value)) ?? false;
    if (entry.kind === "index")
      return (await this.#index?.hash(end.index, entry.length, value)) ?? false;
    return true;
  }

  /** Checkpoints and anchors that were made here. */
  #compare(end: SealEnd): void {
    const here = this.#expected.get(end.number);
    if (!here) return;
    this.#expected.delete(end.number);
    const hash = Buffer.from(end.value).toString("hex");
    for (const { point, anchor } of here) {
      const { entries, offset, at } = point;
      if (point.hash !== hash || offset !== end.offset) {
        this.#problem(`the log is not the one of ${nameOf(anchor)} of ${entries} entries`);
        continue;
      }
      if (anchor) this.#anchored = { entries, offset, at };
      else this.#signed = { entries, offset, at };
    }
  }

  #problem(what: string, entry?: TimelineHead): void {
    const segment = this.#parts.stem;
    const { number, at } = entry ?? {};
    const place = entry?.kind === "index" ? this.#end?.offset : entry?.offset;
    this.#problems.push({
      segment,
      what,
      ...(number !== undefined && { entry: number }),
      ...(place !== undefined && { offset: place }),
      ...(at !== undefined && { at }),
    });
  }
}

const nameOf = (anchor: boolean): string => (anchor ? "the anchor" : "a checkpoint");

const emptyIfGone = (thrown: unknown): string => {
  if (thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT") return "";
  throw thrown;
};
