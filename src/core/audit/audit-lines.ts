import fs from "node:fs/promises";
import { concatBytes } from "../../lib/bytes.ts";
import { auditPaths, MAX_RECORD_BYTES, spareLines } from "./audit-file.ts";

const CHUNK_BYTES = 65_536;
const NEWLINE = 10;

interface AuditLine {
  readonly line: Uint8Array;
  /** Position after the line in the trail; undefined for a line that stands in the spare blocks. */
  readonly end: number | undefined;
  readonly spare: boolean;
}

/** Complete lines of a trail from a position on: those of the trail, then those that wait in the spare blocks. */
export async function* auditLines(dir: string, from: number): AsyncGenerator<AuditLine> {
  const paths = auditPaths(dir);
  yield* trailLines(paths.trail, from);
  const spare = await fs.readFile(paths.spare).catch(() => new Uint8Array(0));
  for (const line of cut(spareLines(spare)).lines) yield { line, end: undefined, spare: true };
}

async function* trailLines(path: string, from: number): AsyncGenerator<AuditLine> {
  const file = await fs.open(path, "r");
  try {
    let rest: Uint8Array = new Uint8Array(0);
    for (let at = from; ; ) {
      const chunk = new Uint8Array(CHUNK_BYTES);
      const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES, at);
      if (bytesRead === 0) return;
      const begin = at - rest.length;
      at += bytesRead;
      const { lines, left } = cut(concatBytes([rest, chunk.subarray(0, bytesRead)]));
      let end = begin;
      for (const line of lines) {
        end += line.length + 1;
        yield { line, end, spare: false };
      }
      // No record is longer: the rest of a damaged line is not gathered without limit.
      rest = left.length > 2 * MAX_RECORD_BYTES ? new Uint8Array(0) : left;
    }
  } finally {
    await file.close();
  }
}

function cut(bytes: Uint8Array): { lines: Uint8Array[]; left: Uint8Array } {
  const lines: Uint8Array[] = [];
  let used = 0;
  for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, used)) {
    lines.push(bytes.subarray(used, end));
    used = end + 1;
  }
  return { lines, left: bytes.subarray(used) };
}
