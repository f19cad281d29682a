import type { Millis } from "../../lib/clock.ts";
import { formatDuration } from "../../lib/durations.ts";
import { printable } from "../../lib/printable.ts";
import type { Evidence } from "../../sdk/rule.ts";
import type { ActRecord, IncidentRecord } from "./incident-record.ts";
import {
  advice,
  after,
  clock,
  item,
  lineText,
  moment,
  type PageLine,
  type PageSection,
  row,
  sectionText,
} from "./page-lines.ts";

const STATES: Readonly<Record<IncidentRecord["state"], string>> = {
  open: "open",
  recovered: "recovered",
  "given-up": "GIVEN UP: a person is needed",
  closed: "closed",
  observed: "observed only, nothing was done",
};

const LAST_ROWS = 24;
const MAX_TROUBLES = 12;

/** What the page says, in the order in which it is read. */
export interface PageParts {
  readonly title: string;
  readonly means: string;
  readonly class: string;
  /** What the console showed of it. */
  readonly line?: string;
  readonly course: readonly PageLine[];
  readonly sections: readonly PageSection[];
}

/**
 * First what is wrong and what to do, then what was seen, proven and done, how we know, and last the screens. While it
 * stands, what to do is near the top; when it is over, at the end.
 */
export function pageParts(record: IncidentRecord, now: Millis, folder?: string): PageParts {
  const cause = record.case.first ?? record.case.cause;
  const stands = record.closedAt === undefined;
  const next = { title: "What next", lines: nextSteps(record) };
  const sections = [
    { title: "Why a person was called", lines: calls(record) },
    ...(stands ? [next] : []),
    { title: "What was seen", lines: seen(record, folder) },
    { title: "What was proven", lines: proven(record) },
    { title: "What was taken before the cut", lines: taken(record) },
    { title: "What was done", lines: record.acts.flatMap(done) },
    { title: "What the interlocks said", lines: objections(record) },
    { title: "Story", lines: story(record) },
    { title: "Screen when it began", lines: screen(record.screenBefore) },
    { title: "Screen before the cut", lines: isSame(record) ? [] : screen(record.screenCut) },
    { title: "Screen at the end", lines: screen(record.screenAfter) },
    ...(stands ? [] : [next]),
  ];
  return {
    title: `Incident ${record.id}: ${record.host}, ${STATES[record.state]}`,
    means: printable(cause.means),
    class: cause.class,
    ...(cause.line && { line: printable(cause.line.trim(), 300) }),
    course: course(record, now),
    sections: sections.filter(({ lines }) => lines.length > 0),
  };
}

/** The page that a person reads at 3 a.m., as text. */
export function incidentPage(record: IncidentRecord, now: Millis, folder?: string): string {
  const page = pageParts(record, now, folder);
  const parts = [
    `# ${page.title}`,
    `**${page.means}** (class ${page.class})`,
    ...(page.line === undefined ? [] : [`    ${page.line}`]),
    page.course.map(lineText).join("\n"),
    ...page.sections.map(sectionText),
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

/** When it was first suspected; the folder is made later, when a probe has failed. */
const beginOf = ({ story: told, openedAt }: IncidentRecord): Millis =>
  Math.min(openedAt, told.find(({ type }) => type === "watch.suspect")?.at ?? openedAt);

/** Its moments, and how long each took to come. */
function course(record: IncidentRecord, now: Millis): PageLine[] {
  const { closedAt, closing, acts } = record;
  const began = beginOf(record);
  const end =
    closedAt === undefined
      ? item(`standing for ${formatDuration(Math.max(0, now - began))}`)
      : item(`ended ${clock(closedAt)}, ${after(closedAt, began)}: ${closing ?? ""}`);
  return [
    item(`first sign ${moment(began)} UTC, as all times here`),
    ...acts.map((act) =>
      item(`${act.rung} ${clock(act.begunAt)}, ${after(act.begunAt, began)}: ${howIn(act)}`),
    ),
    end,
  ];
}

const howIn = ({ how, begunAt, endedAt }: ActRecord): string =>
  endedAt === undefined
    ? "begun, no end is known"
    : `${how ?? "ended"} in ${formatDuration(endedAt - begunAt)}`;

/** Why a person was called: what has to be read first. */
const calls = ({ story: told }: IncidentRecord): PageLine[] =>
  told
    .filter(({ type }) => type === "watch.page")
    .map((one) => item(`${clock(one.at)} ${one.text}`));

const isTrouble = ({ state }: Evidence): boolean => state !== "healthy" && state !== "busy";

function seen(record: IncidentRecord, folder: string | undefined): PageLine[] {
  const { evidence, before, cut, after: later, case: of } = record;
  const all = evidence.filter(isTrouble);
  const troubles = all.length > MAX_TROUBLES ? all.slice(-MAX_TROUBLES) : all;
  const lines = troubles.map((one): PageLine => {
    const text = `at byte ${one.at}, rule ${one.rule} (${one.state}): ${printable(one.means)}`;
    return { is: "item", text, depth: 0, shows: one.line };
  });
  if (lines.length === 0) lines.push(item(printable(of.cause.means)));
  if (all.length > troubles.length)
    lines.unshift(item(`${all.length - troubles.length} more before these`));
  const others = evidence.filter((one) => !isTrouble(one));
  if (others.length > 0) lines.push(item(`besides: ${counted(others)}`));
  for (const { at, text } of record.story.filter(({ type }) => type === "watch.load"))
    lines.push(item(`${clock(at)} outlets: ${text}`));
  for (const slice of [before, cut, later])
    if (slice)
      lines.push(
        item(`bytes ${slice.offset} to ${slice.offset + slice.bytes} of the log: ${slice.file}`),
      );
  if (folder !== undefined && (before ?? later)) lines.push(item(`these are in ${folder}`));
  return lines;
}

/** "a boot loader starts a kernel (2, last at byte 2953), …" */
function counted(evidence: readonly Evidence[]): string {
  const kinds = new Map<string, readonly Evidence[]>();
  for (const one of evidence) kinds.set(one.means, [...(kinds.get(one.means) ?? []), one]);
  return [...kinds]
    .map(([means, found]) => {
      const times = found.length > 1 ? `${found.length} times, last ` : "";
      return `${printable(means)} (${times}at byte ${found.at(-1)?.at})`;
    })
    .join("; ");
}

function proven(record: IncidentRecord): PageLine[] {
  if (record.probes.length === 0) return [item("nothing was typed at the host")];
  return record.probes.flatMap((probe) => [
    item(`${clock(probe.at)} ${printable(probe.text)}`),
    ...probe.steps.map((step) => item(`${clock(step.at)} ${step.tried}: ${step.answer}`, 1)),
  ]);
}

const isSame = ({ screenBefore = [], screenCut = [] }: IncidentRecord): boolean =>
  screenBefore.join("\n") === screenCut.join("\n");

const EXCERPT = 12;

/** What the kernel said, by its beginnings: the file has the rest. */
function taken({ collected }: IncidentRecord): PageLine[] {
  if (!collected) return [];
  const { at, took, note, parts, file } = collected;
  const told = parts.flatMap(({ what, rows, all }) => [
    item(`${printable(what)}${all === 0 ? ": nothing came" : `, ${all} lines`}`),
    ...rows.slice(0, EXCERPT).map((one) => row(printable(one, 200), 6)),
    ...(all > EXCERPT
      ? [row(`… ${all - Math.min(EXCERPT, rows.length)} more in ${file ?? "the log"}`, 6)]
      : []),
  ]);
  const time = `${clock(at)}, in ${formatDuration(took)}`;
  return [
    item(`${time}: the screen, the last of the log${note ? `; ${printable(note)}` : ""}`),
    ...told,
  ];
}

function done(act: ActRecord): PageLine[] {
  const text = act.text ? `, ${act.text}` : "";
  return [
    item(`${clock(act.begunAt)} ${act.rung} (order ${act.id}): ${howIn(act)}${text}`),
    ...act.steps.map((step) => item(`${clock(step.at)} ${step.text}`, 1)),
  ];
}

function objections(record: IncidentRecord): PageLine[] {
  return record.verdicts.map(({ at, act, verdicts }) => {
    const against = verdicts.filter((one) => !one.passes);
    const asked = `${clock(at)} ${act}: ${verdicts.length} interlocks asked`;
    const why = against.map((one) => `${one.interlock}: ${printable(one.text)}`).join("; ");
    return item(`${asked}, ${against.length === 0 ? "none objected" : `objected: ${why}`}`);
  });
}

/** What the steps of acts say stands with the acts. */
function story(record: IncidentRecord): PageLine[] {
  const began = beginOf(record);
  return record.story
    .filter(({ type }) => type !== "watch.step")
    .map(({ at, type, text }) =>
      item(`${clock(at)} ${after(at, began)} ${type.replace(/^watch\./, "")}: ${text}`),
    );
}

function nextSteps({ state, host, id, story: told }: IncidentRecord): PageLine[] {
  if (state === "recovered")
    return [advice("find out why: the console's log has it all"), advice(`\`oob log ${host}\``)];
  if (state === "closed" || state === "observed")
    return [advice(`\`oob log ${host}\` for what followed`)];
  const asked = told.findLast(({ type }) => /^watch\.(?:page|ask|approved|denied)$/.test(type));
  const asks = asked?.type === "watch.page" && asked.text.includes(": asking to ");
  return [
    ...(asks ? [`it waits for your yes: \`oob incident approve ${id}\``] : []),
    `why, and what comes: \`oob why ${host}\``,
    `look: \`oob attach ${host}\``,
    `by hand: \`oob power cycle ${host}\``,
    `keep the watchdog off: \`oob hold ${host} --for 2h --reason TEXT\``,
    `done with it: \`oob incident close ${id} --reason TEXT\``,
  ].map(advice);
}

const screen = (rows: readonly string[] = []): PageLine[] =>
  rows
    .filter((one) => one.trim() !== "")
    .slice(-LAST_ROWS)
    .map((one) => row(one.trimEnd(), 4));
