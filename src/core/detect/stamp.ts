import type { RowBuffer } from "./row-buffer.ts";

/** A stamp is not longer than this. */
const MAX_STAMP_BYTES = 16;

/** "[   12.345678] " of a kernel, "[  OK  ] " of systemd: the row is a line of a log, and no prompt. */
export function beginsLogLine(
  row: RowBuffer,
  chunk: Uint8Array | undefined,
  from: number,
  length: number,
): boolean {
  const byteAt = (i: number) =>
    i < row.length ? row.at(i) : (chunk?.[from + i - row.length] ?? 0);
  if (length < 6 || byteAt(0) !== 0x5b) return false;
  let i = 1;
  while (i < 8 && byteAt(i) === 0x20) i++;
  if (i === 3 && byteAt(3) === 0x4f && byteAt(4) === 0x4b && byteAt(5) === 0x20) return true;
  const digits = i;
  while (i < MAX_STAMP_BYTES && byteAt(i) >= 0x30 && byteAt(i) <= 0x39) i++;
  return i > digits && byteAt(i) === 0x2e;
}

/**
 * The seconds of `[ 1234.567890]` at the beginning of a row and of the chunk that goes on behind it, read without
 * making anything: it is asked for every row that begins so.
 */
export function stampOf(
  row: RowBuffer,
  chunk: Uint8Array | undefined,
  from: number,
  length: number,
): number | undefined {
  let seconds = -1;
  for (let i = 1; i < Math.min(length, MAX_STAMP_BYTES); i++) {
    const byte = i < row.length ? row.at(i) : (chunk?.[from + i - row.length] ?? 0);
    if (byte === 0x2e && seconds >= 0) return seconds;
    if (byte >= 0x30 && byte <= 0x39) seconds = Math.max(0, seconds) * 10 + byte - 0x30;
    else if (byte !== 0x20 || seconds >= 0) return undefined;
  }
  return undefined;
}
