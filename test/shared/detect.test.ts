import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { createDetector } from "../../src/core/detect/create-detector.ts";
import type { Evidence } from "../../src/sdk/rule.ts";
import { shippedRules } from "../core/detect/shipped-rules.ts";
import { type Label, lineOf, type Outcome, type Score, scoreOf, tableOf } from "./detect-score.ts";
import { sharedFolder } from "./shared-folder.ts";

/** What must be reached, on all files and on the whole recordings alone. No false alarm is accepted at all. */
const BAR = {
  recall: 0.98,
  panics: 0.99,
  faults: 0.98,
  stuck: 0.92,
  macro: 0.95,
  classRight: 0.93,
};
const MAX_DELAY_BYTES = 512;
const SIZES = [1, 7, 64, 1000];
const RECORDED = "recorded here";
/** Its label marks the banner of GRUB's menu as the proof, 4 kB before "error: no such device". */
const PROOF_ELSEWHERE = new Set(["firmware/q-grub-missing-uuid.log"]);

const corpus = `${sharedFolder}/corpus`;
const labels: readonly Label[] = sharedFolder
  ? readFileSync(`${corpus}/labels.jsonl`, "utf8")
      .split("\n")
      .filter((line) => line.trim() !== "")
      .map((line) => JSON.parse(line))
  : [];
const scored = labels.filter((label) => !label.needs_time);
const bytesOf = (label: Label): Buffer => readFileSync(`${corpus}/${label.file}`);

function detect(bytes: Uint8Array, size: number) {
  const detector = createDetector(shippedRules);
  const events: Evidence[] = [];
  for (let at = 0; at < bytes.length; at += size)
    events.push(...detector.see(bytes.subarray(at, at + size), 0));
  return { events: [...events, ...detector.pending], opinion: detector.opinion };
}

/** A change of the text; latin1, so that one unit is one byte. */
type Change = (text: string) => string;

function outcomeOf(label: Label, change: Change): Outcome {
  const text = bytesOf(label).toString("latin1");
  const { events, opinion } = detect(Buffer.from(change(text), "latin1"), 65_536);
  const end = PROOF_ELSEWHERE.has(label.file) ? undefined : label.evidence_end;
  const proofEnd = end === undefined ? undefined : change(text.slice(0, end)).length;
  return { label, events, ...opinion, proofEnd };
}

function expectBars(score: Score): void {
  expect(score.falseAlarms).toEqual([]);
  expect(score.falseWarnings).toEqual([]);
  expect(score.overreach).toEqual([]);
  expect(score.delay99).toBeLessThanOrEqual(MAX_DELAY_BYTES);
  for (const [name, least] of Object.entries(BAR))
    expect(score[name as keyof typeof BAR], name).toBeGreaterThanOrEqual(least);
}

const lines =
  (insert: (line: string, i: number) => string): Change =>
  (text) =>
    text
      .split("\n")
      .map((line, i) => (line === "" ? line : insert(line, i)))
      .join("\n");

/** The same text as other console servers hand it over. */
const CHANGES: readonly [string, Change][] = [
  ["as recorded", (text) => text],
  ["CR LF", (text) => text.replace(/\r*\n/g, "\r\n")],
  ["LF alone", (text) => text.replaceAll("\r\n", "\n")],
  [
    "CR NUL, as telnet sends it",
    (text) => text.replace(/\r*\n/g, "\r\n").replace(/\r(?!\n)/g, "\r\0"),
  ],
  ["colours", lines((line) => `\x1b[0m\x1b[K${line}`)],
  [
    "server's time stamps",
    lines((line, i) => `[2025-03-03 04:05:${String(i % 60).padStart(2, "0")}] ${line}`),
  ],
  ["kernel levels", lines((line) => (/^\[ *\d+\.\d+\]/.test(line) ? `<6>${line}` : line))],
  ["7 bits, even parity", (text) => evenParity(text)],
  ["server's marks", (text) => withMarks(text)],
];

describe.skipIf(!sharedFolder)("labelled recordings (skipped without the shared folder)", () => {
  test.each(CHANGES)(
    "%s: every bar is reached, on all files and on whole recordings",
    (name, change) => {
      const outcomes = scored.map((label) => outcomeOf(label, change));
      const whole = outcomes.filter((one) => one.label.source.includes(RECORDED));
      const scores = [scoreOf(outcomes), scoreOf(whole)] as const;
      console.log(lineOf(name, scores[0]));
      console.log(lineOf(`${name}, ${RECORDED}`, scores[1]));
      if (name === "as recorded") console.log(tableOf(outcomes));
      for (const score of scores) expectBars(score);
    },
  );

  test("no result depends on how bytes are cut", () => {
    const differ: string[] = [];
    for (const label of labels) {
      const bytes = bytesOf(label);
      const whole = JSON.stringify(detect(bytes, bytes.length || 1));
      for (const size of SIZES)
        if (JSON.stringify(detect(bytes, size)) !== whole) differ.push(`${label.file} by ${size}`);
    }
    expect(differ).toEqual([]);
  });

  test("what was survived is told on the way", () => {
    const told = scored
      .filter((label) => label.must_events)
      .map((label) => ({ label, events: outcomeOf(label, (text) => text).events }));
    const missing = told.filter(
      ({ label, events }) => !events.some((event) => label.must_events?.includes(event.class)),
    );
    expect(missing.map(({ label }) => label.file)).toEqual([]);
  });
});

const EVEN = Uint8Array.from({ length: 256 }, (_, byte) => {
  const code = byte & 0x7f;
  const ones = code.toString(2).replaceAll("0", "").length;
  return ones % 2 ? code | 0x80 : code;
});

function evenParity(text: string): string {
  const bytes = Buffer.from(text, "latin1").map((byte) => EVEN[byte] ?? 0);
  return Buffer.from(bytes).toString("latin1");
}

function withMarks(text: string): string {
  const mark = "[-- MARK -- Mon Mar  3 04:00:00 2025]\r";
  return text
    .split("\n")
    .flatMap((line, i) => (i % 97 === 50 ? [line, mark] : [line]))
    .join("\n");
}
