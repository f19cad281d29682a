import { expect, test } from "vitest";
import { RunBook } from "../../../src/core/runbook/run-book.ts";

const clean = (text: string) => text.replaceAll("correct horse", "********");

test("text(): a secret that escape sequences take apart is left out, too", () => {
  const book = new RunBook(clean);
  const hands = book.hands();
  hands.text("log", "correct\x1b[0m horse; cor\x1b]0;t\x07rect ho\0rse; correct horse");
  expect(book.sections).toMatchObject([{ text: "********; ********; ********" }]);
});

test("all sections together stay below what a report is read with; what is left out is named", () => {
  const book = new RunBook(clean);
  const hands = book.hands("probes");
  const row = { path: "\u200b".repeat(1000) };
  for (let n = 0; n < 12; n++) hands.news(`paths ${n}`, Array(200).fill(row));
  hands.text("end", "short");
  expect(JSON.stringify(book.sections).length).toBeLessThan(5 * 1024 * 1024);
  expect(book.sections.at(-2)).toEqual({
    is: "text",
    part: "probes",
    title: "paths 11",
    text: "(left out: the report would be too large)",
  });
  expect(book.sections.at(-1)).toMatchObject({ title: "end", text: "short" });
});
