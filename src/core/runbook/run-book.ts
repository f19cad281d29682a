import { TerminalFilter } from "../../codec/terminal-filter.ts";
import { utf8 } from "../../lib/bytes.ts";
import { printable } from "../../lib/printable.ts";
import type { ReportRow, ReportSection } from "../../sdk/run-report.ts";
import type { ReportHands } from "../../sdk/runbook.ts";

/** What a report holds at most: a host may print without end. */
const MAX_SECTIONS = 200;
const MAX_ROWS = 2000;
const MAX_COLUMNS = 20;
const MAX_TEXT = 256 * 1024;
const MAX_CELL = 1000;
const MAX_TITLE = 200;
const MAX_LINE = 4096;
/** All sections together: a report larger than 16 MiB is not read again. */
const MAX_CHARACTERS = 4 * 1024 * 1024;

/** Text of a host, line by line, without anything that a terminal obeys. */
export function printableText(text: string): string {
  const cut = text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}\n… (cut)` : text;
  const filtered = new TerminalFilter("strict").filter(utf8(cut));
  return Buffer.from(filtered)
    .toString("utf8")
    .replace(/\r\n?/g, "\n")
    .split("\n")
    .map((line) => printable(line.replaceAll("\t", "    "), MAX_LINE))
    .join("\n")
    .trimEnd();
}

/** The sections of a run's report, as its parts write them. */
export class RunBook {
  readonly #clean: (text: string) => string;
  readonly #sections: ReportSection[] = [];
  #characters = 0;

  /** `clean` leaves secrets out. */
  constructor(clean: (text: string) => string) {
    this.#clean = clean;
  }

  get sections(): readonly ReportSection[] {
    return this.#sections;
  }

  /** Hands that write here, under the name of a part where it is one; `also` gets each section, too. */
  hands(part?: string, also?: ReportSection[]): ReportHands {
    const add = (section: ReportSection) => {
      also?.push(section);
      this.#add(section);
    };
    const named = part === undefined ? {} : { part };
    const title = (text: string) => printable(this.#clean(text), MAX_TITLE);
    const rows = (given: readonly ReportRow[]) =>
      given.slice(0, MAX_ROWS).map((row) => this.#row(row));
    const left = (given: readonly ReportRow[]) =>
      given.length > MAX_ROWS ? { left: given.length - MAX_ROWS } : {};
    return {
      text: (name, text) =>
        add({ is: "text", title: title(name), text: this.#text(text), ...named }),
      table: (name, given) =>
        add({ is: "table", title: title(name), rows: rows(given), ...left(given), ...named }),
      news: (name, given) =>
        add({ is: "news", title: title(name), rows: rows(given), ...left(given), ...named }),
    };
  }

  #add(section: ReportSection): void {
    if (this.#sections.length >= MAX_SECTIONS) return;
    const { length } = JSON.stringify(section);
    if (this.#characters + length > MAX_CHARACTERS) {
      const { title, part } = section;
      const text = "(left out: the report would be too large)";
      this.#sections.push({ is: "text", title, text, ...(part !== undefined && { part }) });
      return;
    }
    this.#characters += length;
    this.#sections.push(section);
  }

  /** Escape sequences that stood within a secret are gone only now. */
  #text(text: string): string {
    return this.#clean(printableText(this.#clean(text)));
  }

  #row(row: ReportRow): ReportRow {
    const cell = (value: string | number) =>
      typeof value === "number" ? value : printable(this.#clean(value), MAX_CELL);
    const cells = Object.entries(row).slice(0, MAX_COLUMNS);
    return Object.fromEntries(
      cells.map(([name, value]) => [printable(this.#clean(name), 60), cell(value)]),
    );
  }
}
