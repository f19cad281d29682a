import fs from "node:fs";
import { mkdir, open, rename } from "node:fs/promises";
import { dirname } from "node:path";

/** Replaces a file so that a kill leaves the old or the new one, never half of it. */
export function replaceFile(path: string, text: string): void {
  fs.mkdirSync(dirname(path), { recursive: true, mode: 0o750 });
  const fresh = `${path}.${process.pid}.new`;
  const fd = fs.openSync(fresh, "w", 0o640);
  try {
    fs.writeFileSync(fd, text);
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
  fs.renameSync(fresh, path);
  const folder = fs.openSync(dirname(path), "r");
  try {
    fs.fsyncSync(folder);
  } finally {
    fs.closeSync(folder);
  }
}

/** The same without holding anybody up; without `mode` only its owner reads it. One at a time for each path. */
export async function replaceFileAside(
  path: string,
  pieces: readonly Buffer[],
  mode = 0o600,
): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o750 });
  const fresh = `${path}.new`;
  const file = await open(fresh, "w", mode);
  try {
    const size = pieces.reduce((sum, piece) => sum + piece.length, 0);
    const { bytesWritten } = await file.writev(pieces);
    if (bytesWritten < size) throw new Error(`${bytesWritten} of ${size} bytes were written`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(fresh, path);
}
