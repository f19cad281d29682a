import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeFrame, type Frame, FrameReader } from "../../src/daemon/frames.ts";

const MAX = 64 * 1024;

/** Feeds bytes in pieces of the given lengths, the rest at the end. */
function feed(bytes: Uint8Array, cuts: readonly number[]): Frame[] {
  const reader = new FrameReader(MAX);
  const frames: Frame[] = [];
  let at = 0;
  for (const cut of [...cuts, bytes.length]) {
    const piece = bytes.subarray(at, Math.min(bytes.length, at + cut));
    at += piece.length;
    for (const frame of reader.push(piece)) frames.push(frame);
  }
  return frames;
}

const message = fc.record({
  head: fc.dictionary(fc.string(), fc.jsonValue()).map((head) => ({ ...head, is: "x" })),
  bytes: fc.option(fc.uint8Array({ minLength: 1, maxLength: 2000 }), { nil: undefined }),
});

describe("FrameReader", () => {
  test("gives back what encodeFrame() was given, however it is cut", () => {
    fc.assert(
      fc.property(fc.array(message), fc.array(fc.nat(300)), (messages, cuts) => {
        const wire = Buffer.concat(messages.map(({ head, bytes }) => encodeFrame(head, bytes)));
        const frames = feed(wire, cuts);
        expect(frames).toEqual(
          messages.map(({ head, bytes }) => ({ head: JSON.parse(JSON.stringify(head)), bytes })),
        );
      }),
    );
  });

  test("ends in an error or waits, whatever the bytes, and holds no more than a frame", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), fc.array(fc.nat(50)), (noise, cuts) => {
        try {
          feed(noise, cuts);
        } catch (thrown) {
          expect(thrown).toMatchObject({ code: "DAEMON_UNREACHABLE" });
        }
      }),
    );
  });

  test("refuses a frame above its limit before it arrives", () => {
    const reader = new FrameReader(1000);
    const prefix = Buffer.alloc(4);
    prefix.writeUInt32BE(1001, 0);
    expect(() => [...reader.push(prefix)]).toThrow(/bad length/);
  });
});
