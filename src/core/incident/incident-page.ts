import type { Millis } from "../../lib/clock.ts";
import { formatDuration } from "../../lib/durations.ts";
import { printable } from "../../lib/printable.ts";
import type { ActRecord, IncidentRecord } from "./incident-record.ts";

const STATES: Readonly<Record<IncidentRecord["state"], string>> = {
  open: "open",
  recovered: "recovered",
  "given-up": "GIVEN UP: a person is needed",
  closed: "closed",
  observed: "observed only, nothing was done",
};

const LAST_ROWS = 24;

/** The page that a person reads at 3 a.m.: what was seen, proven and done, how we know, and what comes next. */
export function incidentPage(record: IncidentRecord, now: Millis): string {
  const end = record.closedAt ?? now;
  const cause = record.case.first ?? record.case.cause;
  const parts = [
    `# Incident ${record.id}: ${record.host}, ${STATES[record.state]}`,
    `${printable(cause.means)} (class ${cause.class})`,
    [
      `- opened ${time(record.openedAt)}`,
      record.closedAt === undefined
        ? `- standing for ${formatDuration(end - record.openedAt)}`
        : `- closed ${time(record.closedAt)} after ${formatDuration(end - record.openedAt)}: ${record.closing ?? ""}`,
    ].join("\n"),
    ...calls(record),
    section("What was seen", seen(record)),
    section("What was proven", proven(record)),
    section("What was done", record.acts.flatMap(done)),
    section("What the interlocks said", objections(record)),
    section(
      "Story",
      record.story.map((one) => `- ${clock(one.at)} ${one.type}: ${one.text}`),
    ),
    screen("Screen when it began", record.screenBefore),
    screen("Screen at the end", record.screenAfter),
    section("What next", next(record)),
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

/** Why a person was called: what has to be read first. */
function calls({ story }: IncidentRecord): string[] {
  const pages = story.filter(({ type }) => type === "watch.page");
  if (pages.length === 0) return [];
  return [
    section(
      "Why a person was called",
      pages.map((one) => `- ${clock(one.at)} ${one.text}`),
    ),
  ];
}

function seen(record: IncidentRecord): string[] {
  const lines = record.evidence.map(
    (one) => `- at byte ${one.at}, rule ${one.rule}: ${one.means}\n\n      ${one.line}\n`,
  );
  const { before } = record;
  if (before)
    lines.push(`- ${before.bytes} bytes from byte ${before.offset} on are kept in ${before.file}`);
  const loads = record.story.filter(({ type }) => type === "watch.load");
  for (const { at, text } of loads) lines.push(`- ${clock(at)} outlets: ${text}`);
  return lines.length > 0 ? lines : [`- ${printable(record.case.cause.means)}`];
}

function proven(record: IncidentRecord): string[] {
  if (record.probes.length === 0) return ["- nothing was typed at the host"];
  return record.probes.flatMap((probe) => [
    `- ${clock(probe.at)} ${printable(probe.text)}`,
    ...probe.steps.map((step) => `  - ${clock(step.at)} ${step.tried}: ${step.answer}`),
  ]);
}

function done(act: ActRecord): string[] {
  const took =
    act.endedAt === undefined ? "no end is known" : formatDuration(act.endedAt - act.begunAt);
  const how = act.how ? `${act.how}${act.text ? `, ${act.text}` : ""}` : "begun";
  return [
    `- ${clock(act.begunAt)} ${act.rung} (${act.id}): ${how} (${took})`,
    ...act.steps.map((step) => `  - ${clock(step.at)} ${step.text}`),
  ];
}

function objections(record: IncidentRecord): string[] {
  return record.verdicts.map(({ at, act, verdicts }) => {
    const against = verdicts.filter((one) => !one.passes);
    const asked = `${clock(at)} ${act}: ${verdicts.length} interlocks asked`;
    return against.length === 0
      ? `- ${asked}, none objected`
      : `- ${asked}, ${against.map((one) => `${one.interlock}: ${printable(one.text)}`).join("; ")}`;
  });
}

function next({ state, host, id }: IncidentRecord): string[] {
  if (state === "recovered")
    return ["- find out why: the console's log has it all", `- \`oob log ${host}\``];
  if (state === "closed" || state === "observed")
    return [`- \`oob log ${host}\` for what followed`];
  return [
    `- look: \`oob attach ${host}\``,
    `- by hand: \`oob power cycle ${host}\``,
    `- keep the watchdog off: \`oob hold ${host} --for 2h --reason TEXT\``,
    `- done with it: \`oob incident close ${id}\``,
  ];
}

const section = (title: string, lines: readonly string[]): string =>
  lines.length === 0 ? "" : `## ${title}\n\n${lines.join("\n")}`;

function screen(title: string, rows: readonly string[] | undefined): string {
  const shown = rows?.filter((row) => row !== "").slice(-LAST_ROWS) ?? [];
  return section(
    title,
    shown.map((row) => `    ${row}`),
  );
}

const time = (at: Millis): string => new Date(at).toISOString();

const clock = (at: Millis): string => new Date(at).toISOString().slice(11, 19);
