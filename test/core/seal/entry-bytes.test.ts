import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EntryBytes, entryValue } from "../../../src/core/seal/entry-bytes.ts";

const value = (before: Uint8Array, bytes: Uint8Array, head: Uint8Array) =>
  createHash("sha256").update(before).update(bytes).update(head).digest("hex");

describe("the value of an entry", () => {
  it("is that of its bytes, however many and however they came", () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.uint8Array({ minLength: 1900, maxLength: 2100, size: "max" }),
      fc.uint8Array({ minLength: 4000, maxLength: 4200, size: "max" }),
    );
    const fixed = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
    const entries = fc.array(fc.array(piece, { maxLength: 4 }), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(fixed(32), fixed(40), entries, (before, head, all) => {
        // One after the other: nothing of an entry is left for the next.
        const growing = new EntryBytes();
        for (const pieces of all) {
          // As a read buffer is: used again for the next piece.
          const shared = new Uint8Array(4200);
          for (const bytes of pieces) {
            shared.set(bytes);
            growing.add(before, shared.subarray(0, bytes.length));
          }
          const whole = Buffer.concat(pieces);
          expect(growing.length).toBe(whole.length);
          expect(entryValue(before, growing, head).toString("hex")).toBe(
            value(before, whole, head),
          );
          expect(entryValue(before, whole, head).toString("hex")).toBe(value(before, whole, head));
        }
      }),
      { numRuns: 60 },
    );
  });
});
