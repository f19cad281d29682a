import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { dailyHtml } from "../../../src/cli/report/daily-html.ts";
import { dailyLines } from "../../../src/cli/report/daily-text.ts";
import { type DailyFacts, dailyPage } from "../../../src/core/report/daily-page.ts";
import { readReports, reportFolder } from "../../../src/core/report/report-store.ts";
import type { RunMark, ScheduledRun } from "../../../src/core/site/run-doors.ts";
import { hours } from "../../../src/lib/durations.ts";
import type { RunReport } from "../../../src/sdk/run-report.ts";

const NOW = Date.UTC(2026, 10, 23, 7);
const PAGE = { at: NOW, site: "fra1", runbook: "daily-check" };

const report = (host: string, more: Partial<RunReport> = {}): RunReport => ({
  ...{ v: 1, host, runbook: "daily-check", title: "The daily look", risk: "type", by: "schedule" },
  ...{ reason: "scheduled", dryRun: false, startedAt: NOW - hours(1), endedAt: NOW - hours(1) },
  ...{ result: "done", verdict: "ok", text: "nothing new", steps: [], acts: [], notes: [] },
  sections: [],
  ...more,
});
const facts = (
  host: string,
  more: Partial<RunReport> | null,
  rest: Partial<DailyFacts> = {},
): DailyFacts => ({
  host,
  stored: more === null ? [] : [{ is: "report", report: report(host, more) }],
  scheduled: undefined,
  mark: undefined,
  ...rest,
});
const verdicts = (...all: DailyFacts[]) =>
  dailyPage(all, PAGE).hosts.map(({ host, verdict, text }) => `${host} ${verdict}: ${text}`);

const last = (result: "done" | "failed" | "missed", at: number): ScheduledRun => ({
  ...{ host: "a", runbook: "daily-check", times: ["06:30"], next: NOW + 1, running: false },
  last: { due: at, at, result, text: "the console is down" },
});
const withBroken = (name: string): DailyFacts => {
  const one = facts("a", {});
  const broken = { is: "broken", file: `/r/${name}`, why: "it has 17000000 bytes" } as const;
  return { ...one, stored: [broken, ...one.stored] };
};
const mark: RunMark = { host: "a", runbook: "fix-fstab", by: "x", at: 1, act: "y", why: "z" };

describe("a host is ok because a report of less than a day says so", () => {
  test.each([
    ["no report", facts("a", null), "missing: no report of daily-check was ever made here"],
    [
      "an old one",
      facts("a", { startedAt: NOW - hours(27) }),
      "missing: the last report is 1d old: nothing new",
    ],
    [
      "one that failed",
      facts("a", { result: "failed", text: "no login" }),
      "missing: could not be made: no login",
    ],
    [
      "a dry run alone",
      facts("a", { dryRun: true }),
      "missing: no report of daily-check was ever made here",
    ],
    [
      "another runbook's",
      facts("a", { runbook: "avc" }),
      "missing: no report of daily-check was ever made here",
    ],
    [
      "one from the future",
      facts("a", { startedAt: NOW + hours(30) }),
      "missing: its last report is from the future: a clock was moved",
    ],
    [
      "a file that cannot be read",
      facts("a", null, { stored: [{ is: "broken", file: "/x.json", why: "no report" }] }),
      'missing: "/x.json" cannot be read: no report',
    ],
    [
      "a later run that failed",
      facts("a", {}, { scheduled: last("failed", NOW - 1000) }),
      "missing: could not be made: the console is down",
    ],
    [
      "a later run that was missed",
      facts("a", {}, { scheduled: last("missed", NOW - 1000) }),
      "missing: could not be made: the console is down",
    ],
    [
      "an earlier run that failed",
      facts("a", {}, { scheduled: last("failed", NOW - hours(2)) }),
      "ok: nothing new",
    ],
    [
      "a later run that is done and whose report is not there",
      facts("a", {}, { scheduled: last("done", NOW - 1000) }),
      "missing: the report of its last run is not there: the console is down",
    ],
    [
      "a later report that cannot be read",
      withBroken("daily-check-20261123T063000Z.2.json"),
      'missing: "/r/daily-check-20261123T063000Z.2.json" cannot be read: it has 17000000 bytes',
    ],
    [
      "an earlier one that cannot be read",
      withBroken("daily-check-20261123T053000Z.json"),
      "ok: nothing new",
    ],
    [
      "another runbook's that cannot be read",
      withBroken("my-daily-check-20261123T063000Z.json"),
      "ok: nothing new",
    ],
    ["a report of today", facts("a", {}), "ok: nothing new"],
    ["no verdict", facts("a", { verdict: undefined } as never), "look: nothing new"],
    [
      "a runbook that stopped half-way",
      facts("a", {}, { mark }),
      "look: nothing new; fix-fstab stopped half-way here",
    ],
  ])("%s", (_, one, told) => expect(verdicts(one)).toEqual([`a ${told}`]));
});

const FLEET = [
  facts("a", {}),
  facts("b", {
    verdict: "look",
    text: "1 new path",
    sections: [
      {
        is: "news",
        title: "paths",
        part: "probes",
        rows: [{ path: "/<script>alert(1)</script>", count: 3 }],
      },
      { is: "text", title: "logwatch", text: "quiet" },
    ],
  }),
  facts("c", { verdict: "act", text: "openssl" }),
  facts("d", null),
];

test("the worst stands on top, and decides", () => {
  const page = dailyPage(FLEET, PAGE);
  expect(page.hosts.map(({ host }) => host)).toEqual(["d", "c", "b", "a"]);
  expect([page.verdict, page.totals]).toEqual(["act", { ok: 1, look: 1, act: 1, missing: 1 }]);
  expect(dailyPage(FLEET.slice(0, 2), PAGE).verdict).toBe("look");
  expect(dailyPage(FLEET.slice(0, 1), PAGE).verdict).toBe("ok");
  expect(dailyPage(FLEET.slice(3), PAGE).verdict).toBe("act");
});

test("as text: verdict, hosts, what is new, totals", () => {
  const lines = dailyLines(dailyPage(FLEET, PAGE), 100).map((line) =>
    line
      .map((piece) => (typeof piece === "string" ? piece : piece.text))
      .join("")
      .trimEnd(),
  );
  expect(lines.slice(1)).toEqual([
    "  d     NO REPORT  no report of daily-check was ever made here",
    "  c     act        openssl  (1h ago)",
    "  b     look       1 new path  (1h ago)",
    "",
    "New: b: probes: paths",
    "  PATH                        COUNT",
    "  /<script>alert(1)</script>  3",
    "",
    "4 hosts by daily-check: 1 without a report, 1 to act on, 1 to look at, 1 ok",
    "ok: a",
  ]);
  expect(lines[0]).toMatch(/^ACT {2}fra1, 2026-11-23 .*: something has to be done$/);
});

test("as a page: nothing of a host is markup, and nothing is loaded", () => {
  const html = dailyHtml(dailyPage(FLEET, PAGE));
  expect(html).not.toContain("<script");
  expect(html).toContain("/&#60;script&#62;alert(1)");
  expect(html).not.toMatch(/(?:src|href)=/);
  expect(html.indexOf("<td>d</td>")).toBeLessThan(html.indexOf("<td>c</td>"));
});

describe("readReports()", () => {
  let state: string;
  beforeEach(async () => {
    state = await mkdtemp(join(tmpdir(), "oob-reports-"));
    await mkdir(reportFolder(state, "web1"), { recursive: true });
  });
  afterEach(() => rm(state, { recursive: true }));
  const put = (name: string, text: string) =>
    writeFile(join(reportFolder(state, "web1"), name), text);

  test("newest first; what cannot be read is told, not passed over", async () => {
    await put(
      "avc-20261123T060000Z.json",
      JSON.stringify(report("web1", { runbook: "avc", startedAt: 1 })),
    );
    await put(
      "daily-check-20261123T070000Z.json",
      JSON.stringify(report("web1", { startedAt: 2 })),
    );
    await put("daily-check-20261123T070000Z.txt", "text");
    expect(
      (await readReports(state, "web1")).map((one) => one.is === "report" && one.report.runbook),
    ).toEqual(["daily-check", "avc"]);
    await put("probes-20261123T050000Z.json", '{"v":1,');
    await put("probes-20261123T040000Z.json", '{"v":2}');
    expect((await readReports(state, "web1")).filter(({ is }) => is === "broken")).toHaveLength(2);
  });

  test("a host without reports has none", async () => {
    expect(await readReports(state, "web2")).toEqual([]);
  });
});
