/**
 * Compresses an ended segment, so that one whole copy of its bytes is there at every moment:
 *
 *   .raw read once, hashed ─► .raw.gz.new, on the disk ─► read back, same hash ─► renamed to .raw.gz, the name on the disk
 *     ─► .raw removed                       a crash leaves .raw until the end; whatever else is there is begun anew
 *
 * What is sealed is what was compressed: timeline and index stay as they are.
 */
import { createHash } from "node:crypto";
import { type FileHandle, lstat, open, rename, rm, utimes } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { BGZF_BLOCK, BGZF_END, bgzfMember } from "../../codec/bgzf.ts";
import { syncNames } from "../../lib/sync-names.ts";
import { LOG_FILE_MODE } from "./log-folder.ts";
import { PackedFile } from "./packed-file.ts";
import { PACKED, PLAIN } from "./raw-file.ts";

const deflate = promisify(gzip);

/** A file that is being made; what a crash leaves of it is removed by the next try. */
export const UNFINISHED = ".new";

/** Waits a little between two blocks: consoles and people come first. Rejects where it is to stop. */
export type Rest = () => Promise<void>;

/** Bytes before and after. */
export interface Packed {
  readonly from: number;
  readonly to: number;
}

/** Compresses the segment, off the loop. Throws what the system says; then its bytes are as they were. */
export async function packSegment(folder: string, stem: string, rest: Rest): Promise<Packed> {
  const plain = join(folder, stem + PLAIN);
  const packed = join(folder, stem + PACKED);
  const fresh = packed + UNFINISHED;
  const before = await lstat(plain);
  if (!before.isFile()) throw new Error(`"${plain}" is no file`);
  await rm(fresh, { force: true });
  try {
    const written = await write(plain, fresh, rest);
    const found = await readBack(fresh, rest);
    const { size, mtimeMs, ino } = await lstat(plain);
    if (
      written !== found ||
      size !== before.size ||
      mtimeMs !== before.mtimeMs ||
      ino !== before.ino
    )
      throw new Error("what was compressed is not what stands there");
    await utimes(fresh, before.atime, before.mtime);
    await rename(fresh, packed);
    await syncNames(folder);
    await rm(plain);
    return { from: before.size, to: (await lstat(packed)).size };
  } finally {
    await rm(fresh, { force: true });
  }
}

/** Gives the hash of what was compressed. */
async function write(plain: string, fresh: string, rest: Rest): Promise<string> {
  const from = await open(plain, "r");
  try {
    const to = await open(fresh, "wx", LOG_FILE_MODE);
    try {
      const hash = createHash("sha256");
      for (let block = await readBlock(from); block.length > 0; block = await readBlock(from)) {
        hash.update(block);
        await writeAll(to, bgzfMember(await deflate(block)));
        await rest();
      }
      await writeAll(to, BGZF_END);
      await to.sync();
      return hash.digest("hex");
    } finally {
      await to.close();
    }
  } finally {
    await from.close();
  }
}

async function readBack(path: string, rest: Rest): Promise<string> {
  const file = new PackedFile(path);
  try {
    const hash = createHash("sha256");
    const into = Buffer.alloc(BGZF_BLOCK);
    for (let at = 0; ; ) {
      const got = await file.read(into, at);
      if (got === 0) return hash.digest("hex");
      hash.update(into.subarray(0, got));
      at += got;
      await rest();
    }
  } finally {
    file.close();
  }
}

/** As much as a block takes; less only at the end. */
async function readBlock(file: FileHandle): Promise<Buffer> {
  const block = Buffer.alloc(BGZF_BLOCK);
  let filled = 0;
  while (filled < block.length) {
    const { bytesRead } = await file.read(block, filled, block.length - filled, null);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return block.subarray(0, filled);
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; )
    at += (await file.write(bytes, at, bytes.length - at, null)).bytesWritten;
}
