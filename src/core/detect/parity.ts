import type { RowBuffer } from "./row-buffer.ts";

/** A row shorter than this says nothing about parity. */
const SAMPLE_BYTES = 16;

/** BS, TAB, LF, CR, ESC. */
const CONTROLS_OF_TEXT = new Set([0x08, 0x09, 0x0a, 0x0d, 0x1b]);

/**
 * Looks at a few bytes of a row and of the chunk that goes on behind it: text with a parity bit has one of two set.
 */
export function hasHighBytes(
  row: RowBuffer,
  chunk: Uint8Array | undefined,
  from: number,
  length: number,
): boolean {
  const kept = row.length;
  const step = Math.max(1, length >> 4);
  let i = 0;
  for (; i < kept; i += step) if (row.at(i) >= 0x80) return true;
  if (!chunk) return false;
  for (; i < length; i += step) if ((chunk[from + i - kept] as number) >= 0x80) return true;
  return false;
}

/**
 * Whether bit 7 is a parity bit that the line settings left in: a 7E1, 7O1 or 7M1 sender read as 8N1. Then nearly
 * every byte has the same parity (or the bit itself), which neither UTF-8 nor an 8-bit code page has.
 */
export function hasParityBit(bytes: Uint8Array): boolean {
  if (bytes.length < SAMPLE_BYTES) return false;
  let high = 0;
  let even = 0;
  for (const byte of bytes) {
    // Text has few controls; the second bytes of UTF-8 letters look like them.
    if (byte >= 0x80 && (byte & 0x7f) < 0x20 && !CONTROLS_OF_TEXT.has(byte & 0x7f)) return false;
    if (byte >= 0x80) high++;
    if (isEven(byte)) even++;
  }
  const most = bytes.length * 0.95;
  if (high < bytes.length * 0.2) return false;
  return even >= most || bytes.length - even >= most || high >= most;
}

function isEven(byte: number): boolean {
  let folded = byte ^ (byte >> 4);
  folded ^= folded >> 2;
  return ((folded ^ (folded >> 1)) & 1) === 0;
}
