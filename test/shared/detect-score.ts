import type { Evidence } from "../../src/sdk/rule.ts";

/** A line of the corpus' labels, as far as it is scored here; corpus/README.md names the fields. */
export interface Label {
  readonly file: string;
  readonly os: string;
  readonly source: string;
  readonly expect: string;
  readonly also?: readonly string[];
  readonly action: string;
  readonly must_not_act: boolean;
  readonly must_events?: readonly string[];
  readonly needs_time?: boolean;
  readonly evidence_end?: number;
}

/** What the detector said about one file. */
export interface Outcome {
  readonly label: Label;
  readonly events: readonly Evidence[];
  readonly state: string;
  readonly class: string;
  readonly action: string;
  /** Where the proof ends in the bytes that were played: a change of the text moves it. */
  readonly proofEnd: number | undefined;
}

/** The figures of issue "Judgement", in its words; shares of one, counts of files. */
export interface Score {
  readonly files: number;
  readonly recall: number;
  readonly panics: number;
  readonly faults: number;
  readonly stuck: number;
  readonly macro: number;
  readonly classRight: number;
  readonly delay99: number;
  readonly falseAlarms: readonly string[];
  readonly falseWarnings: readonly string[];
  readonly overreach: readonly string[];
}

const ACTS = new Set(["confirm", "recover"]);
const acted = (one: Outcome) => ACTS.has(one.action);

function isClassRight({ label, events, class: kind }: Outcome): boolean {
  const right = new Set([label.expect.split(":")[1], ...(label.also ?? [])]);
  return right.has(kind) || events.some((event) => right.has(event.class));
}

function grouped(list: readonly Outcome[], keyOf: (one: Outcome) => string) {
  const groups = new Map<string, Outcome[]>();
  for (const one of list) groups.set(keyOf(one), [...(groups.get(keyOf(one)) ?? []), one]);
  return groups;
}

const share = (part: number, whole: number) => (whole === 0 ? 1 : part / whole);
const recallOf = (due: readonly Outcome[]) => share(due.filter(acted).length, due.length);
const names = (outcomes: readonly Outcome[]) =>
  outcomes.map(({ label, action, class: kind }) => `${label.file}: ${kind} ${action}`);

/** Bytes from the end of the proof to the first event that calls for an act, 99th percentile. */
function delayOf(due: readonly Outcome[]): number {
  const delays = due
    .flatMap(({ events, proofEnd }) => {
      const seen = events.filter((event) => ACTS.has(event.action)).map(({ offset }) => offset);
      return seen.length > 0 && proofEnd !== undefined ? [Math.min(...seen) - proofEnd] : [];
    })
    .sort((a, b) => a - b);
  return delays[Math.min(delays.length - 1, Math.floor(0.99 * delays.length))] ?? 0;
}

/** Scores as the rig's score.py does. */
export function scoreOf(outcomes: readonly Outcome[]): Score {
  const due = outcomes.filter((one) => !one.label.must_not_act);
  const left = outcomes.filter((one) => one.label.must_not_act);
  const classes = [...grouped(due, (one) => one.label.expect).values()];
  const of = (test: (wanted: string) => boolean) => due.filter((one) => test(one.label.expect));
  const warned = (one: Outcome) => one.label.expect.startsWith("warning:");
  const over = ({ label, action }: Outcome) => action === "recover" && label.action !== "recover";
  return {
    files: outcomes.length,
    recall: recallOf(due),
    panics: recallOf(of((wanted) => wanted === "crash:panic")),
    faults: recallOf(of((wanted) => /^crash:(?!panic)/.test(wanted))),
    stuck: recallOf(of((wanted) => wanted.startsWith("stuck:"))),
    macro: share(
      classes.reduce((sum, list) => sum + recallOf(list), 0),
      classes.length,
    ),
    classRight: share(due.filter((one) => acted(one) && isClassRight(one)).length, due.length),
    delay99: delayOf(due),
    falseAlarms: names(left.filter((one) => !warned(one) && acted(one))),
    falseWarnings: names(left.filter((one) => warned(one) && acted(one))),
    overreach: names(outcomes.filter(over)),
  };
}

/** One line of figures. */
export function lineOf(name: string, score: Score): string {
  const percent = (value: number) => `${(100 * value).toFixed(1)} %`;
  return [
    `${name.padEnd(34)} ${score.files} files`,
    `act recall ${percent(score.recall)} (panics ${percent(score.panics)}, other faults ${percent(score.faults)}, stuck ${percent(score.stuck)}, macro ${percent(score.macro)})`,
    `class right ${percent(score.classRight)}`,
    `delay p99 ${score.delay99} bytes`,
    `false ${score.falseAlarms.length}, on warnings ${score.falseWarnings.length}, overreach ${score.overreach.length}`,
  ].join("; ");
}

/** Each class: how many were acted upon, and named right. */
export function tableOf(outcomes: readonly Outcome[]): string {
  const rows = grouped(outcomes, ({ label: { must_not_act, expect: wanted } }) =>
    must_not_act ? `must not act: ${wanted.split(":")[0]}` : wanted,
  );
  return [...rows]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([row, list]) => {
      const right = list.filter(isClassRight).length;
      return `  ${row.padEnd(30)} acts ${list.filter(acted).length}/${list.length}  class right ${right}`;
    })
    .join("\n");
}
