/**
 * BGZF, "blocked gzip" (SAM specification, section 4.1): a gzip file whose members are small and say how long they are,
 * so that a reader gets at any place without what is before it. zcat, zgrep and bgzip open it.
 *
 *   member: gzip head (10 bytes, FEXTRA set)  6 "extra" length  "B" "C" 2 0  length of the member less 1  deflate, CRC, size
 *   the last member is empty, always the same 28 bytes: a file without it was cut off
 */

/** Bytes that a member takes at most: whatever they are, it stays within 64 KiB. */
export const BGZF_BLOCK = 0xff00;
/** Bytes of a member before its deflated data. */
export const BGZF_HEAD = 18;
/** Bytes behind them: CRC and size. */
export const BGZF_TAIL = 8;
/** The member that ends a file. */
export const BGZF_END: Uint8Array = Uint8Array.from([
  ...[0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0xff, 6, 0, 0x42, 0x43, 2, 0, 0x1b, 0, 3, 0],
  ...[0, 0, 0, 0, 0, 0, 0, 0],
]);

const GZIP_HEAD = 10;
const MAX_MEMBER = 1 << 16;

/** Makes a member of a plain gzip stream without optional fields, as zlib makes it of at most BGZF_BLOCK bytes. */
export function bgzfMember(gzip: Uint8Array): Uint8Array {
  const length = gzip.length + BGZF_HEAD - GZIP_HEAD;
  if (gzip[3] !== 0 || length > MAX_MEMBER) throw new RangeError("no gzip stream of one block");
  const member = new Uint8Array(length);
  member.set(BGZF_END.subarray(0, BGZF_HEAD));
  member.set(gzip.subarray(GZIP_HEAD), BGZF_HEAD);
  member[16] = (length - 1) & 0xff;
  member[17] = (length - 1) >> 8;
  return member;
}

/** Length of the member that begins with these bytes; undefined where they begin none. */
export function bgzfLength(head: Uint8Array): number | undefined {
  if (head.length < BGZF_HEAD) return undefined;
  for (let at = 0; at < 16; at++) {
    // Time, flags and system may be anything.
    if ((at < 4 || at >= GZIP_HEAD) && head[at] !== BGZF_END[at]) return undefined;
  }
  const length = (head[16] ?? 0) + ((head[17] ?? 0) << 8) + 1;
  return length < BGZF_HEAD + BGZF_TAIL ? undefined : length;
}
