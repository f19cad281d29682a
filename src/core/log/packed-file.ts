import { closeSync, fstatSync, openSync, read, readSync } from "node:fs";
import { promisify } from "node:util";
import { gunzip, gunzipSync } from "node:zlib";
import { BGZF_BLOCK, BGZF_HEAD, bgzfLength } from "../../codec/bgzf.ts";

const readAt = promisify(read);
const unpack = promisify(gunzip);
/** zlib makes no more of a member than fits, whatever the member says of itself. */
const UNPACK = { maxOutputLength: BGZF_BLOCK };
const SIZE_BYTES = 4;

/** A block whose bytes cannot be had any more: the file was damaged. Those around it can. */
export class DamagedBlock extends Error {
  /** Where it begins and ends, in what was compressed. */
  readonly from: number;
  readonly to: number;

  constructor(from: number, to: number, cause: unknown) {
    super(`the compressed bytes ${from} to ${to} are damaged`, { cause });
    this.from = from;
    this.to = to;
  }
}

/** A compressed segment, open for reading from any place. */
export class PackedFile {
  readonly #fd: number;
  /** Where each member begins in the file, and the bytes of it begin in what was compressed; both have an end, too. */
  readonly #members: readonly number[];
  readonly #starts: readonly number[];
  #block: { readonly n: number; readonly bytes: Buffer } | undefined;

  /** Throws what the system says. A file that was cut off has the members that are whole. */
  constructor(path: string) {
    this.#fd = openSync(path, "r");
    try {
      const { members, starts } = findMembers(this.#fd);
      this.#members = members;
      this.#starts = starts;
    } catch (error) {
      closeSync(this.#fd);
      throw error;
    }
  }

  /** Bytes that were compressed. */
  get size(): number {
    return this.#starts.at(-1) ?? 0;
  }

  get changedAt(): number {
    return fstatSync(this.#fd).mtimeMs;
  }

  /** Reads from a position on, within one block: fewer bytes than asked for, none at the end. Throws DamagedBlock. */
  async read(into: Buffer, position: number): Promise<number> {
    const n = this.#blockAt(position);
    if (n < 0) return 0;
    if (this.#block?.n !== n) {
      const member = this.#room(n);
      const { bytesRead } = await readAt(this.#fd, member, 0, member.length, this.#members[n] ?? 0);
      this.#take(n, await unpack(member.subarray(0, bytesRead), UNPACK).catch(asThrown));
    }
    return this.#copy(into, position, n);
  }

  /** The same, at once: for the end of a log, which is a few blocks. */
  readSync(into: Buffer, position: number): number {
    const n = this.#blockAt(position);
    if (n < 0) return 0;
    if (this.#block?.n !== n) {
      const member = this.#room(n);
      const got = readSync(this.#fd, member, 0, member.length, this.#members[n] ?? 0);
      this.#take(n, unpackNow(member.subarray(0, got)));
    }
    return this.#copy(into, position, n);
  }

  close(): void {
    closeSync(this.#fd);
  }

  #room(n: number): Buffer {
    return Buffer.allocUnsafe((this.#members[n + 1] ?? 0) - (this.#members[n] ?? 0));
  }

  /** The block that has the byte at a position; -1: none has. */
  #blockAt(position: number): number {
    if (position < 0 || position >= this.size) return -1;
    let low = 0;
    let high = this.#starts.length - 2;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#starts[middle] ?? 0) <= position) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #take(n: number, bytes: Buffer | Error): void {
    const [from = 0, to = 0] = this.#starts.slice(n, n + 2);
    if (bytes instanceof Error || bytes.length !== to - from)
      throw new DamagedBlock(from, to, bytes instanceof Error ? bytes : undefined);
    this.#block = { n, bytes };
  }

  #copy(into: Buffer, position: number, n: number): number {
    return this.#block?.bytes.copy(into, 0, position - (this.#starts[n] ?? 0)) ?? 0;
  }
}

/** Goes through the heads: each says where the next one is, and before it stands how many bytes the member has. */
function findMembers(fd: number) {
  const members: number[] = [0];
  const starts: number[] = [0];
  const piece = Buffer.alloc(SIZE_BYTES + BGZF_HEAD);
  let at = 0;
  let start = 0;
  readFully(fd, piece.subarray(SIZE_BYTES), 0);
  for (;;) {
    const length = bgzfLength(piece.subarray(SIZE_BYTES));
    if (length === undefined) return { members, starts };
    piece.fill(0);
    const got = readFully(fd, piece, at + length - SIZE_BYTES);
    const bytes = piece.readUInt32LE(0);
    // Cut off, or no member of ours. Empty: the end.
    if (got < SIZE_BYTES || bytes === 0 || bytes > BGZF_BLOCK) return { members, starts };
    at += length;
    start += bytes;
    members.push(at);
    starts.push(start);
  }
}

function readFully(fd: number, into: Buffer, from: number): number {
  let filled = 0;
  while (filled < into.length) {
    const got = readSync(fd, into, filled, into.length - filled, from + filled);
    if (got === 0) break;
    filled += got;
  }
  return filled;
}

function unpackNow(member: Buffer): Buffer | Error {
  try {
    return gunzipSync(member, UNPACK);
  } catch (thrown) {
    return asThrown(thrown);
  }
}

const asThrown = (thrown: unknown): Error =>
  thrown instanceof Error ? thrown : new Error(String(thrown));
