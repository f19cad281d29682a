import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { createDetector } from "../../src/core/detect/create-detector.ts";
import { utf8 } from "../../src/lib/bytes.ts";
import { shippedRules } from "../core/detect/shipped-rules.ts";

/** Headings of words.txt, each with its lines. */
const groups = readFileSync(`${import.meta.dirname}/words.txt`, "utf8")
  .split("\n## ")
  .slice(1)
  .map((group) => {
    const [wanted = "", ...lines] = group.split("\n");
    return { wanted, lines: lines.filter((line) => line !== "") };
  });

const textOf = (line: string) =>
  `${line.replaceAll(" | | ", "\r\n\r\n").replaceAll(" | ", "\r\n")}${line.endsWith(" ") ? "" : "\r\n"}`;

function opinionOf(text: string): string[] {
  const detector = createDetector(shippedRules);
  detector.see(utf8(text), 0);
  const { state, action, class: kind } = detector.opinion;
  return [state, action, kind];
}

describe.each(groups)("$wanted", ({ wanted, lines }) => {
  test.each(lines)("%s", (line) => {
    expect(opinionOf(textOf(line))).toEqual(expect.arrayContaining(wanted.split(" ")));
  });
});

const acts = groups
  .filter(({ wanted }) => /confirm|recover/.test(wanted))
  .flatMap(({ lines }) => lines);

test.each([
  ["indented", (line: string) => `    ${line}`],
  ["in a mail", (line: string) => `> ${line}`],
  ["in the middle of a sentence", (line: string) => `see the words ${line}`],
  ["found by grep", (line: string) => `notes/crash.txt:12:${line}`],
  ["in a string", (line: string) => `  log("${line}");`],
])("%s, none of these asks for a cut", (name, quote) => {
  // Behind the kernel's own stamp a message may begin anywhere: it breaks into prompts and other lines.
  const plain = acts.filter((line) => name === "found by grep" || !/\[ *\d+\.\d+\]/.test(line));
  const wrong = plain.filter((line) => {
    const text = textOf(line.split(" | ").map(quote).join(" | ").trimEnd());
    return opinionOf(text).includes("recover");
  });
  expect(wrong).toEqual([]);
});
