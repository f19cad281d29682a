import type { HostEntry, SiteConfig } from "../../config/site-config.ts";
import { OobError } from "../../lib/errors.ts";
import { nameHint } from "../../lib/nearest.ts";
import type { RunReport } from "../../sdk/run-report.ts";
import { dailyPage } from "../report/daily-page.ts";
import { readReports } from "../report/report-store.ts";
import { reportHtml } from "../runbook/report-html.ts";
import { reportMarkdown } from "../runbook/report-text.ts";
import type { Scheduler } from "../schedule/scheduler.ts";
import { demandReason } from "./demand-reason.ts";
import type {
  DailyPage,
  ReportSummary,
  ReportView,
  RunbookSummary,
  RunDoors,
  RunEvent,
  RunMark,
  RunRequest,
  ScheduledRun,
} from "./run-doors.ts";
import { listRunbooks, type RunSite, runOnHosts } from "./site-run.ts";

/** What runbooks need of a site, and what is known of them. */
interface RunCore extends RunSite {
  readonly config: SiteConfig;
  readonly scheduler: Scheduler;
  hosts(names: readonly string[]): readonly HostEntry[];
}

/** Runbooks of a site in this process, as one person sees them. */
export class LocalRuns implements RunDoors {
  readonly #core: RunCore;
  readonly #who: string;

  constructor(core: RunCore, who: string) {
    this.#core = core;
    this.#who = who;
  }

  async runbooks(): Promise<readonly RunbookSummary[]> {
    const all = await listRunbooks(this.#core.registry);
    const planned = await this.schedule([]);
    return all.map((runbook): RunbookSummary => {
      const own = planned.filter(
        ({ runbook: name, trouble }) => name === runbook.name && trouble === undefined,
      );
      if (own.length === 0) return runbook;
      const next = Math.min(...own.map((one) => one.next));
      return { ...runbook, scheduled: { hosts: own.length, next } };
    });
  }

  run(request: RunRequest): AsyncIterable<RunEvent> {
    demandReason(this.#core.config, request.reason, request.dryRun);
    return runOnHosts(this.#core, request, this.#who);
  }

  async clearMarks(names: readonly string[], reason: string): Promise<readonly RunMark[]> {
    demandReason(this.#core.config, reason, false);
    const hosts = names.map((name) => this.#core.host(name).name);
    return this.#core.marks.clear(hosts, this.#who, reason);
  }

  async schedule(names: readonly string[]): Promise<readonly ScheduledRun[]> {
    const hosts = this.#core.hosts(names).map(({ name }) => name);
    return this.#core.scheduler.view(new Set(hosts));
  }

  async reports(names: readonly string[]): Promise<readonly ReportSummary[]> {
    const hosts = this.#core.hosts(names);
    const all = await Promise.all(hosts.map(({ name }) => this.#reportsOf(name)));
    return all.flat().map(({ host, runbook, startedAt: at, result, dryRun, text, verdict }) => {
      const given = verdict === undefined ? {} : { verdict };
      return { host, runbook, at, result, dryRun, text, ...given };
    });
  }

  async report(name: string, runbook?: string): Promise<ReportView> {
    const host = this.#core.host(name).name;
    const all = await this.#reportsOf(host);
    const found = all.find((one) => runbook === undefined || one.runbook === runbook);
    if (found) return { report: found, markdown: reportMarkdown(found), html: reportHtml(found) };
    const of = runbook === undefined ? "" : ` of ${runbook}`;
    throw new OobError("USAGE", `Cannot show a report${of} of ${host}: there is none`, {
      hint: `See: oob report list ${host}`,
    });
  }

  async daily(names: readonly string[], runbook: string): Promise<DailyPage> {
    const { config, clock, marks, registry, scheduler } = this.#core;
    const known = await registry.names("runbook");
    if (!known.includes(runbook))
      throw new OobError("USAGE", `Cannot show reports of "${runbook}": there is no such runbook`, {
        hint: nameHint(runbook, known) ?? "List them with oob runbook list",
      });
    const hosts = this.#core.hosts(names).map(({ name }) => name);
    const planned = scheduler.view(new Set(hosts));
    const facts = await Promise.all(
      hosts.map(async (host) => ({
        host,
        stored: await readReports(config.state, host),
        scheduled: planned.find((one) => one.host === host && one.runbook === runbook),
        mark: marks.of(host),
      })),
    );
    return dailyPage(facts, { at: clock.now(), site: config.site, runbook });
  }

  async #reportsOf(host: string): Promise<readonly RunReport[]> {
    const stored = await readReports(this.#core.config.state, host);
    return stored.flatMap((one) => (one.is === "report" ? [one.report] : []));
  }
}
