/** The bytes of a segment for reading, whether its file is as it was written (`.raw`) or compressed (`.raw.gz`). */
import { closeSync, existsSync, fstatSync, openSync, readSync, statSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import type { Millis } from "../../lib/clock.ts";
import { DamagedBlock, PackedFile } from "./packed-file.ts";

/** Endings of a segment's bytes. Where both are there, the first is whole, and the second may be another try. */
export const PLAIN = ".raw";
export const PACKED = ".raw.gz";

/** The segment's bytes are there compressed, and only so. */
export function isPacked(folder: string, stem: string): boolean {
  return !existsSync(join(folder, stem + PLAIN)) && existsSync(join(folder, stem + PACKED));
}

/** The file that holds a segment's bytes. */
export const rawPath = (folder: string, stem: string): string =>
  join(folder, stem + (isPacked(folder, stem) ? PACKED : PLAIN));

/** An open segment. A plain one may grow while it is read. */
export class RawFile {
  readonly #file: FileHandle | PackedFile;

  private constructor(file: FileHandle | PackedFile) {
    this.#file = file;
  }

  /** Throws what the system says. */
  static async open(folder: string, stem: string): Promise<RawFile> {
    try {
      return new RawFile(await open(join(folder, stem + PLAIN), "r"));
    } catch (thrown) {
      // In this order: it is compressed before the plain one goes.
      if (isGone(thrown) && isPacked(folder, stem))
        return new RawFile(new PackedFile(join(folder, stem + PACKED)));
      throw thrown;
    }
  }

  async stat(): Promise<{ readonly size: number; readonly changedAt: Millis }> {
    const file = this.#file;
    if (file instanceof PackedFile) return { size: file.size, changedAt: file.changedAt };
    const { size, mtimeMs } = await file.stat();
    return { size, changedAt: mtimeMs };
  }

  /** Reads from a position on; maybe fewer bytes than asked for, none at the end. Throws DamagedBlock. */
  async read(into: Buffer, position: number): Promise<number> {
    const file = this.#file;
    if (file instanceof PackedFile) return file.read(into, position);
    return (await file.read(into, 0, into.length, position)).bytesRead;
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

/** How many bytes a segment has, and when the last of them came. Throws what the system says. */
export function rawFacts(
  folder: string,
  stem: string,
): { readonly size: number; readonly mtimeMs: Millis } {
  try {
    return statSync(join(folder, stem + PLAIN));
  } catch (thrown) {
    if (!isGone(thrown) || !isPacked(folder, stem)) throw thrown;
    return packed(folder, stem, ({ size, changedAt }) => ({ size, mtimeMs: changedAt }));
  }
}

/** The last bytes of a segment, at most `max`. What is damaged there is left out, and what is before it. */
export function rawEnd(folder: string, stem: string, max: number): Buffer {
  let fd: number;
  try {
    fd = openSync(join(folder, stem + PLAIN), "r");
  } catch (thrown) {
    if (!isGone(thrown) || !isPacked(folder, stem)) throw thrown;
    return packed(folder, stem, (file) => endOf(file.size, max, (...at) => file.readSync(...at)));
  }
  try {
    const { size } = fstatSync(fd);
    return endOf(size, max, (into, at) => readSync(fd, into, 0, into.length, at));
  } finally {
    closeSync(fd);
  }
}

function packed<T>(folder: string, stem: string, work: (file: PackedFile) => T): T {
  const file = new PackedFile(join(folder, stem + PACKED));
  try {
    return work(file);
  } finally {
    file.close();
  }
}

function endOf(size: number, max: number, readAt: (into: Buffer, at: number) => number): Buffer {
  let bytes = Buffer.alloc(Math.min(max, size));
  let filled = 0;
  while (filled < bytes.length) {
    try {
      const got = readAt(bytes.subarray(filled), size - bytes.length + filled);
      if (got === 0) break;
      filled += got;
    } catch (thrown) {
      if (!(thrown instanceof DamagedBlock)) throw thrown;
      bytes = Buffer.alloc(size - thrown.to);
      filled = 0;
    }
  }
  return bytes.subarray(0, filled);
}

const isGone = (thrown: unknown): boolean =>
  thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT";
