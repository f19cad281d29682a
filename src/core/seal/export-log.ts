/**
 * Copies logs with what proves them, also while they are written: what a checkpoint covers is in the timeline by then, and
 * what that covers in the other files, so they are copied in this order, each as far as it reached when it was opened.
 *
 *   <to>/console/<log>/<segment>.{cp,tl,idx,raw}   seal/keys   export.json   SHA256SUMS   as in a state folder
 */
import { createHash } from "node:crypto";
import { type FileHandle, mkdir, open } from "node:fs/promises";
import { basename, join } from "node:path";
import { ENTRY_BYTES } from "../../codec/timeline.ts";
import type { Millis } from "../../lib/clock.ts";
import { beganAfter } from "../log/began-after.ts";
import { listSegments, stemTime } from "../log/log-folder.ts";
import { PACKED, PLAIN } from "../log/raw-file.ts";
import { MANIFEST, manifestText } from "./export-manifest.ts";
import { keyFiles, sealFolder } from "./seal-files.ts";

const PIECE_BYTES = 256 << 10;
/** Nobody has to change what was exported. */
const MODE = 0o440;

/** What is copied where. */
export interface ExportRequest {
  /** Folders of logs. */
  readonly logs: readonly string[];
  /** The list of public keys. */
  readonly keys: string;
  /** A folder that is there, and empty. */
  readonly to: string;
  /** Segments that ended before, or began after, are left out. */
  readonly since?: Millis | undefined;
  readonly until?: Millis | undefined;
  /** What is said about it in export.json. */
  readonly facts: object;
  readonly signal: AbortSignal;
}

/** What was copied of a log. */
export interface ExportedLog {
  readonly log: string;
  readonly segments: readonly string[];
  /** Of all its files. */
  readonly bytes: number;
}

/** Copies; all of it is on the disk when it resolves. Throws what the system says, `to` is unfinished then. */
export async function exportLogs(request: ExportRequest): Promise<readonly ExportedLog[]> {
  const copies = new Copies(request.to, request.signal);
  const done: ExportedLog[] = [];
  for (const folder of request.logs) {
    const log = basename(folder);
    const segments = wanted(folder, request);
    const before = copies.bytes;
    await copies.makeFolder(`console/${log}`);
    for (const stem of segments) await copySegment(copies, folder, `console/${log}`, stem);
    done.push({ log, segments, bytes: copies.bytes - before });
  }
  await copies.makeFolder("seal");
  // Behind the checkpoints: it has the key of each.
  await copies.copy(request.keys, keyFiles(sealFolder("")).list, wholeLines);
  const facts = { v: 1, ...request.facts, logs: done };
  await copies.write("export.json", Buffer.from(`${JSON.stringify(facts, undefined, 2)}\n`));
  await copies.finish();
  return done;
}

/** None is left out in the middle: the chain would have a hole. */
function wanted(folder: string, { since, until }: ExportRequest): readonly string[] {
  const stems = listSegments(folder);
  const last =
    until === undefined
      ? stems.length
      : stems.findLastIndex((one) => !beganAfter(folder, one, until));
  return stems.filter((_, n) => {
    const next = stems[n + 1];
    // A segment holds bytes up to the begin of the next.
    return n <= last && !(since !== undefined && next !== undefined && stemTime(next) < since);
  });
}

async function copySegment(copies: Copies, from: string, to: string, stem: string): Promise<void> {
  const copy = (ending: string, whole?: Whole) =>
    copies.copy(join(from, stem + ending), `${to}/${stem}${ending}`, whole);
  await copy(".cp", wholeLines);
  await copy(".tl", wholeEntries);
  await copy(".idx");
  // It may be compressed at this moment.
  if (await copy(PLAIN)) return;
  if (await copy(PACKED)) return;
  throw new Error(`segment ${stem} of the log was removed meanwhile`);
}

/** How many of a file's first bytes are whole. */
type Whole = (file: FileHandle, size: number) => Promise<number>;

const wholeEntries: Whole = (_, size) => Promise.resolve(size - (size % ENTRY_BYTES));

const wholeLines: Whole = async (file, size) => {
  const tail = Buffer.alloc(Math.min(size, 4096));
  const { bytesRead } = await file.read(tail, 0, tail.length, size - tail.length);
  const end = tail.subarray(0, bytesRead).lastIndexOf(10);
  return end < 0 ? 0 : size - tail.length + end + 1;
};

/** Files that are written into a folder, with their digests. */
class Copies {
  readonly #to: string;
  readonly #signal: AbortSignal;
  readonly #digests = new Map<string, string>();
  readonly #folders = [""];
  bytes = 0;

  constructor(to: string, signal: AbortSignal) {
    this.#to = to;
    this.#signal = signal;
  }

  async makeFolder(path: string): Promise<void> {
    await mkdir(join(this.#to, path), { recursive: true, mode: 0o750 });
    this.#folders.push(path);
  }

  /** false: there is no such file. */
  async copy(from: string, to: string, whole?: Whole): Promise<boolean> {
    const source = await open(from, "r").catch((thrown: NodeJS.ErrnoException) => {
      if (thrown.code !== "ENOENT") throw thrown;
    });
    if (!source) return false;
    try {
      const { size } = await source.stat();
      await this.#write(to, pieces(source, whole ? await whole(source, size) : size));
      return true;
    } finally {
      await source.close();
    }
  }

  async write(to: string, bytes: Buffer): Promise<void> {
    await this.#write(to, [bytes]);
  }

  /** Writes the manifest, last. */
  async finish(): Promise<void> {
    const text = manifestText(new Map([...this.#digests].sort(([a], [b]) => (a < b ? -1 : 1))));
    await this.#write(MANIFEST, [Buffer.from(text)]);
    for (const path of [...this.#folders, "console"]) {
      const folder = await open(join(this.#to, path), "r");
      try {
        await folder.sync();
      } finally {
        await folder.close();
      }
    }
  }

  async #write(to: string, parts: AsyncIterable<Buffer> | Iterable<Buffer>): Promise<void> {
    const hash = createHash("sha256");
    const file = await open(join(this.#to, to), "wx", MODE);
    try {
      for await (const part of parts) {
        this.#signal.throwIfAborted();
        hash.update(part);
        this.bytes += part.length;
        for (let at = 0; at < part.length; )
          at += (await file.write(part, at, part.length - at, null)).bytesWritten;
      }
      await file.sync();
    } finally {
      await file.close();
    }
    this.#digests.set(to, hash.digest("hex"));
  }
}

async function* pieces(file: FileHandle, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < size; ) {
    const piece = Buffer.alloc(Math.min(PIECE_BYTES, size - at));
    const { bytesRead } = await file.read(piece, 0, piece.length, at);
    if (bytesRead === 0) return;
    yield piece.subarray(0, bytesRead);
    at += bytesRead;
  }
}
