/** A report as text for a terminal of 100 columns, and as Markdown. All texts of a RunReport are printable already. */
import type { Millis } from "../../lib/clock.ts";
import { formatDuration } from "../../lib/durations.ts";
import type { ReportRow, ReportSection, RunReport } from "../../sdk/run-report.ts";

/** "2026-11-22 03:04:05 UTC" */
export const momentOf = (at: Millis): string =>
  `${new Date(at).toISOString().slice(0, 19).replace("T", " ")} UTC`;

/** "daily-check on web1: look: 2 new listeners" */
export function headline(report: RunReport): string {
  const how = report.result === "done" ? (report.verdict ?? "ok") : report.result;
  return `${report.runbook} on ${report.host}: ${how}: ${report.text}`;
}

/** What is new stands on top, the runbook's own before that of its parts. */
export function ordered(sections: readonly ReportSection[]): readonly ReportSection[] {
  const rank = ({ is, part }: ReportSection): number =>
    (is === "news" ? 0 : 2) + (part === undefined ? 0 : 1);
  return [...sections].sort((a, b) => rank(a) - rank(b));
}

/** "new: listeners: ports" */
export function sectionTitle({ is, title, part }: ReportSection): string {
  return `${is === "news" ? "new: " : ""}${part === undefined ? "" : `${part}: `}${title}`;
}

/** All names of columns, in the order in which rows bring them. */
export const columnsOf = (rows: readonly ReportRow[]): string[] => [
  ...new Set(rows.flatMap((row) => Object.keys(row))),
];

/** "and 12 more rows" */
export const leftOut = ({ left }: { readonly left?: number }): string =>
  left === undefined ? "" : `and ${left} more rows`;

/** "by alice, 2026-11-22 03:04:05 UTC, 1m 5s" */
export function circumstances({ by, reason, startedAt, endedAt }: RunReport): string {
  const why = reason === "" ? "" : `, ${reason}`;
  return `by ${by}, ${momentOf(startedAt)}, ${formatDuration(endedAt - startedAt)}${why}`;
}

/** Acts, steps and notes as lines, each list with its title. */
export function lists(report: RunReport): readonly (readonly [string, readonly string[]])[] {
  const acts = report.acts.map(
    ({ at, what, undo }) =>
      `${momentOf(at).slice(11, 19)} ${what}${undo === undefined ? "" : `; to undo: ${undo}`}`,
  );
  const steps = report.steps.map(
    ({ name, tookMs, failed }) =>
      `${name}: ${failed ? "failed after " : ""}${formatDuration(tookMs)}`,
  );
  const all = [
    ["Changed", acts],
    ["Notes", report.notes],
    ["Steps", steps],
  ] as const;
  return all.filter(([, lines]) => lines.length > 0);
}

/** For a terminal. */
export function reportText(report: RunReport): string {
  const parts = [`${headline(report)}\n${circumstances(report)}`];
  if (report.error?.hint !== undefined) parts.push(`hint: ${report.error.hint}`);
  for (const section of ordered(report.sections)) {
    const title = sectionTitle(section);
    const body = section.is === "text" ? section.text : tableText(section);
    parts.push(`${title}\n${"-".repeat(title.length)}\n${body}`);
  }
  for (const [title, lines] of lists(report))
    parts.push(`${title}\n${lines.map((line) => `  ${line}`).join("\n")}`);
  return `${parts.join("\n\n")}\n`;
}

function tableText(section: Exclude<ReportSection, { is: "text" }>): string {
  const { rows } = section;
  if (rows.length === 0) return "none";
  const columns = columnsOf(rows);
  const cells = [columns, ...rows.map((row) => columns.map((column) => String(row[column] ?? "")))];
  const widths = columns.map((_, i) => Math.max(...cells.map((row) => row[i]?.length ?? 0)));
  const lines = cells.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  return [...lines, leftOut(section)].filter((line) => line !== "").join("\n");
}

/** Nothing of a host becomes a link, a picture or a heading of ours. */
const escaped = (text: string): string => text.replace(/[\\`*_{}[\]<>()#+\-.!|~&$:@]/g, "\\$&");

/** As Markdown. Console text stands in fences that it cannot close. */
export function reportMarkdown(report: RunReport): string {
  const parts = [`# ${escaped(headline(report))}`, escaped(circumstances(report))];
  if (report.error?.hint !== undefined) parts.push(escaped(report.error.hint));
  for (const section of ordered(report.sections)) {
    parts.push(`## ${escaped(sectionTitle(section))}`);
    parts.push(section.is === "text" ? fenced(section.text) : tableMarkdown(section));
  }
  for (const [title, lines] of lists(report))
    parts.push(`## ${title}`, lines.map((line) => `- ${escaped(line)}`).join("\n"));
  return `${parts.join("\n\n")}\n`;
}

function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}text\n${text}\n${fence}`;
}

function tableMarkdown(section: Exclude<ReportSection, { is: "text" }>): string {
  const { rows } = section;
  if (rows.length === 0) return "none";
  const columns = columnsOf(rows);
  const line = (cells: readonly string[]) => `| ${cells.map(escaped).join(" | ")} |`;
  const body = rows.map((row) => line(columns.map((column) => String(row[column] ?? ""))));
  const table = [line(columns), `|${columns.map(() => " --- |").join("")}`, ...body].join("\n");
  return section.left === undefined ? table : `${table}\n\n${leftOut(section)}`;
}
