import type { Millis } from "../../lib/clock.ts";
import { formatDuration } from "../../lib/durations.ts";
import { printable } from "../../lib/printable.ts";
import type { Evidence } from "../../sdk/rule.ts";
import type { ActRecord, IncidentRecord } from "./incident-record.ts";
import { after, clock, item, moment, section } from "./page-lines.ts";

const STATES: Readonly<Record<IncidentRecord["state"], string>> = {
  open: "open",
  recovered: "recovered",
  "given-up": "GIVEN UP: a person is needed",
  closed: "closed",
  observed: "observed only, nothing was done",
};

const LAST_ROWS = 24;
const MAX_TROUBLES = 12;

/**
 * The page that a person reads at 3 a.m.: first what is wrong and what to do, then what was seen, proven and done, how we
 * know, and last the screens. While it stands, what to do is near the top; when it is over, at the end.
 */
export function incidentPage(record: IncidentRecord, now: Millis): string {
  const cause = record.case.first ?? record.case.cause;
  const stands = record.closedAt === undefined;
  const next = section("What next", nextSteps(record));
  const parts = [
    `# Incident ${record.id}: ${record.host}, ${STATES[record.state]}`,
    `**${printable(cause.means)}** (class ${cause.class})`,
    ...(cause.line ? [`    ${printable(cause.line.trim(), 300)}`] : []),
    course(record, now).join("\n"),
    calls(record),
    stands ? next : "",
    section("What was seen", seen(record)),
    section("What was proven", proven(record)),
    section("What was done", record.acts.flatMap(done)),
    section("What the interlocks said", objections(record)),
    section("Story", story(record)),
    screen("Screen when it began", record.screenBefore),
    screen("Screen at the end", record.screenAfter),
    stands ? "" : next,
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

/** When it was first suspected; the folder is made later, when a probe has failed. */
const beginOf = ({ story: told, openedAt }: IncidentRecord): Millis =>
  Math.min(openedAt, told.find(({ type }) => type === "watch.suspect")?.at ?? openedAt);

/** Its moments, and how long each took to come. */
function course(record: IncidentRecord, now: Millis): string[] {
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
const calls = ({ story: told }: IncidentRecord): string =>
  section(
    "Why a person was called",
    told
      .filter(({ type }) => type === "watch.page")
      .map((one) => item(`${clock(one.at)} ${one.text}`)),
  );

const isTrouble = ({ state }: Evidence): boolean => state !== "healthy" && state !== "busy";

function seen(record: IncidentRecord): string[] {
  const { evidence, before, after: later, case: of } = record;
  const all = evidence.filter(isTrouble);
  const troubles = all.length > MAX_TROUBLES ? all.slice(-MAX_TROUBLES) : all;
  const lines = troubles.map(
    (one) =>
      `${item(`at byte ${one.at}, rule ${one.rule} (${one.state}): ${printable(one.means)}`)}\n\n      ${one.line}\n`,
  );
  if (lines.length === 0) lines.push(item(printable(of.cause.means)));
  if (all.length > troubles.length)
    lines.unshift(item(`${all.length - troubles.length} more before these`));
  const others = evidence.filter((one) => !isTrouble(one));
  if (others.length > 0) lines.push(item(`besides: ${counted(others)}`));
  for (const { at, text } of record.story.filter(({ type }) => type === "watch.load"))
    lines.push(item(`${clock(at)} outlets: ${text}`));
  for (const slice of [before, later])
    if (slice)
      lines.push(
        item(`bytes ${slice.offset} to ${slice.offset + slice.bytes} of the log: ${slice.file}`),
      );
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

function proven(record: IncidentRecord): string[] {
  if (record.probes.length === 0) return [item("nothing was typed at the host")];
  return record.probes.flatMap((probe) => [
    item(`${clock(probe.at)} ${printable(probe.text)}`),
    ...probe.steps.map((step) => item(`${clock(step.at)} ${step.tried}: ${step.answer}`, "  ")),
  ]);
}

function done(act: ActRecord): string[] {
  const text = act.text ? `, ${act.text}` : "";
  return [
    item(`${clock(act.begunAt)} ${act.rung} (order ${act.id}): ${howIn(act)}${text}`),
    ...act.steps.map((step) => item(`${clock(step.at)} ${step.text}`, "  ")),
  ];
}

function objections(record: IncidentRecord): string[] {
  return record.verdicts.map(({ at, act, verdicts }) => {
    const against = verdicts.filter((one) => !one.passes);
    const asked = `${clock(at)} ${act}: ${verdicts.length} interlocks asked`;
    const why = against.map((one) => `${one.interlock}: ${printable(one.text)}`).join("; ");
    return item(`${asked}, ${against.length === 0 ? "none objected" : `objected: ${why}`}`);
  });
}

/** What the steps of acts say stands with the acts. */
function story(record: IncidentRecord): string[] {
  const began = beginOf(record);
  return record.story
    .filter(({ type }) => type !== "watch.step")
    .map(({ at, type, text }) =>
      item(`${clock(at)} ${after(at, began)} ${type.replace(/^watch\./, "")}: ${text}`),
    );
}

function nextSteps({ state, host, id, story: told }: IncidentRecord): string[] {
  if (state === "recovered")
    return ["- find out why: the console's log has it all", `- \`oob log ${host}\``];
  if (state === "closed" || state === "observed")
    return [`- \`oob log ${host}\` for what followed`];
  const asked = told.findLast(({ type }) => /^watch\.(?:page|ask|approved|denied)$/.test(type));
  const asks = asked?.type === "watch.page" && asked.text.includes(": asking to ");
  return [
    ...(asks ? [`- it waits for your yes: \`oob incident approve ${id}\``] : []),
    `- why, and what comes: \`oob why ${host}\``,
    `- look: \`oob attach ${host}\``,
    `- by hand: \`oob power cycle ${host}\``,
    `- keep the watchdog off: \`oob hold ${host} --for 2h --reason TEXT\``,
    `- done with it: \`oob incident close ${id} --reason TEXT\``,
  ];
}

function screen(title: string, rows: readonly string[] | undefined): string {
  const shown = rows?.filter((row) => row.trim() !== "").slice(-LAST_ROWS) ?? [];
  return section(
    title,
    shown.map((row) => `    ${row.trimEnd()}`),
  );
}
