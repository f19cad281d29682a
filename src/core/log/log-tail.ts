import { closeSync, fstatSync, openSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import { listSegments } from "./log-folder.ts";

/** Last bytes of a log, at most `max`, over as many segments as that takes. */
export function readTail(folder: string, max: number): Buffer {
  const parts: Buffer[] = [];
  let left = max;
  for (const stem of listSegments(folder).reverse()) {
    if (left <= 0) break;
    const part = readEnd(join(folder, `${stem}.raw`), left);
    parts.unshift(part);
    left -= part.length;
  }
  return Buffer.concat(parts);
}

/** Size of a segment's file. */
export function sizeOf(path: string): number {
  return statSync(path).size;
}

function readEnd(path: string, max: number): Buffer {
  const fd = openSync(path, "r");
  try {
    const size = fstatSync(fd).size;
    const bytes = Buffer.alloc(Math.min(max, size));
    let filled = 0;
    while (filled < bytes.length) {
      const got = readSync(fd, bytes, filled, bytes.length - filled, size - bytes.length + filled);
      if (got === 0) break;
      filled += got;
    }
    return bytes.subarray(0, filled);
  } finally {
    closeSync(fd);
  }
}
