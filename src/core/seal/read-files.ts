import { closeSync, fstatSync, openSync, readSync, statSync } from "node:fs";

/** All that a file holds. */
export function readAll(fd: number): Buffer {
  return readFrom(fd, 0);
}

function readFrom(fd: number, from: number): Buffer {
  const bytes = Buffer.alloc(Math.max(0, fstatSync(fd).size - from));
  let filled = 0;
  while (filled < bytes.length) {
    const got = readSync(fd, bytes, filled, bytes.length - filled, from + filled);
    if (got === 0) break;
    filled += got;
  }
  return bytes.subarray(0, filled);
}

/** The size of a file; undefined where there is none. */
export const sizeOrNone = (path: string): number | undefined =>
  statSync(path, { throwIfNoEntry: false })?.size;

/** The last bytes of a file, at most `max`; undefined where there is none. */
export function readIfThere(
  path: string,
  max: number,
): { readonly size: number; readonly tail: Buffer } | undefined {
  let fd: number;
  try {
    fd = openSync(path, "r");
  } catch (thrown) {
    if (thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT") return undefined;
    throw thrown;
  }
  try {
    const { size } = fstatSync(fd);
    return { size, tail: readFrom(fd, Math.max(0, size - max)) };
  } finally {
    closeSync(fd);
  }
}
