import { gunzipSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BGZF_BLOCK, BGZF_END, bgzfLength, bgzfMember } from "../../src/codec/bgzf.ts";

/** Bytes that nothing makes smaller. */
function noise(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let state = 0x2545f491;
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}

describe("bgzfMember()", () => {
  it("makes a gzip file that says its length, whatever it holds", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), (bytes) => {
        const member = bgzfMember(gzipSync(bytes));
        expect(bgzfLength(member)).toBe(member.length);
        expect(gunzipSync(Buffer.concat([member, BGZF_END])).equals(bytes)).toBe(true);
      }),
    );
  });

  it("holds a block of bytes that nothing makes smaller", () => {
    for (const bytes of [noise(BGZF_BLOCK), Buffer.alloc(BGZF_BLOCK)]) {
      const member = bgzfMember(gzipSync(bytes));
      expect(member.length).toBeLessThanOrEqual(1 << 16);
      expect(gunzipSync(member).equals(bytes)).toBe(true);
    }
  });

  it("refuses what is too long, and a head with fields of its own", () => {
    expect(() => bgzfMember(gzipSync(noise(1 << 17)))).toThrow(RangeError);
    expect(() => bgzfMember(BGZF_END)).toThrow(RangeError);
  });
});

describe("bgzfLength()", () => {
  it("knows the end of a file, and never takes anything else for a member", () => {
    expect(bgzfLength(BGZF_END)).toBe(28);
    expect(bgzfLength(gzipSync("plain gzip, twenty bytes at least"))).toBeUndefined();
    expect(bgzfLength(BGZF_END.subarray(0, 17))).toBeUndefined();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const length = bgzfLength(bytes);
        expect(length === undefined || length >= 26).toBe(true);
      }),
    );
  });
});
