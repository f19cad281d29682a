/**
 * The fleet on one page. A host is `ok` because a report of less than a day says so, and never because nothing was
 * heard: no report, an old one, one that could not be made or read put the host on top.
 */
import type { Millis } from "../../lib/clock.ts";
import { formatDuration, hours } from "../../lib/durations.ts";
import type { ReportNews, RunReport, Verdict } from "../../sdk/run-report.ts";
import type { DailyHost, DailyPage, RunMark, ScheduledRun } from "../site/run-doors.ts";
import { brokenSince, type StoredReport } from "./report-store.ts";

/** A report counts for a day: the longest day has 25 hours, and a run takes its time. */
const COUNTS_FOR: Millis = hours(26);

/** What is known of a host. */
export interface DailyFacts {
  readonly host: string;
  /** Newest first. */
  readonly stored: readonly StoredReport[];
  readonly scheduled: ScheduledRun | undefined;
  readonly mark: RunMark | undefined;
}

const ORDER = ["missing", "act", "look", "ok"] as const;

/** Puts the page together. */
export function dailyPage(
  facts: readonly DailyFacts[],
  { at, site, runbook }: { readonly at: Millis; readonly site: string; readonly runbook: string },
): DailyPage {
  const hosts = facts.map((one) => dailyHost(one, runbook, at));
  hosts.sort((a, b) => rank(a) - rank(b) || compareNames(a.host, b.host));
  const totals = { ok: 0, look: 0, act: 0, missing: 0 };
  for (const { verdict } of hosts) totals[verdict]++;
  const worst = hosts[0]?.verdict ?? "ok";
  return { at, site, runbook, verdict: worst === "missing" ? "act" : worst, totals, hosts };
}

const rank = ({ verdict }: DailyHost): number => ORDER.indexOf(verdict);
const compareNames = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function dailyHost(facts: DailyFacts, runbook: string, now: Millis): DailyHost {
  const { host, stored, mark } = facts;
  const counted = stored.find(
    (one) => one.is === "report" && one.report.runbook === runbook && !one.report.dryRun,
  );
  const report = counted?.is === "report" ? counted.report : undefined;
  const missing = whyMissing(facts, report, runbook, now) ?? whyHidden(facts, report, runbook);
  const rest = { host, ...(report && { at: report.startedAt }), ...(mark && { mark }) };
  if (missing !== undefined || report === undefined)
    return { ...rest, verdict: "missing", text: missing ?? "", news: [] };
  const news = report.sections.filter((section): section is ReportNews => section.is === "news");
  // A run that is done and gives no verdict has to be read by a person.
  const said: Verdict = report.verdict ?? "look";
  const verdict = mark && said === "ok" ? "look" : said;
  const text = mark ? `${report.text}; ${mark.runbook} stopped half-way here` : report.text;
  return { ...rest, verdict, text, news: news.filter(({ rows }) => rows.length > 0) };
}

/** A later run whose report is not there, or cannot be read, said something: an older one must not stand for it. */
function whyHidden(
  { stored, scheduled }: DailyFacts,
  report: RunReport | undefined,
  runbook: string,
): string | undefined {
  if (report === undefined) return undefined;
  const broken = brokenSince(stored, runbook, report.startedAt);
  if (broken) return `"${broken.file}" cannot be read: ${broken.why}`;
  const last = scheduled?.last;
  if (last === undefined || last.due <= report.endedAt) return undefined;
  return `the report of its last run is not there: ${last.text}`;
}

/** Why a host has no report that counts; undefined: it has one. */
function whyMissing(
  { stored, scheduled }: DailyFacts,
  report: RunReport | undefined,
  runbook: string,
  now: Millis,
): string | undefined {
  const last = scheduled?.last;
  const failedSince = last && last.result !== "done" && last.at > (report?.startedAt ?? 0);
  if (failedSince) return `could not be made: ${last.text}`;
  if (scheduled?.trouble !== undefined) return `cannot be made: ${scheduled.trouble}`;
  if (report === undefined) {
    const broken = stored.find((one) => one.is === "broken");
    if (broken?.is === "broken") return `"${broken.file}" cannot be read: ${broken.why}`;
    return `no report of ${runbook} was ever made here`;
  }
  if (report.result !== "done") return `could not be made: ${report.text}`;
  const age = now - report.startedAt;
  if (age > COUNTS_FOR) return `the last report is ${formatDuration(age)} old: ${report.text}`;
  if (age < -COUNTS_FOR) return "its last report is from the future: a clock was moved";
  return undefined;
}
