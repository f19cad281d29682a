import { expect, test } from "vitest";
import { wrapPieces } from "../../src/cli/wrap.ts";

const texts = (...given: Parameters<typeof wrapPieces>) =>
  wrapPieces(...given).map((line) =>
    line.map((piece) => (typeof piece === "string" ? piece : `<${piece.text}>`)).join(""),
  );

test("wrapPieces() breaks between words, goes on indented, and keeps the looks", () => {
  const line = [
    "12:00 web1  ",
    "the device took the command ",
    { text: "✗ failed", style: "red" },
  ] as const;
  expect(texts(line, 100)).toEqual(["12:00 web1  the device took the command <✗ failed>"]);
  expect(texts(line, 30)).toEqual(["12:00 web1  the device took", "     the command <✗>< failed>"]);
  expect(texts(line, undefined)).toHaveLength(1);
});

test("wrapPieces() leaves a word alone that fits no line, and fits each line that it makes", () => {
  expect(texts(["see ", "x".repeat(60), " there"], 30)).toEqual([
    "see ",
    `     ${"x".repeat(60)}`,
    "     there",
  ]);
  for (const line of texts(["word ".repeat(50)], 33)) expect(line.length).toBeLessThanOrEqual(34);
});
