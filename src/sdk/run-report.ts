/*
 * The report of one run, as it lies in <state>/hosts/<host>/reports/<runbook>-<time>.json: the runner writes it, `oob
 * report` reads it. Fields are added, never changed or taken away. All texts in it are printable.
 */
import type { Millis } from "../lib/clock.ts";

/** What a person has to do: nothing, read it, or do something. */
export type Verdict = "ok" | "look" | "act";

/** One row of a table: values by column. */
export type ReportRow = Readonly<Record<string, string | number>>;

/** A part of a report. `news` is what is new since the last good run, and stands on top. */
export type ReportSection =
  | {
      readonly is: "text";
      readonly title: string;
      readonly text: string;
      /** The runbook that wrote it, where that ran as a part of this one. */
      readonly part?: string;
    }
  | ReportTable
  | ReportNews;

/** Rows, and how many of them are left out; `part` as in a text. */
interface ReportRows {
  readonly title: string;
  readonly rows: readonly ReportRow[];
  readonly part?: string;
  readonly left?: number;
}

/** A table. */
export interface ReportTable extends ReportRows {
  readonly is: "table";
}

/** What is new since the last good run. */
export interface ReportNews extends ReportRows {
  readonly is: "news";
}

/** The report of one run of one runbook on one host. Times are Unix ms. */
export interface RunReport {
  readonly v: 1;
  readonly host: string;
  readonly runbook: string;
  readonly title: string;
  readonly risk: "read" | "type" | "disrupt";
  readonly by: string;
  readonly reason: string;
  readonly dryRun: boolean;
  readonly startedAt: Millis;
  readonly endedAt: Millis;
  readonly result: "done" | "failed" | "refused";
  /** Of a run that is done. */
  readonly verdict?: Verdict;
  /** One line that says how it went. */
  readonly text: string;
  readonly error?: { readonly code: string; readonly message: string; readonly hint?: string };
  readonly steps: readonly {
    readonly name: string;
    readonly tookMs: Millis;
    readonly failed?: boolean;
  }[];
  /** What was changed, and how a person takes it back. */
  readonly acts: readonly { readonly at: Millis; readonly what: string; readonly undo?: string }[];
  readonly notes: readonly string[];
  readonly sections: readonly ReportSection[];
}
