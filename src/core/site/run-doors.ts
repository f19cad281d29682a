import type { Millis } from "../../lib/clock.ts";
import type { OptionSpecs } from "../../sdk/options.ts";
import type { ReportNews, RunReport, Verdict } from "../../sdk/run-report.ts";
import type { Risk } from "../../sdk/runbook.ts";

/** A runbook as listed. */
export interface RunbookSummary {
  readonly name: string;
  readonly title: string;
  readonly summary: string;
  readonly risk: Risk;
  readonly options: OptionSpecs;
  /** Of yours: its path, and whether it stands in front of one of that name that ships. */
  readonly file?: string;
  readonly hides?: true;
  /** Runbooks of the schedule: when it runs next, and on how many hosts at all. */
  readonly scheduled?: { readonly hosts: number; readonly next: Millis };
}

/** What is to be run, where and how. */
export interface RunRequest {
  readonly runbook: string;
  readonly hosts: readonly string[];
  readonly set: Readonly<Record<string, string>>;
  readonly dryRun: boolean;
  /** Interlocks that a person may override were overridden knowingly. */
  readonly force?: boolean;
  readonly reason: string;
  /** Who approved it, where two have to. The daemon says so; it never comes over a socket. */
  readonly second?: string;
  /** The configuration wants it, and nobody asked: it may do what only types where two people have to want it. */
  readonly scheduled?: boolean;
  /** How many hosts at a time; by default what PARALLEL says for its risk. */
  readonly parallel?: number;
  /** Begin on further hosts although a change failed on one. */
  readonly keepGoing?: boolean;
}

/** A line of a runbook's report, or its end for one host. */
export interface RunEvent {
  readonly at: Millis;
  readonly host: string;
  readonly step?: string;
  readonly text: string;
  readonly tookMs?: Millis;
  readonly result?: "done" | "failed" | "refused";
  /** Of a run that is done, where the runbook gave one. */
  readonly verdict?: Verdict;
  readonly error?: { readonly code: string; readonly message: string; readonly hint?: string };
}

/** A runbook began to change the host and did not come to its end: a person has to look. */
export interface RunMark {
  readonly host: string;
  readonly runbook: string;
  readonly by: string;
  /** When its first act began. */
  readonly at: Millis;
  /** The last act that was begun. */
  readonly act: string;
  /** How it ended. */
  readonly why: string;
  /** The way back, as its acts told it last. */
  readonly undo?: string;
}

/** A runbook that runs by itself on a host. */
export interface ScheduledRun {
  readonly host: string;
  readonly runbook: string;
  /** "06:30", "Sun 03:00" */
  readonly times: readonly string[];
  readonly next: Millis;
  /** It is being run now. */
  readonly running: boolean;
  /** The last one. `due`: when it was to run; "missed": it was not run. */
  readonly last?: {
    readonly due: Millis;
    readonly at: Millis;
    readonly result: "done" | "failed" | "refused" | "missed";
    readonly text: string;
  };
  /** Why it cannot run at all. */
  readonly trouble?: string;
}

/** A stored report as listed. */
export interface ReportSummary {
  readonly host: string;
  readonly runbook: string;
  readonly at: Millis;
  readonly result: RunReport["result"];
  readonly dryRun: boolean;
  readonly verdict?: Verdict;
  readonly text: string;
}

/** A report, and how it is written for other programs. */
export interface ReportView {
  readonly report: RunReport;
  readonly markdown: string;
  readonly html: string;
}

/** A host on the fleet's page. `missing`: it has no report that counts, and why. */
export interface DailyHost {
  readonly host: string;
  readonly verdict: Verdict | "missing";
  readonly text: string;
  readonly at?: Millis;
  /** What is new since the report before. */
  readonly news: readonly ReportNews[];
  readonly mark?: RunMark;
}

/** The fleet on one page, the worst first. */
export interface DailyPage {
  readonly at: Millis;
  readonly site: string;
  readonly runbook: string;
  readonly verdict: Verdict;
  readonly totals: Readonly<Record<Verdict | "missing", number>>;
  readonly hosts: readonly DailyHost[];
}

/** What a site tells of its runbooks, and does with them. */
export interface RunDoors {
  runbooks(): Promise<readonly RunbookSummary[]>;
  run(request: RunRequest): AsyncIterable<RunEvent>;
  /** A person has looked: marks are taken away. Gives those that stood. */
  clearMarks(hosts: readonly string[], reason: string): Promise<readonly RunMark[]>;
  /** What runs by itself on these hosts, or on all. */
  schedule(hosts: readonly string[]): Promise<readonly ScheduledRun[]>;
  /** Stored reports of these hosts, or of all; the newest of each runbook first. */
  reports(hosts: readonly string[]): Promise<readonly ReportSummary[]>;
  /** The newest report of a host, or of one runbook there. Throws USAGE where there is none. */
  report(host: string, runbook?: string): Promise<ReportView>;
  /** These hosts, or all, on one page, by their reports of one runbook. */
  daily(hosts: readonly string[], runbook: string): Promise<DailyPage>;
}
