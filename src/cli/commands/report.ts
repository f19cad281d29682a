import type { ReportSummary } from "../../core/site/site.ts";
import { OobError } from "../../lib/errors.ts";
import { chooseHost, chooseHosts } from "../chosen-hosts.ts";
import { type Call, defineCommand } from "../command.ts";
import { JSON_VERSION } from "../json-views.ts";
import { VERDICT_STYLES } from "../report/verdict-styles.ts";
import { writePage } from "../report/write-page.ts";
import { localMinute, utc } from "../times.ts";
import { chooseVerb } from "../verbs.ts";

interface ReportOptions {
  readonly html?: string;
  readonly md?: boolean;
  readonly runbook?: string;
}

const VERBS = ["list", "show", "daily"] as const;

export default defineCommand<ReportOptions>({
  usage: "<verb> [which...]",
  about: [
    "list [HOSTS]           reports that are kept",
    "show HOST [RUNBOOK]    the newest one, whole",
    "daily [HOSTS]          all hosts on one page: verdict first, then only what is new, then totals;",
    "                       a host without a report of the last day stands on top",
  ].join("\n"),
  options: [
    { flags: "--md", summary: "show: as Markdown" },
    { flags: "--html <file>", summary: "show, daily: write a page there" },
    { flags: "--runbook <name>", summary: "daily: by the reports of this runbook (daily-check)" },
  ],
  examples: ["oob report daily --html /var/www/oob/daily.html", "oob report show web1"],
  async run(call) {
    const [word = "", ...which] = call.args;
    switch (chooseVerb("report", word, VERBS)) {
      case "list":
        return list(call, which);
      case "show":
        return show(call, which);
      case "daily":
        return daily(call, which);
    }
  },
});

async function list(call: Call<ReportOptions>, words: readonly string[]): Promise<undefined> {
  const { out, options } = call;
  const { site, hosts } = await chooseHosts(call, words, { all: true });
  const found = await site.reports(hosts);
  if (options.json) {
    const reports = found.map(({ at, ...rest }) => ({ ...rest, at: utc(at) }));
    out.json({ v: JSON_VERSION, reports });
    return;
  }
  if (found.length === 0) {
    out.talk("no reports");
    return;
  }
  out.table(
    [
      { title: "HOST" },
      { title: "RUNBOOK" },
      { title: "WHEN" },
      { title: "VERDICT" },
      { title: "WHAT", flexible: true },
    ],
    found.map((one) => [
      one.host,
      one.runbook,
      localMinute(one.at),
      { text: wordOf(one), style: VERDICT_STYLES[one.verdict ?? one.result] ?? "plain" },
      one.text,
    ]),
  );
}

const wordOf = ({ result, verdict, dryRun }: ReportSummary): string =>
  `${result === "done" ? (verdict ?? "done") : result}${dryRun ? " (dry run)" : ""}`;

async function show(call: Call<ReportOptions>, which: readonly string[]): Promise<undefined> {
  const { out, options } = call;
  const [word = "", runbook, more] = which;
  if (word === "" || more !== undefined)
    throw new OobError("USAGE", "Cannot show a report: a host is needed, and maybe a runbook", {
      hint: "oob report show web1 daily-check",
    });
  const { site, host } = await chooseHost(call, word);
  const { report, html, markdown } = await site.report(host, runbook);
  if (options.html !== undefined) return writePage(call, options.html, html);
  if (options.json) {
    const { startedAt, endedAt, acts, ...rest } = report;
    const times = { startedAt: utc(startedAt), endedAt: utc(endedAt) };
    out.json({ ...rest, ...times, acts: acts.map((act) => ({ ...act, at: utc(act.at) })) });
    return;
  }
  if (options.md) {
    out.raw(markdown);
    return;
  }
  const { reportLines } = await import("../report/report-text.ts");
  for (const line of reportLines(report, out.columns)) out.line(...line);
}

async function daily(call: Call<ReportOptions>, words: readonly string[]): Promise<undefined> {
  const { out, options } = call;
  if (options.md)
    throw new OobError("USAGE", "Cannot print the page of all hosts as Markdown", {
      hint: "Leave --md out, or write a page: --html FILE",
    });
  const { site, hosts } = await chooseHosts(call, words, { all: true });
  const reading = site.daily(hosts, options.runbook ?? "daily-check");
  const page = await out.waiting("reports", reading);
  if (options.html !== undefined) {
    const { dailyHtml } = await import("../report/daily-html.ts");
    return writePage(call, options.html, dailyHtml(page));
  }
  if (options.json) {
    const view = page.hosts.map(({ at, mark, ...host }) => ({
      ...host,
      ...(at !== undefined && { at: utc(at) }),
      ...(mark && { mark: { ...mark, at: utc(mark.at) } }),
    }));
    out.json({ v: JSON_VERSION, ...page, at: utc(page.at), hosts: view });
    return;
  }
  const { dailyLines } = await import("../report/daily-text.ts");
  for (const line of dailyLines(page, out.columns)) out.line(...line);
}
