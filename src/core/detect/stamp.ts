/** A stamp is not longer than this. */
const MAX_STAMP_BYTES = 16;

/** The seconds of `[ 1234.567890]`, read without making a string: it is asked for every row that begins so. */
export function stampOf(at: (index: number) => number, length: number): number | undefined {
  let seconds = -1;
  for (let i = 1; i < Math.min(length, MAX_STAMP_BYTES); i++) {
    const byte = at(i);
    if (byte === 0x2e && seconds >= 0) return seconds;
    if (byte >= 0x30 && byte <= 0x39) seconds = Math.max(0, seconds) * 10 + byte - 0x30;
    else if (byte !== 0x20 || seconds >= 0) return undefined;
  }
  return undefined;
}
