import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { createDetector } from "../../src/core/detect/create-detector.ts";
import type { Evidence } from "../../src/sdk/rule.ts";
import { shippedRules } from "../core/detect/shipped-rules.ts";
import { sharedFolder } from "./shared-folder.ts";

/** A line of the corpus' labels, as far as it is scored here; corpus/README.md names the fields. */
interface Label {
  readonly file: string;
  readonly os: string;
  readonly expect: string;
  readonly also?: readonly string[];
  readonly must_not_act: boolean;
  readonly needs_time?: boolean;
}

interface Outcome {
  readonly label: Label;
  readonly events: readonly Evidence[];
  readonly state: string;
  readonly class: string;
  readonly acts: boolean;
}

/** Floors, a little below what was reached; no false alarm is accepted at all. */
const FLOOR = { recall: 0.99, classRight: 0.98, state: 0.95 };

const corpus = `${sharedFolder}/corpus`;
const labels: readonly Label[] = sharedFolder
  ? readFileSync(`${corpus}/labels.jsonl`, "utf8")
      .split("\n")
      .filter((line) => line.trim() !== "")
      .map((line) => JSON.parse(line))
  : [];
const bytesOf = (label: Label): Buffer => readFileSync(`${corpus}/${label.file}`);

function detect(bytes: Uint8Array, size: number) {
  const detector = createDetector(shippedRules);
  const events: Evidence[] = [];
  for (let at = 0; at < bytes.length; at += size)
    events.push(...detector.see(bytes.subarray(at, at + size), 0));
  return { events: [...events, ...detector.pending], opinion: detector.opinion };
}

function outcomeOf(label: Label, bytes: Buffer = bytesOf(label)): Outcome {
  const { events, opinion } = detect(bytes, 65_536);
  const acts = opinion.action === "confirm" || opinion.action === "recover";
  return { label, events, state: opinion.state, class: opinion.class, acts };
}

function isClassRight({ label, events, class: kind }: Outcome): boolean {
  const right = new Set([label.expect.split(":")[1], ...(label.also ?? [])]);
  return right.has(kind) || events.some((event) => right.has(event.class));
}

const share = (part: readonly unknown[], whole: readonly unknown[]) =>
  part.length / Math.max(1, whole.length);

function table(outcomes: readonly Outcome[]): string {
  const rows = new Map<string, Outcome[]>();
  for (const outcome of outcomes) {
    const { must_not_act, expect: wanted } = outcome.label;
    const row = must_not_act ? `must not act: ${wanted.split(":")[0]}` : wanted;
    rows.set(row, [...(rows.get(row) ?? []), outcome]);
  }
  return [...rows]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([row, of]) => {
      const acted = of.filter((one) => one.acts);
      const right = of.filter(isClassRight);
      return `${row.padEnd(32)} acts ${acted.length}/${of.length}  class right ${right.length}`;
    })
    .join("\n");
}

const names = (outcomes: readonly Outcome[]) => outcomes.map((one) => one.label.file);

describe.skipIf(!sharedFolder)("labelled recordings (skipped without the shared folder)", () => {
  const scored = labels.filter((label) => !label.needs_time);

  test("no healthy, warned or busy host would be probed or cut; what died is seen", () => {
    const outcomes = scored.map((label) => outcomeOf(label));
    console.log(table(outcomes));
    const due = outcomes.filter((one) => !one.label.must_not_act);
    const acted = due.filter((one) => one.acts);
    expect(names(outcomes.filter((one) => one.label.must_not_act && one.acts))).toEqual([]);
    expect(share(acted, due)).toBeGreaterThanOrEqual(FLOOR.recall);
    expect(share(acted.filter(isClassRight), acted)).toBeGreaterThanOrEqual(FLOOR.classRight);
    const stateRight = outcomes.filter((one) => one.label.expect.startsWith(`${one.state}:`));
    expect(share(stateRight, outcomes)).toBeGreaterThanOrEqual(FLOOR.state);
  });

  test("results do not depend on how bytes are cut", () => {
    const differ: string[] = [];
    for (const label of labels) {
      const bytes = bytesOf(label);
      if (bytes.length > 60_000) continue;
      const whole = JSON.stringify(detect(bytes, bytes.length || 1));
      for (const size of [1, 7, 64, 1000])
        if (JSON.stringify(detect(bytes, size)) !== whole) differ.push(`${label.file} by ${size}`);
    }
    expect(differ).toEqual([]);
  });

  // The same text as other console servers hand it over: latin1, so that one unit is one byte.
  test.each<[string, (text: string) => string]>([
    ["CR LF", (text) => text.replace(/\r*\n/g, "\r\n")],
    ["LF alone", (text) => text.replaceAll("\r\n", "\n")],
    ["colours", (text) => text.replace(/^(?=.)/gm, "\x1b[0m\x1b[K")],
    ["server's time stamps", (text) => text.replace(/^(?=.)/gm, "[2025-03-03 04:05:06] ")],
    ["kernel levels", (text) => text.replace(/^(?=\[ *\d+\.\d+\])/gm, "<6>")],
    ["7 bits, even parity", (text) => text.replace(/./gs, evenParity)],
  ])("%s: still no false alarm, and as much is seen", (_name, change) => {
    const outcomes = scored.map((label) =>
      outcomeOf(label, Buffer.from(change(bytesOf(label).toString("latin1")), "latin1")),
    );
    const due = outcomes.filter((one) => !one.label.must_not_act);
    expect(names(outcomes.filter((one) => one.label.must_not_act && one.acts))).toEqual([]);
    expect(
      share(
        due.filter((one) => one.acts),
        due,
      ),
    ).toBeGreaterThanOrEqual(FLOOR.recall);
  });
});

function evenParity(letter: string): string {
  const code = letter.charCodeAt(0) & 0x7f;
  const ones = code.toString(2).replaceAll("0", "").length;
  return String.fromCharCode(ones % 2 ? code | 0x80 : code);
}
