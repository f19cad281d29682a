import { expect, it } from "vitest";
import { printable } from "../../src/lib/printable.ts";
import { safeJson } from "../../src/lib/safe-json.ts";

it("printable() lets marks pile up no higher than writing does, and keeps what stands behind them", () => {
  const marks = "\u0301".repeat(8);
  expect(printable(`e${marks}f`)).toBe(`e${marks}f`);
  expect(printable(`e${marks}\u0301\u0302f`)).toBe(`e${marks}…f`);
  expect(printable(`e${"\u0301".repeat(5000)}f`, 100)).toBe(`e${marks}…f`);
  expect(printable("a".repeat(200), 100)).toHaveLength(100);
});

it("safeJson() is JSON of the same value, without a letter that a terminal obeys or hides", () => {
  const value = { text: "\u009b2J\u202e\u{e0041}\u007f\u001b[c\u200bd" };
  const text = safeJson(value, 1);
  expect(text).toMatch(/^[\n -~]*$/);
  expect(JSON.parse(text)).toEqual(value);
});
