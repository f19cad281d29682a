/**
 * The audit trail's files. Under a short lock, so that several processes may write the same trail:
 *
 *   audit.jsonl   the trail: one record a line, `prev` = SHA-256 of the line before; append-only, 0640
 *   audit.spare   blocks taken in advance; on a full disk intents are written into them, and moved to the trail once
 *                 there is room again (on copy-on-write file systems this cannot be promised)
 *   audit.torn    what kill -9 left of an unfinished line, with its time
 *   audit.lock    the writer's process id, for the length of one write
 *
 * 0640 because administrators read the trail through their group; nobody but the owner writes it.
 */
import { createHash } from "node:crypto";
import fs from "node:fs";
import { join } from "node:path";
import { concatBytes, latin1, utf8 } from "../../lib/bytes.ts";
import { messageOf, OobError } from "../../lib/errors.ts";
import { withFileLock } from "./audit-lock.ts";

/** Longest record, newline included. */
export const MAX_RECORD_BYTES = 65_536;
const SPARE_BYTES = 262_144;
const NEWLINE = 10;
/** `prev` of the first record. */
export const NO_PREVIOUS = "0".repeat(64);

/** SHA-256 of a record's line, without its newline. */
export const hashLine = (line: string | Uint8Array): string =>
  createHash("sha256").update(line).digest("hex");

/** The paths of a trail's files. */
export const auditPaths = (dir: string) => ({
  trail: join(dir, "audit.jsonl"),
  spare: join(dir, "audit.spare"),
  torn: join(dir, "audit.torn"),
  lock: join(dir, "audit.lock"),
});

/** write(2): how many of the bytes from `at` on were taken. */
export type DiskWrite = (fd: number, bytes: Uint8Array, at: number) => number;

/** Where the chain ends: the next record follows this one. */
interface End {
  readonly seq: number;
  readonly prev: string;
}

/** Writes records, one at a time, each at the true end of the trail. */
export class AuditFile {
  readonly #paths: ReturnType<typeof auditPaths>;
  readonly #write: DiskWrite;
  readonly #fd: number;
  readonly #spare: number | undefined;
  #size = -1;
  #end: End = { seq: 0, prev: NO_PREVIOUS };
  #tornBytes = 0;

  constructor(dir: string, write: DiskWrite = fs.writeSync) {
    this.#write = write;
    this.#paths = auditPaths(dir);
    try {
      fs.mkdirSync(dir, { recursive: true, mode: 0o750 });
      const { O_APPEND, O_CREAT, O_RDWR, O_NOFOLLOW } = fs.constants;
      this.#fd = fs.openSync(this.#paths.trail, O_APPEND | O_CREAT | O_RDWR | O_NOFOLLOW, 0o640);
    } catch (cause) {
      throw unwritable(dir, cause);
    }
    this.#spare = openSpare(this.#paths.spare);
    this.#locked(() => this.#catchUp());
  }

  /** Bytes of unfinished lines that were set aside since the last call. */
  takeTornBytes(): number {
    const torn = this.#tornBytes;
    this.#tornBytes = 0;
    return torn;
  }

  get hasSpare(): boolean {
    return this.#spare !== undefined;
  }

  /** Appends what `make` builds. `mayUseSpare`: on a full disk, write into the blocks taken in advance. */
  append(make: (end: End) => string, mayUseSpare: boolean): void {
    this.#locked(() => {
      this.#catchUp();
      const waiting = this.#drainSpare();
      const line = make(this.#end);
      const bytes = utf8(`${line}\n`);
      if (waiting === undefined) {
        try {
          this.#appendAll(bytes);
          this.#advance(line);
          return;
        } catch (cause) {
          if (!mayUseSpare || !isFull(cause)) throw unwritable(this.#paths.trail, cause);
        }
      } else if (!mayUseSpare) throw unwritable(this.#paths.trail, "the disk is full");
      this.#writeSpare(waiting ?? new Uint8Array(0), bytes);
      this.#advance(line);
    });
  }

  /** Everything appended so far is on disk when it resolves. */
  async sync(): Promise<void> {
    try {
      await dataSync(this.#fd);
      if (this.#spare !== undefined) await dataSync(this.#spare);
    } catch (cause) {
      throw unwritable(this.#paths.trail, cause);
    }
  }

  close(): void {
    fs.closeSync(this.#fd);
    if (this.#spare !== undefined) fs.closeSync(this.#spare);
  }

  #locked(work: () => void): void {
    try {
      withFileLock(this.#paths.lock, work);
    } catch (cause) {
      throw cause instanceof OobError ? cause : unwritable(this.#paths.trail, cause);
    }
  }

  /** Finds the end of the trail again where another process, or a kill, moved it. */
  #catchUp(): void {
    const size = fs.fstatSync(this.#fd).size;
    if (size !== this.#size) {
      const window = readAt(this.#fd, Math.max(0, size - 4 * MAX_RECORD_BYTES), size);
      const whole = window.lastIndexOf(NEWLINE) + 1;
      this.#size = size - (window.length - whole);
      if (whole < window.length) this.#setAside(window.subarray(whole));
      this.#end = endOf(window.subarray(0, whole), this.#paths.trail, this.#size === 0);
    }
    const spare = lastLine(this.#readSpare());
    const seq = spare === undefined ? undefined : seqOf(spare);
    if (spare !== undefined && seq !== undefined && seq > this.#end.seq)
      this.#end = { seq, prev: hashLine(spare) };
  }

  #setAside(torn: Uint8Array): void {
    const base64 = Buffer.from(torn).toString("base64");
    const kept = { at: fs.fstatSync(this.#fd).mtimeMs, bytes: torn.length, base64 };
    try {
      fs.appendFileSync(this.#paths.torn, `${JSON.stringify(kept)}\n`, { mode: 0o640 });
    } catch (cause) {
      if (!isFull(cause)) throw cause;
    }
    fs.ftruncateSync(this.#fd, this.#size);
    this.#tornBytes += torn.length;
  }

  /** All or nothing: a short write at the end of the disk is taken back. */
  #appendAll(bytes: Uint8Array): void {
    try {
      for (let at = 0; at < bytes.length; ) at += this.#write(this.#fd, bytes, at);
      this.#size += bytes.length;
    } catch (cause) {
      fs.ftruncateSync(this.#fd, this.#size);
      throw cause;
    }
  }

  #advance(line: string): void {
    this.#end = { seq: this.#end.seq + 1, prev: hashLine(line) };
  }

  #readSpare(): Uint8Array {
    if (this.#spare === undefined || readAt(this.#spare, 0, 1)[0] === 0) return new Uint8Array(0);
    return spareLines(readAt(this.#spare, 0, SPARE_BYTES));
  }

  /** Moves spare records into the trail; returns what had to stay, undefined where nothing waits. */
  #drainSpare(): Uint8Array | undefined {
    const waiting = this.#readSpare();
    if (waiting.length === 0 || this.#spare === undefined) return undefined;
    const last = lastLine(readAt(this.#fd, Math.max(0, this.#size - MAX_RECORD_BYTES), this.#size));
    const done = last === undefined ? 0 : (seqOf(last) ?? 0);
    const missing = splitLines(waiting).filter((line) => (seqOf(line) ?? 0) > done);
    try {
      this.#appendAll(concatBytes(missing.flatMap((line) => [line, latin1("\n")])));
    } catch (cause) {
      if (isFull(cause)) return waiting;
      throw cause;
    }
    fs.fdatasyncSync(this.#fd);
    writeAt(this.#spare, new Uint8Array(waiting.length + 1), 0);
    fs.fdatasyncSync(this.#spare);
    return undefined;
  }

  #writeSpare(waiting: Uint8Array, bytes: Uint8Array): void {
    // The zero byte ends the records: what a torn earlier write left behind it is not read.
    const needed = waiting.length + bytes.length + 1;
    if (this.#spare === undefined || needed > SPARE_BYTES)
      throw unwritable(this.#paths.trail, "the disk and the blocks kept for intents are full");
    writeAt(this.#spare, concatBytes([bytes, new Uint8Array(1)]), waiting.length);
  }
}

/** The complete records that stand in a spare file's bytes. */
export function spareLines(bytes: Uint8Array): Uint8Array {
  const zero = bytes.indexOf(0);
  const used = zero < 0 ? bytes : bytes.subarray(0, zero);
  return used.subarray(0, used.lastIndexOf(NEWLINE) + 1);
}

function openSpare(path: string): number | undefined {
  const { O_CREAT, O_RDWR, O_NOFOLLOW } = fs.constants;
  let fd: number | undefined;
  try {
    fd = fs.openSync(path, O_CREAT | O_RDWR | O_NOFOLLOW, 0o640);
    const missing = SPARE_BYTES - fs.fstatSync(fd).size;
    if (missing > 0) writeAt(fd, new Uint8Array(missing), SPARE_BYTES - missing);
    fs.fsyncSync(fd);
    return fd;
  } catch (cause) {
    if (fd !== undefined) fs.closeSync(fd);
    if (isFull(cause)) return undefined;
    throw unwritable(path, cause);
  }
}

function endOf(lines: Uint8Array, path: string, empty: boolean): End {
  if (empty) return { seq: 0, prev: NO_PREVIOUS };
  const all = splitLines(lines);
  const newest = all.at(-1);
  // A damaged line in between keeps its place in the chain; verifying the trail names it.
  for (let back = 0; newest && back < all.length; back++) {
    const seq = seqOf(all[all.length - 1 - back] ?? newest);
    if (seq !== undefined) return { seq: seq + back, prev: hashLine(newest) };
  }
  throw unwritable(path, "its last records cannot be read");
}

function seqOf(line: Uint8Array): number | undefined {
  try {
    const record: unknown = JSON.parse(Buffer.from(line).toString("utf8"));
    if (typeof record !== "object" || record === null || !("seq" in record)) return undefined;
    return typeof record.seq === "number" ? record.seq : undefined;
  } catch {
    return undefined;
  }
}

function splitLines(bytes: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  for (let from = 0; from < bytes.length; ) {
    const end = bytes.indexOf(NEWLINE, from);
    if (end < 0) break;
    lines.push(bytes.subarray(from, end));
    from = end + 1;
  }
  return lines;
}

const lastLine = (bytes: Uint8Array): Uint8Array | undefined => splitLines(bytes).at(-1);

function readAt(fd: number, from: number, to: number): Uint8Array {
  const bytes = new Uint8Array(to - from);
  let got = 0;
  while (got < bytes.length) {
    const read = fs.readSync(fd, bytes, got, bytes.length - got, from + got);
    if (read === 0) break;
    got += read;
  }
  return bytes.subarray(0, got);
}

function writeAt(fd: number, bytes: Uint8Array, position: number): void {
  for (let at = 0; at < bytes.length; )
    at += fs.writeSync(fd, bytes, at, bytes.length - at, position + at);
}

const dataSync = (fd: number): Promise<void> =>
  new Promise((resolve, reject) =>
    fs.fdatasync(fd, (problem) => (problem ? reject(problem) : resolve())),
  );

const isFull = (thrown: unknown): boolean =>
  thrown instanceof Error &&
  "code" in thrown &&
  (thrown.code === "ENOSPC" || thrown.code === "EDQUOT");

function unwritable(path: string, cause: unknown): OobError {
  return new OobError(
    "AUDIT_UNWRITABLE",
    `Cannot write the audit trail "${path}": ${messageOf(cause)}`,
    {
      cause,
      hint: "Nothing disruptive is done without a trail: make room, or make the folder writable for oob",
    },
  );
}
