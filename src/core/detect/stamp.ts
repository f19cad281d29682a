import type { RowBuffer } from "./row-buffer.ts";

/** A stamp is not longer than this. */
const MAX_STAMP_BYTES = 16;

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
