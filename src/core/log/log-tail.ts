import { listSegments } from "./log-folder.ts";
import { rawEnd } from "./raw-file.ts";

/** Last bytes of a log, at most `max`, over as many segments as that takes. */
export function readTail(folder: string, max: number): Buffer {
  const parts: Buffer[] = [];
  let left = max;
  for (const stem of listSegments(folder).reverse()) {
    if (left <= 0) break;
    const part = rawEnd(folder, stem, left);
    parts.unshift(part);
    left -= part.length;
  }
  return Buffer.concat(parts);
}
