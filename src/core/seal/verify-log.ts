/**
 * Proves a console's log: each segment by itself, and that each goes on where the one before it ended. What this machine
 * alone can tell is that everything fits together ("consistent"): whoever has the machine can cut the end off and write
 * another. Up to a checkpoint that was kept elsewhere, an anchor, nothing can have been changed ("verified").
 */
import { readdir, readFile } from "node:fs/promises";
import type { Millis } from "../../lib/clock.ts";
import { listSegments, stemTime } from "../log/log-folder.ts";
import { type Anchors, readAnchors } from "./anchors.ts";
import { NO_LINK } from "./chain.ts";
import { type KeyList, keyName, readKeyList } from "./key-list.ts";
import { readIfThere } from "./read-files.ts";
import { sealPaths } from "./seal-files.ts";
import {
  type ProvenPoint,
  proveSegment,
  type SealProblem,
  type SegmentProof,
} from "./verify-segment.ts";

/** What is verified, and against what. */
export interface VerifyRequest {
  readonly folder: string;
  /** Name of the log in its checkpoints: that of its folder. */
  readonly log: string;
  /** The file with the list of public keys. */
  readonly keys: string;
  /** The first public key, as it was kept elsewhere: "ed25519:…". */
  readonly key?: string | undefined;
  /** Text with checkpoints that were kept elsewhere. */
  readonly anchor?: string | undefined;
  /** Segments that ended before are left out. */
  readonly since?: Millis | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What a log came to. */
export interface SealVerdict {
  readonly result: "verified" | "consistent" | "unsealed" | "broken";
  readonly problems: readonly SealProblem[];
  /** The newest anchor that holds; `consistent` has none. */
  readonly verifiedTo: ProvenPoint | undefined;
  /** The last checkpoint of the log's own that holds. */
  readonly signedTo: ProvenPoint | undefined;
  readonly segments: number;
  readonly entries: number;
  /** Bytes that the timeline covers, and how many of them were adopted after a crash. */
  readonly bytes: number;
  readonly recovered: number;
  /** Bytes behind the last entry: they came a moment ago, or before a crash that nobody put right yet. */
  readonly unsealedTail: number;
  /** Segments from before the log was sealed. */
  readonly unsealedSegments: readonly string[];
  /** Entries that stood in segments which are not here any more. */
  readonly removedEntries: number;
  /** The first public key. */
  readonly key: string | undefined;
}

/** How often it begins anew where old segments are removed (`log.keep`) while it reads. */
const TURNS = 3;

/** Verifies a log. Throws what the system says where its files cannot be read. */
export async function verifyLog(request: VerifyRequest): Promise<SealVerdict> {
  const oldest = () => listSegments(request.folder)[0];
  for (let turn = 1; ; turn++) {
    const before = oldest();
    const again = () => turn < TURNS && oldest() !== before;
    try {
      const verdict = await new LogProof(request).run();
      if (verdict.result !== "broken" || !again()) return verdict;
    } catch (thrown) {
      if (!again()) throw thrown;
    }
  }
}

class LogProof {
  readonly #request: VerifyRequest;
  readonly #problems: SealProblem[] = [];
  readonly #proofs: SegmentProof[] = [];
  readonly #unsealed: string[] = [];
  #anchors: Anchors = { points: [], problems: [] };
  #tail = 0;
  #keyText: string | undefined;
  #known: KeyList | undefined;

  constructor(request: VerifyRequest) {
    this.#request = request;
  }

  async run(): Promise<SealVerdict> {
    const { folder, log, key, anchor, signal } = this.#request;
    const keysNow = () => this.#keys();
    const stems = this.#wanted(listSegments(folder));
    if (anchor !== undefined) this.#anchors = readAnchors(anchor, log, await keysNow());
    const isLast = (n: number) => n === stems.length - 1;
    for (const [n, stem] of stems.entries()) {
      signal?.throwIfAborted();
      if (!this.#hasTimeline(stem)) continue;
      const anchors = this.#anchors.points.filter((point) => point.segment === stem);
      const proof = await proveSegment({ folder, log, stem, keys: keysNow, anchors, signal });
      this.#problems.push(...proof.problems);
      this.#join(proof, isLast(n));
      this.#proofs.push(proof);
    }
    await this.#lookForOthers(stems);
    const isSealed = this.#proofs.length > 0;
    const keys = await keysNow();
    const outside = [
      ...(isSealed || key !== undefined ? keys.problems : []),
      ...this.#anchors.problems,
    ];
    for (const what of outside) this.#problem("", what);
    this.#judgeAnchors(stems);
    return this.#verdict(keys.first && keyName(keys.first));
  }

  /** The list of keys as it is now: a key is added where midnight passes while this runs. */
  async #keys(): Promise<KeyList> {
    const text = await textOf(this.#request.keys);
    if (!this.#known || text !== this.#keyText) this.#known = readKeyList(text, this.#request.key);
    this.#keyText = text;
    return this.#known;
  }

  #hasTimeline(stem: string): boolean {
    const { timeline, checkpoints } = sealPaths(this.#request.folder, stem);
    if (isThere(timeline)) return true;
    if (isThere(checkpoints)) this.#problem(stem, "it has checkpoints and no timeline");
    else if (this.#proofs.length > 0)
      this.#problem(stem, "it has no timeline, and those before it have");
    this.#unsealed.push(stem);
    return false;
  }

  #wanted(stems: readonly string[]): readonly string[] {
    const { since } = this.#request;
    if (since === undefined) return stems;
    // A segment holds bytes up to the begin of the next.
    const first = stems.findIndex((_, n) => stemTime(stems[n + 1] ?? "") >= since);
    return stems.slice(first < 0 ? -1 : first);
  }

  /** A segment goes on where the one before it ended, and only the newest has anything behind its timeline. */
  #join(proof: SegmentProof, isLast: boolean): void {
    const { stem, head, unsealed, unsealedIndex } = proof;
    const before = this.#proofs.at(-1);
    if (head && before?.end) {
      const { number, value, offset } = before.end;
      const isNext = head.number === number && head.link === Buffer.from(value).toString("hex");
      if (!isNext) this.#problem(stem, `it does not go on from the end of ${before.stem}`);
      else if (head.offset !== offset + before.unsealed)
        this.#problem(stem, `it begins at another place than ${before.stem} ends`);
    }
    if (head && !before) this.#judgeFirst(stem, head);
    if (isLast) this.#tail = unsealed;
    else if (proof.problems.length === 0 && unsealed > 0)
      this.#problem(stem, `${unsealed} bytes at its end are not sealed`);
    else if (proof.problems.length === 0 && unsealedIndex > 0)
      this.#problem(stem, "times and marks at its end are not sealed");
  }

  #judgeFirst(stem: string, { number, link }: NonNullable<SegmentProof["head"]>): void {
    if (number === 0 && link !== Buffer.from(NO_LINK).toString("hex"))
      this.#problem(stem, "it is the first, and goes on from another");
    const [bare] = this.#unsealed;
    if (number > 0 && bare !== undefined)
      this.#problem(bare, "it has no timeline, and the log was sealed before");
  }

  /** Parts of segments whose bytes are gone. */
  async #lookForOthers(stems: readonly string[]): Promise<void> {
    const oldest = stems[0] ?? "";
    const names = await readdir(this.#request.folder).catch(() => []);
    for (const name of names.sort((a, b) => a.localeCompare(b))) {
      const [, stem] = /^(\d{8}T\d{6}Z)\.(?:tl|cp)$/.exec(name) ?? [];
      if (stem === undefined || stems.includes(stem) || stem < oldest) continue;
      this.#problem(stem, `its bytes are gone, and "${name}" is there`);
    }
  }

  #judgeAnchors(stems: readonly string[]): void {
    const { points } = this.#anchors;
    const oldest = stems[0] ?? "";
    const gone = points.filter(({ segment }) => !stems.includes(segment));
    for (const { segment, entries } of gone.filter(({ segment }) => segment > oldest))
      this.#problem(segment, `it is gone, and the anchor has it with ${entries} entries`);
    const held = this.#proofs.some(({ anchored }) => anchored !== undefined);
    if (points.length > 0 && !held && this.#problems.length === 0)
      this.#problem(
        "",
        `every anchor is older than what is left: the oldest segment is ${oldest || "none"}`,
      );
    for (const { segment, entries } of points.filter(({ segment }) =>
      this.#unsealed.includes(segment),
    ))
      this.#problem(segment, `it has no timeline, and the anchor has it with ${entries} entries`);
  }

  #verdict(key: string | undefined): SealVerdict {
    const sum = (of: (proof: SegmentProof) => number) =>
      this.#proofs.reduce((total, proof) => total + of(proof), 0);
    const verifiedTo = this.#proofs.findLast(({ anchored }) => anchored)?.anchored;
    const isSealed = this.#proofs.length > 0;
    const sound = verifiedTo ? "verified" : isSealed ? "consistent" : "unsealed";
    return {
      result: this.#problems.length > 0 ? "broken" : sound,
      problems: this.#problems,
      verifiedTo,
      signedTo: this.#proofs.findLast(({ signed }) => signed)?.signed,
      segments: this.#proofs.length,
      entries: sum(({ head, end }) => (head && end ? end.number - head.number : 0)),
      bytes: sum(({ bytes }) => bytes),
      recovered: sum(({ recovered }) => recovered),
      unsealedTail: this.#tail,
      unsealedSegments: this.#unsealed,
      removedEntries: this.#request.since === undefined ? (this.#proofs[0]?.head?.number ?? 0) : 0,
      key,
    };
  }

  #problem(segment: string, what: string): void {
    this.#problems.push({ segment, what });
  }
}

/** A file of no length is what is left where a timeline could not be begun. */
const isThere = (path: string): boolean => (readIfThere(path, 0)?.size ?? 0) > 0;

const textOf = (path: string): Promise<string | undefined> =>
  readFile(path, "latin1").catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code === "ENOENT") return undefined;
    throw thrown;
  });
