import type { WhyStep, WhyView } from "../../core/site/site.ts";
import type { Millis } from "../../lib/clock.ts";
import { formatDuration } from "../../lib/durations.ts";
import { HEALTH_STYLES } from "../health-styles.ts";
import type { Piece } from "../piece.ts";
import { localMinute, timeOfDay } from "../times.ts";

type Line = readonly Piece[];

/** Longer lists go on in the next line. */
const WIDTH = 96;
const DAY: Millis = 86_400_000;

/** What `oob why` prints: what is thought of a host, what that stands on, and what comes next. */
export function whyPage(view: WhyView): Line[] {
  return [
    headOf(view),
    ...part("A runbook stopped half-way", markOf(view)),
    ...part(
      "What is known",
      view.facts.map((fact) => [`  ${fact}`]),
    ),
    ...part("Evidence, newest last", evidenceOf(view)),
    ...part("Probes", probesOf(view)),
    ...part(...interlocksOf(view)),
    ...part(
      "Habit",
      (view.habit ?? []).map((one) => [`  ${one}`]),
    ),
    ...part("Next", [[`  ${stepOf(view.next, view.at)}`], ...askOf(view)]),
    ...part(
      "If it stays silent and answers nothing, and no interlock objects",
      view.foreseen.map((step) => [`  ${stepOf(step, view.at)}`]),
    ),
  ];
}

/** "web1  CRASH panic for 42s: the kernel panicked and halted". */
function headOf({ host, health, at, mode, incident }: WhyView): Line {
  const { state, class: of, why, since } = health;
  const loud = state === "crash" || state === "stuck" ? state.toUpperCase() : state;
  const word = state === "unknown" || of === "" ? loud : `${loud} ${of}`;
  const stood = state === "unknown" ? "" : ` for ${formatDuration(Math.max(0, at - since))}`;
  return [
    { text: host, style: "bold" },
    "  ",
    { text: word, style: HEALTH_STYLES[state] },
    `${stood}: ${why}`,
    {
      text: `  (mode ${mode}${incident === undefined ? "" : `, incident ${incident}`})`,
      style: "dim",
    },
  ];
}

/** The same in some lines, for a list of hosts. */
export function whyInShort(view: WhyView): Line[] {
  const { facts, habit = [], next, at } = view;
  return [
    headOf(view),
    ...markOf(view),
    ...facts.map((fact): Line => [`  ${fact}`]),
    ...habit.map((one): Line => [`  habit: ${one}`]),
    [`  next: ${stepOf(next, at)}`],
  ];
}

/** What a person has to look at before anything more is changed there. */
function markOf({ mark, host, at }: WhyView): Line[] {
  if (!mark) return [];
  const { runbook, by, act, why, undo } = mark;
  return [
    [{ text: `  ${runbook} by ${by}`, style: "yellow" }, `, ${whenAgo(mark.at, at)}, in: ${act}`],
    [`  ${why}`],
    ...(undo === undefined ? [] : [[`  the way back: ${undo}`]]),
    [`  once you have looked: oob runbook clear ${host} --reason TEXT`],
  ];
}

const part = (title: string, lines: readonly Line[]): Line[] =>
  lines.length === 0 ? [] : [[""], [{ text: title, style: "bold" }], ...lines];

function evidenceOf({ evidence, at }: WhyView): Line[] {
  return evidence.flatMap((one) => {
    const came = one.seenAt === undefined ? "before this process watched" : whenAgo(one.seenAt, at);
    const means = `${one.rule}: ${one.means} (${one.state}, ${one.action})`;
    return [[`  byte ${one.at}, ${came}  ${means}`], [{ text: `      ${one.line}`, style: "dim" }]];
  });
}

function probesOf({ probes, at }: WhyView): Line[] {
  return probes.flatMap((probe) => [
    [`  ${whenAgo(probe.at, at)}  ${probe.text}`],
    ...probe.steps.map((step): Line => [`    ${timeOfDay(step.at)} ${step.tried}: ${step.answer}`]),
  ]);
}

/** Objections one by one; who agrees has no more to say than its name. */
function interlocksOf({ interlocks }: WhyView): [string, Line[]] {
  if (!interlocks) return ["", []];
  const { act, verdicts } = interlocks;
  const objecting = verdicts.filter((one) => !one.passes);
  const agreeing = verdicts.filter((one) => one.passes).map((one) => one.interlock);
  return [
    `Interlocks, asked now for: ${act}`,
    [
      ...objecting.map(
        (one): Line => [
          "  ",
          { text: "objects", style: "yellow" },
          `  ${one.interlock}: ${one.text}`,
        ],
      ),
      ...inLines("  no objection: ", agreeing),
    ],
  ];
}

/** Names behind a title, in as many lines as they take. */
function inLines(title: string, names: readonly string[]): Line[] {
  const lines: string[] = [];
  let line = title;
  for (const name of names) {
    if (line.length + name.length > WIDTH) {
      lines.push(line.trimEnd());
      line = " ".repeat(title.length);
    }
    line += name === names.at(-1) ? name : `${name}, `;
  }
  return names.length === 0 ? [] : [...lines, line].map((one) => [one]);
}

function askOf({ ask, incident, at }: WhyView): Line[] {
  if (!ask || incident === undefined) return [];
  const left = formatDuration(Math.max(0, ask.until - at));
  return [
    [
      "  ",
      { text: `answer: oob incident approve ${incident}`, style: "bold" },
      `, or: oob incident deny ${incident} --reason TEXT  (it asks for ${left} more)`,
    ],
  ];
}

function stepOf({ text, at }: WhyStep, now: Millis): string {
  if (at === undefined) return text;
  const left = at > now ? `in ${formatDuration(at - now)}` : "now";
  return `${when(at, now)} (${left})  ${text}`;
}

const whenAgo = (at: Millis, now: Millis): string =>
  `${when(at, now)} (${formatDuration(Math.max(0, now - at))} ago)`;

const when = (at: Millis, now: Millis): string =>
  Math.abs(now - at) < DAY ? timeOfDay(at) : localMinute(at);
