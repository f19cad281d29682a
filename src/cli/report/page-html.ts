import { printable } from "../../lib/printable.ts";
import type { ReportNews } from "../../sdk/run-report.ts";
import { columnsOf, sectionTitle } from "./report-text.ts";

/** Text of a host in a page: printable, and no markup of its own. */
export const safe = (text: string): string =>
  printable(text).replace(/[&<>"']/g, (special) => `&#${special.charCodeAt(0)};`);

/** Longer cells are a nuisance to whoever reads the page; the report itself has them whole. */
const MAX_CELL = 400;

// Nothing is loaded from anywhere, and nothing runs: a page may lie on any web server, or in a mail.
const POLICY = "default-src 'none'; style-src 'unsafe-inline'";
const STYLE = `
:root { color-scheme: light dark; --line: #8884; --dim: #6b7280; --ok: #15803d; --look: #b45309; --act: #b91c1c }
@media (prefers-color-scheme: dark) { :root { --dim: #9ca3af; --ok: #4ade80; --look: #fbbf24; --act: #f87171 } }
body { font: 15px/1.45 system-ui, sans-serif; max-width: 64rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.3rem; margin: 0 0 .2rem } h2 { font-size: 1.05rem; margin: 1.6rem 0 .4rem }
p { margin: .3rem 0 } .dim { color: var(--dim) }
.verdict { display: inline-block; font-weight: 700; padding: .05rem .55rem; border-radius: .3rem; border: 1px solid; white-space: nowrap }
.ok { color: var(--ok) } .look { color: var(--look) } .act, .missing, .failed { color: var(--act) } .refused { color: var(--look) }
.scroll { overflow-x: auto } table { border-collapse: collapse; font-size: .92rem }
th, td { text-align: left; vertical-align: top; padding: .25rem .9rem .25rem 0; border-bottom: 1px solid var(--line) }
td:last-child { overflow-wrap: anywhere } th { color: var(--dim); font-weight: 600; white-space: nowrap } td.n { font-variant-numeric: tabular-nums }
td:first-child { min-width: 5rem }
@media print { body { margin: 0; max-width: none } }
`;

/** A whole page, without anything from elsewhere. */
export const pageHtml = (title: string, body: readonly string[]): string =>
  `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<title>${safe(title)}</title>
<style>${STYLE}</style>
</head>
<body>
${body.join("\n")}
</body>
</html>
`;

/** A verdict as a word in its colour. */
export const verdictHtml = (word: string, text = word): string =>
  `<span class="verdict ${safe(word)}">${safe(text)}</span>`;

/** What is new at a host. */
export function newsHtml(section: ReportNews): string {
  const head = `<h2>${safe(sectionTitle(section))}</h2>`;
  const columns = columnsOf(section.rows);
  const heads = columns.map((column) => `<th>${safe(column)}</th>`).join("");
  const rows = section.rows.map((row) => {
    const cells = columns.map((column) => cellHtml(row[column]));
    return `<tr>${cells.join("")}</tr>`;
  });
  const more = section.left === undefined ? "" : `\n<p class="dim">and ${section.left} more</p>`;
  const table = `<table><tr>${heads}</tr>\n${rows.join("\n")}</table>`;
  return `${head}\n<div class="scroll">${table}</div>${more}`;
}

function cellHtml(value: string | number | undefined): string {
  if (typeof value === "number") return `<td class="n">${value}</td>`;
  const text = value ?? "";
  return `<td>${safe(text.length > MAX_CELL ? `${text.slice(0, MAX_CELL)}…` : text)}</td>`;
}
