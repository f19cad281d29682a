/** Parts of a page about an incident, and how they read on a terminal of 100 columns, which is Markdown too. */
import type { Millis } from "../../lib/clock.ts";
import { formatDuration } from "../../lib/durations.ts";

const WIDTH = 98;

/** An item of a list, or rows as they stood somewhere. All texts are printable. */
export type PageLine =
  | {
      readonly is: "item";
      readonly text: string;
      /** 1: below the item before it. */
      readonly depth: 0 | 1;
      /** Rows of it, with room around them. */
      readonly shows?: string;
      /** It names commands, in backticks, and is not folded. */
      readonly commands?: true;
    }
  | { readonly is: "row"; readonly text: string; readonly indent: 4 | 6 };

/** One part of the page, under its title. */
export interface PageSection {
  readonly title: string;
  readonly lines: readonly PageLine[];
}

export const item = (text: string, depth: 0 | 1 = 0): PageLine => ({ is: "item", text, depth });
export const row = (text: string, indent: 4 | 6): PageLine => ({ is: "row", text, indent });
export const advice = (text: string): PageLine => ({ is: "item", text, depth: 0, commands: true });

/** What Markdown would take for a tag, a link or an image, and what opens a block where a line begins with it. */
const ACTIVE = /(\\*)<(?=[a-z/!?])|(?<=\])[([]/gi;
const OPENS_BLOCK = /^(?:#{1,6}|[-+*]|-+|=+|\d{1,9}[.)])$|^(?:>|`{3}|~{3}|\|)/;

/** An item of a list, folded between words; what follows the first line stands under its text. */
export function lineText(line: PageLine): string {
  if (line.is === "row") return `${" ".repeat(line.indent)}${line.text}`;
  if (line.commands) return `- ${line.text}`;
  // What a host printed stands in it, and a reader of Markdown may show pages that it names.
  const text = folded(line.text.replace(ACTIVE, "$1\\$&"), "  ".repeat(line.depth));
  return line.shows === undefined ? text : `${text}\n\n      ${line.shows}\n`;
}

function folded(text: string, indent: string): string {
  const lead = `${indent}- `;
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && lead.length + line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = OPENS_BLOCK.test(word) ? word.replace(/[^\d]/, "\\$&") : word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  lines.push(line);
  return `${lead}${lines.join(`\n${" ".repeat(lead.length)}`)}`;
}

/** A part of the page; none where it has no lines. */
export const sectionText = ({ title, lines }: PageSection): string =>
  lines.length === 0
    ? ""
    : `## ${title}\n\n${lines
        .map((line, n) => `${gap(line, lines[n - 1])}${lineText(line)}`)
        .join("\n")
        .trimEnd()}`;

/** Rows right below an item would be its text, and not stand as they were. */
const gap = (line: PageLine, before: PageLine | undefined): string =>
  line.is === "row" && before?.is === "item" ? "\n" : "";

/** "2026-11-22 03:04:05" */
export const moment = (at: Millis): string =>
  new Date(at).toISOString().slice(0, 19).replace("T", " ");

/** "03:04:05" */
export const clock = (at: Millis): string => moment(at).slice(11);

/** "+35s" */
export const after = (at: Millis, began: Millis): string =>
  at <= began ? "+0s" : `+${formatDuration(at - began).replace(" ", "")}`;
