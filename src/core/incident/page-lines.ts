/** Lines of a page that are read on a terminal of 100 columns, and as Markdown. */
import type { Millis } from "../../lib/clock.ts";
import { formatDuration } from "../../lib/durations.ts";

const WIDTH = 98;

/** An item of a list, folded between words; what follows the first line stands under its text. */
export function item(text: string, indent = ""): string {
  const lead = `${indent}- `;
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && lead.length + line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  lines.push(line);
  return `${lead}${lines.join(`\n${" ".repeat(lead.length)}`)}`;
}

/** A part of the page; none where it has no lines. */
export const section = (title: string, lines: readonly string[]): string =>
  lines.length === 0 ? "" : `## ${title}\n\n${lines.join("\n").trimEnd()}`;

/** "2026-11-22 03:04:05" */
export const moment = (at: Millis): string =>
  new Date(at).toISOString().slice(0, 19).replace("T", " ");

/** "03:04:05" */
export const clock = (at: Millis): string => moment(at).slice(11);

/** "+35s" */
export const after = (at: Millis, began: Millis): string =>
  at <= began ? "+0s" : `+${formatDuration(at - began).replace(" ", "")}`;
