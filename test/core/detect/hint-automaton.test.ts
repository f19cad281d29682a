import fc from "fast-check";
import { expect, test } from "vitest";
import { viewOf } from "./rows.ts";

test("buildAutomaton() finds every hint that indexOf() finds, overlapping ones included", () => {
  const letters = fc.string({
    unit: fc.constantFrom("a", "b", "c", " "),
    minLength: 1,
    maxLength: 5,
  });
  const hints = fc.uniqueArray(letters, { minLength: 1, maxLength: 8 });
  const text = fc.string({ unit: fc.constantFrom("a", "B", "c", "d", " "), maxLength: 200 });
  fc.assert(
    fc.property(hints, text, (some, row) => {
      const expected = some.flatMap((hint) =>
        [...Array(row.length).keys()]
          .filter((at) => row.toLowerCase().startsWith(hint, at))
          .map((at) => `${hint}@${at + hint.length}`),
      );
      const found = viewOf(row, some).hits.map((hit) => hit.replace(/ in .*$/s, ""));
      expect(found.sort()).toEqual(expected.sort());
    }),
  );
});
