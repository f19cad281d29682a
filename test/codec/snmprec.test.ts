import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatRecorded, parseRecording, type RecordedObject } from "../../src/codec/snmprec.ts";

const arc = fc.nat(2 ** 32 - 1);
const oid = fc.array(arc, { maxLength: 12 }).map((arcs) => ["1.3", ...arcs].join("."));
const object: fc.Arbitrary<RecordedObject> = fc.oneof(
  fc.record({ oid, type: fc.constant(2), value: fc.integer() }),
  fc.record({ oid, type: fc.constantFrom(65, 66, 67), value: fc.nat() }),
  fc.record({ oid, type: fc.constantFrom(4, 68), value: fc.uint8Array({ maxLength: 60 }) }),
  fc.record({ oid, type: fc.constant(6), value: oid }),
  fc.record({ oid, type: fc.constant(64), value: fc.ipV4() }),
  fc.record({
    ...{ oid, type: fc.constant(70) },
    value: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String),
  }),
  fc.record({ oid, type: fc.constant(5), value: fc.constant("") }),
);

describe("recordings", () => {
  test("what was written is read again, whatever the octets", () => {
    fc.assert(
      fc.property(fc.array(object, { maxLength: 8 }), (objects) => {
        const text = objects.map((one) => `${formatRecorded(one)}\n`).join("");
        expect(parseRecording(text)).toEqual(objects);
      }),
    );
  });

  test("whatever the text, objects or nothing come of it", () => {
    const noise = fc.array(fc.constantFrom("1.3", ".", "|", "4", "x", "2", "70", "\n", "é", "-"));
    fc.assert(
      fc.property(
        fc.oneof(
          noise.map((all) => all.join("")),
          fc.string(),
        ),
        (text) => {
          const found = parseRecording(text);
          expect(parseRecording(found.map((one) => `${formatRecorded(one)}\n`).join(""))).toEqual(
            found,
          );
        },
      ),
    );
  });

  test.each([
    ["1.3.6.1|4x|666f6f", Buffer.from("foo")],
    [".1.3.6.1|4|a|b", Buffer.from("a|b")],
    ["1.3.6.1|2|-1", -1],
    ["1.3.6.1|66x|3132", 12],
  ])("%s", (line, value) => {
    const [only] = parseRecording(line);
    const seen = only?.value;
    expect(seen instanceof Uint8Array ? Buffer.from(seen) : seen).toEqual(value);
  });

  test.each(["", "1.3.6.1", "1.3.6.1|2|x", "1.3.6.1|4x|6", "9.3|2|1", "1.3.6.1|64|1.2.3.400"])(
    "%j is none",
    (line) => {
      expect(parseRecording(line)).toEqual([]);
    },
  );

  test("a line of the greatest length is read and written, or is none", () => {
    const value = "9".repeat(139_900);
    expect(parseRecording(`1.3.6|2|${value}`)).toEqual([]);
    const found = parseRecording(`1.3.6|4|${value}`);
    expect(found.map(formatRecorded)).toEqual([`1.3.6|4|${value}`]);
  });
});
