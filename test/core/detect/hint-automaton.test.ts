import fc from "fast-check";
import { expect, test } from "vitest";
import { buildAutomaton } from "../../../src/core/detect/hint-automaton.ts";
import { viewOf } from "./rows.ts";
import { shippedRules } from "./shipped-rules.ts";

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

test("the hints of the shipped rules fit a table of 64 kinds of bytes: one of 128 halves the speed", () => {
  expect(buildAutomaton([...new Set(shippedRules.flatMap((rule) => rule.hints))]).shift).toBe(6);
});
