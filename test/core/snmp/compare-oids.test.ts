import fc from "fast-check";
import { expect, test } from "vitest";
import { compareOids as plain } from "../../../mocks/oid-order.ts";
import { compareOids } from "../../../src/core/snmp/snmp-wire.ts";

const oid = fc
  .array(fc.constantFrom(0, 1, 2, 9, 10, 11, 19, 99, 100, 4294967295), {
    minLength: 1,
    maxLength: 6,
  })
  .map((arcs) => arcs.join("."));

test("compareOids() orders as arcs are ordered, one by one and as numbers", () => {
  fc.assert(
    fc.property(oid, oid, (one, other) => {
      expect(Math.sign(compareOids(one, other))).toBe(plain(one, other));
    }),
    { numRuns: 2000 },
  );
});
