import type { ReportSection, RunReport } from "../../sdk/run-report.ts";
import {
  circumstances,
  columnsOf,
  headline,
  leftOut,
  lists,
  ordered,
  sectionTitle,
} from "./report-text.ts";

const STYLE = `body{font:15px/1.5 system-ui,sans-serif;max-width:72em;margin:2em auto;padding:0 1em;color:#1a1a1a;background:#fff}
h1{font-size:1.3em}h1.look{color:#8a5a00}h1.act,h1.failed,h1.refused{color:#a01010}h1.ok{color:#10651e}
table{border-collapse:collapse;display:block;overflow-x:auto}th,td{border:1px solid #bbb;padding:.2em .6em;text-align:left;vertical-align:top}
pre{background:#f3f3f3;padding:.8em;overflow-x:auto}
@media(prefers-color-scheme:dark){body{color:#ddd;background:#111}pre{background:#222}h1.look{color:#e0a030}h1.act,h1.failed,h1.refused{color:#ff7070}h1.ok{color:#6fcf7f}}`;

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text as HTML shows it, in elements and in attributes. */
export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (letter) => ENTITIES[letter] ?? "");

/** A report as one page that loads nothing and runs nothing. */
export function reportHtml(report: RunReport): string {
  const how = report.result === "done" ? (report.verdict ?? "ok") : report.result;
  const title = escapeHtml(headline(report));
  const parts = [`<h1 class="${how}">${title}</h1>`, `<p>${escapeHtml(circumstances(report))}</p>`];
  if (report.error?.hint !== undefined) parts.push(`<p>${escapeHtml(report.error.hint)}</p>`);
  for (const section of ordered(report.sections))
    parts.push(`<h2>${escapeHtml(sectionTitle(section))}</h2>`, sectionHtml(section));
  for (const [name, lines] of lists(report)) {
    const items = lines.map((line) => `<li>${escapeHtml(line)}</li>`);
    parts.push(`<h2>${name}</h2>`, `<ul>\n${items.join("\n")}\n</ul>`);
  }
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
${parts.join("\n")}
</body>
</html>
`;
}

function sectionHtml(section: ReportSection): string {
  if (section.is === "text") return `<pre>${escapeHtml(section.text)}</pre>`;
  const { rows } = section;
  if (rows.length === 0) return "<p>none</p>";
  const columns = columnsOf(rows);
  const line = (cells: readonly string[], tag: string) =>
    `<tr>${cells.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join("")}</tr>`;
  const body = rows.map((row) =>
    line(
      columns.map((column) => String(row[column] ?? "")),
      "td",
    ),
  );
  const more = section.left === undefined ? "" : `\n<p>${leftOut(section)}</p>`;
  return `<table>\n${line(columns, "th")}\n${body.join("\n")}\n</table>${more}`;
}
