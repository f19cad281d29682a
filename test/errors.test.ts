import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ERROR_CODES } from "../src/lib/errors.ts";

const page = readFileSync(new URL("../docs/errors.md", import.meta.url), "utf8");
const paragraphs = new Map(
  page
    .split(/^## /m)
    .slice(1)
    .map((part) => {
      const [code = "", ...text] = part.split("\n");
      return [code.trim(), text.join("\n").trim()] as const;
    }),
);

test("docs/errors.md has a paragraph for every error code, and for nothing else", () => {
  expect([...paragraphs.keys()]).toEqual([...ERROR_CODES]);
});

test.each(ERROR_CODES)("docs/errors.md says of %s what it means and what to do", (code) => {
  const text = paragraphs.get(code) ?? "";
  expect(text).toMatch(/\*\*What to do:\*\*/);
  expect(text.length).toBeGreaterThan(80);
});
