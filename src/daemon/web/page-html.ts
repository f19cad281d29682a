import type { PageLine, PageSection } from "../../core/incident/page-lines.ts";
import { type Html, html } from "./html.ts";
import { STYLE } from "./page-style.ts";

/** Parts that are long and seldom wanted first. */
const FOLDED: ReadonlySet<string> = new Set(["What the interlocks said", "Story"]);

/** A whole page. `again`: loaded anew after so many seconds. */
export function pageHtml(title: string, body: Html, again?: number): string {
  const refresh = again === undefined ? "" : html`<meta http-equiv="refresh" content="${again}">`;
  const head = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex"><title>${title}</title>${refresh}`;
  // The style is a constant of ours, byte for byte what the policy has the digest of.
  return `${head.text}<style>${STYLE}</style></head>${html`<body><main>${body}</main></body></html>`.text}\n`;
}

/** One part of the page under its title. */
export function sectionHtml({ title, lines }: PageSection): Html {
  const body = linesHtml(lines);
  return FOLDED.has(title)
    ? foldedHtml(title, body)
    : html`<section><h2>${title}</h2>${body}</section>`;
}

export const foldedHtml = (title: string, body: Html): Html =>
  html`<details><summary>${title}</summary>${body}</details>`;

/** Rows as they stood on a screen. */
export const rowsHtml = (rows: readonly string[]): Html => html`<pre>${rows.join("\n")}</pre>`;

interface Entry {
  readonly line: Extract<PageLine, { is: "item" }>;
  readonly below: Html[];
  readonly rows: string[];
}

/** Items as a list, with what is below them; rows as they stood. */
export function linesHtml(lines: readonly PageLine[]): Html {
  const entries: Entry[] = [];
  const loose: string[] = [];
  for (const line of lines) {
    const last = entries.at(-1);
    if (line.is === "row") (last?.rows ?? loose).push(line.text);
    else if (line.depth === 1 && last) last.below.push(html`<li>${line.text}</li>`);
    else entries.push({ line, below: [], rows: [] });
  }
  return html`${maybeRows(loose)}${entries.length === 0 ? "" : html`<ul>${entries.map(entryHtml)}</ul>`}`;
}

function entryHtml({ line, below, rows }: Entry): Html {
  const { text, shows, commands } = line;
  const shown = shows === undefined ? "" : html`<pre class="line">${shows}</pre>`;
  const more = below.length === 0 ? "" : html`<ul>${below}</ul>`;
  return html`<li>${commands ? commandsHtml(text) : text}${shown}${more}${maybeRows(rows)}</li>`;
}

const maybeRows = (rows: readonly string[]): Html | undefined =>
  rows.length > 0 ? rowsHtml(rows) : undefined;

/** "look: `oob attach web1`" */
const commandsHtml = (text: string): Html =>
  html`${text.split("`").map((part, n) => (n % 2 === 1 ? html`<code>${part}</code>` : html`${part}`))}`;
