import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import type { Moment } from "./log-index.ts";
import { recoverIndex } from "./log-recovery.ts";
import { rawFacts } from "./raw-file.ts";

/** Place in the stream at which a compressed segment ends, as its index has it. Changes nothing. */
export function packedEnd(folder: string, stem: string, now: Moment): number {
  const raw = rawFacts(folder, stem);
  let index: number;
  try {
    index = openSync(join(folder, `${stem}.idx`), "r");
  } catch {
    // As where an index is lost: nobody knows what was before, and the console is logged all the same.
    return raw.size;
  }
  try {
    return recoverIndex(index, raw, 0, () => 0, now).offset;
  } finally {
    closeSync(index);
  }
}
