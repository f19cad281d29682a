import { formatDuration } from "../../lib/durations.ts";
import type { ReportRow, ReportSection, RunReport } from "../../sdk/run-report.ts";
import type { Piece } from "../piece.ts";
import { layOutTable } from "../table.ts";
import { localMinute } from "../times.ts";
import { VERDICT_STYLES } from "./verdict-styles.ts";

type Line = readonly Piece[];

/** Sections as they are read: what is new stands on top. */
export const inOrder = (sections: readonly ReportSection[]): readonly ReportSection[] => [
  ...sections.filter(({ is }) => is === "news"),
  ...sections.filter(({ is }) => is !== "news"),
];

/** "ok", "act", or how it ended where it came to no verdict. */
export const verdictOf = ({ result, verdict }: RunReport): string =>
  result === "done" ? (verdict ?? "done") : result;

/** What of a run stands over its sections, one line each. */
export function factsOf({ title, by, reason, startedAt, endedAt, dryRun }: RunReport): string[] {
  const took = formatDuration(Math.max(0, endedAt - startedAt));
  const why = reason === "" ? "" : `: ${reason}`;
  return [
    `${title}, ${localMinute(startedAt)}, ${took}, by ${by}${why}`,
    ...(dryRun ? ["dry run: nothing was changed"] : []),
  ];
}

/** A report as lines for a terminal. */
export function reportLines(report: RunReport, width: number | undefined): Line[] {
  const { host, runbook, text, error, acts, notes } = report;
  const word = verdictOf(report);
  return [
    [
      { text: word, style: VERDICT_STYLES[word] ?? "plain" },
      "  ",
      { text: host, style: "bold" },
      `  ${runbook}: ${text}`,
    ],
    ...factsOf(report).map((fact): Line => [{ text: fact, style: "dim" }]),
    ...(error?.hint === undefined ? [] : [[error.hint]]),
    ...inOrder(report.sections).flatMap((section) => sectionLines(section, width)),
    ...titled(
      "Changed",
      acts.map(
        ({ what, undo }) => `${what}${undo === undefined ? "" : `  (to take it back: ${undo})`}`,
      ),
    ),
    ...titled("Notes", notes),
  ];
}

function titled(title: string, texts: readonly string[]): Line[] {
  if (texts.length === 0) return [];
  return [[""], [{ text: title, style: "bold" }], ...texts.map((text): Line => [`  ${text}`])];
}

/** "New: listeners: ports": which part of a runbook of parts wrote it stands before its title. */
export function sectionTitle({ is, part, title }: ReportSection): string {
  const of = part === undefined || part === title ? "" : `${part}: `;
  return `${is === "news" ? "New: " : ""}${of}${title}`;
}

/** One section: a table is cut to the terminal. */
export function sectionLines(section: ReportSection, width: number | undefined): Line[] {
  const head = sectionTitle(section);
  if (section.is === "text") return titled(head, section.text.split("\n"));
  const { rows } = section;
  if (rows.length === 0) return titled(head, ["none"]);
  const columns = columnsOf(rows);
  const cells = rows.map((row) => columns.map((column) => String(row[column] ?? "")));
  const last = columns.length - 1;
  const table = layOutTable(
    columns.map((title, n) => ({
      title: title.toUpperCase(),
      ...(n === last && { flexible: true }),
    })),
    cells,
    width === undefined ? undefined : width - 2,
  );
  return [
    [""],
    [{ text: head, style: "bold" }],
    ...table.map((line): Line => ["  ", ...line]),
    ...(section.left === undefined ? [] : [[`  and ${section.left} more`]]),
  ];
}

/** Columns of all rows, in the order in which they come. */
export const columnsOf = (rows: readonly ReportRow[]): readonly string[] => [
  ...new Set(rows.flatMap((row) => Object.keys(row))),
];
