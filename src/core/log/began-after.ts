import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import type { Millis } from "../../lib/clock.ts";
import { stemTime } from "./log-folder.ts";
import { BLOCK, nextRecordStart, readRecord } from "./log-index.ts";
import { headOf } from "./log-recovery.ts";

/** Of the end of an index: a few records, however long they are. */
const END_BYTES = 200 * BLOCK;

/**
 * Whether all of a segment came after a time. Its name alone does not tell: behind one that began while the clock was
 * ahead, all have names that are ahead as well, also once the clock was put right.
 */
export function beganAfter(folder: string, stem: string, time: Millis): boolean {
  const named = stemTime(stem);
  if (named <= time) return false;
  let index: number;
  try {
    index = openSync(join(folder, `${stem}.idx`), "r");
  } catch {
    return true;
  }
  try {
    const began = headOf(index)?.at ?? named;
    // The other way round: the clock was put back meanwhile, and some of it may have come at any time.
    return began > time && (lastTime(index) ?? began) >= began;
  } finally {
    closeSync(index);
  }
}

/** When the last bytes or marks of an index came, as far as that can be told. */
function lastTime(index: number): Millis | undefined {
  const { size } = fstatSync(index);
  const from = Math.max(0, Math.floor((size - END_BYTES) / BLOCK) * BLOCK);
  const end = Buffer.alloc(END_BYTES + BLOCK);
  const got = end.subarray(0, readSync(index, end, 0, end.length, from));
  let last: Millis | undefined;
  for (let read = readRecord(got, nextRecordStart(got, 0)); read; read = readRecord(got, read.next))
    last = read.record.at;
  return last;
}
