import { expect, test } from "vitest";
import { displayWidth } from "../../src/cli/display-width.ts";
import type { RunEvent } from "../../src/core/site/site.ts";
import { runCli } from "./run-cli.ts";
import { AT, hostStatus, SiteDouble } from "./site-double.ts";

const HOSTS = Array.from({ length: 12 }, (_, n) => `web${n + 1}`);
const LOOK = { name: "look", title: "Look", summary: "looks", risk: "read", options: {} } as const;
const HINT = "Look at its cable";

function site(): SiteDouble {
  const double = new SiteDouble(HOSTS.map((host) => hostStatus(host)));
  double.runbookList = [LOOK];
  const at = AT;
  double.runEvents = [
    ...HOSTS.map((host): RunEvent => ({ at, host, step: "login", text: "done", tookMs: 300 })),
    ...HOSTS.map((host, n): RunEvent => {
      if (n % 6 !== 0)
        return { at, host, text: "nothing new", result: "done", verdict: "ok", tookMs: 1000 };
      const error = { code: "RUNBOOK_FAILED", message: `Cannot go on at ${host}`, hint: HINT };
      return { at, host, step: "read", text: error.message, result: "failed", tookMs: 9000, error };
    }),
  ];
  return double;
}

/** What a terminal shows in the end: a carriage return begins the line anew. */
const shown = (stdout: string): string[] =>
  stdout.split("\n").map((line) => line.split("\r").at(-1)?.replace("\u001b[K", "") ?? "");

test("several hosts on a terminal: ends alone, under each other, and a line that lives", async () => {
  const { stdout, stderr, code } = await runCli(["run", "look", "*", "--color", "never"], {
    site: site(),
    stdoutTty: true,
    columns: 100,
  });
  expect(code).toBe(1);
  const lines = shown(stdout).filter((line) => line !== "");
  expect(lines).toHaveLength(12);
  expect(lines[0]).toMatch(
    /^\d\d:\d\d:\d\d web1 {3}failed {3}read: Cannot go on at web1 {2}\(9s\)$/,
  );
  expect(lines[11]).toMatch(/^\d\d:\d\d:\d\d web12 {2}done {4}ok {2}nothing new {2}\(1s\)$/);
  expect(stdout).toContain("\r0 of 12 · web1: login\u001b[K");
  for (const line of stdout.split(/[\r\n]/))
    expect(displayWidth(line.replaceAll("\u001b[K", ""))).toBeLessThan(100);
  expect(stderr.split(HINT)).toHaveLength(2);
  expect(stderr).toContain("12 hosts · 2 failed · 10 done");
});

test("-v, one host, and no terminal: every step", async () => {
  const verbose = await runCli(["run", "look", "*", "-v"], {
    site: site(),
    stdoutTty: true,
    columns: 100,
  });
  expect(verbose.stdout.match(/login: done/g)).toHaveLength(12);
  const piped = await runCli(["run", "look", "*"], { site: site() });
  expect(piped.stdout.match(/login: done/g)).toHaveLength(12);
  expect(piped.stdout).not.toContain("\r");
});

test("--parallel and --keep-going go along; what is no number is refused", async () => {
  const double = site();
  await runCli(["run", "look", "web1", "--parallel", "3", "--keep-going"], { site: double });
  expect(double.asked).toContainEqual({
    run: {
      runbook: "look",
      hosts: ["web1"],
      set: {},
      dryRun: false,
      force: false,
      reason: "",
      parallel: 3,
      keepGoing: true,
    },
  });
  const { code, stderr } = await runCli(["run", "look", "web1", "-p", "0"], { site: site() });
  expect([code, stderr]).toEqual([
    2,
    "oob: Cannot run on 0 hosts at a time\n     Give a number from 1 to 10000\n",
  ]);
});

test("done is not all well: the last line counts the verdicts that want a person", async () => {
  const double = site();
  double.runEvents = [
    { at: AT, host: "web1", text: "x", result: "failed", tookMs: 1 },
    ...(["ok", "act", "look", "act"] as const).map(
      (verdict, n): RunEvent => ({
        at: AT,
        host: `web${n + 2}`,
        text: "x",
        result: "done",
        verdict,
      }),
    ),
  ];
  const { stderr } = await runCli(["run", "look", "web[1-5]"], { site: double });
  expect(stderr).toContain("5 hosts · 1 failed · 4 done (2 act, 1 look) · ");
});

test("the page of all hosts has no Markdown, and says so", async () => {
  const { code, stderr, stdout } = await runCli(["report", "daily", "--md"], { site: site() });
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toContain("--html FILE");
});

test("runbook clear says what stood there", async () => {
  const double = site();
  double.marks = [
    { host: "web1", runbook: "fix-fstab", by: "alice", at: AT, act: "put it back", why: "x" },
  ];
  const { stdout } = await runCli(["runbook", "clear", "web[1-2]", "--reason", "looked"], {
    site: double,
  });
  expect(stdout).toBe(
    'web1  cleared: fix-fstab stopped half-way in "put it back"\nweb2  nothing to clear\n',
  );
  expect(double.asked).toContainEqual({ clearMarks: ["web1", "web2"], reason: "looked" });
});

test("runbook list shows when those of the schedule run next, and what did not", async () => {
  const double = site();
  double.runbookList = [{ ...LOOK, scheduled: { hosts: 2, next: AT } }];
  const last = { due: AT, at: AT, result: "missed", text: "no daemon ran" } as const;
  double.planned = [
    { host: "web1", runbook: "look", times: ["06:30"], next: AT, running: false, last },
  ];
  const { stdout, stderr } = await runCli(["runbook", "list"], { site: double });
  expect(stdout).toMatch(
    /^RUNBOOK {2}RISK {2}NEXT {16}TITLE\nlook {5}read {2}\w{3} \d\d:\d\d, 2 hosts {2}Look\n$/,
  );
  expect(stderr).toMatch(/^look on web1 missed .*: no daemon ran\n/);
  const json = JSON.parse((await runCli(["runbook", "list", "--json"], { site: double })).stdout);
  expect(json.schedule[0].last).toMatchObject({
    result: "missed",
    due: "2026-11-22T07:51:02.000Z",
  });
});

test("report show, list and daily: text and JSON", async () => {
  const double = site();
  double.kept = [
    {
      ...{
        v: 1,
        host: "web1",
        runbook: "look",
        title: "Look",
        risk: "read",
        by: "alice",
        reason: "why",
      },
      ...{
        dryRun: false,
        startedAt: AT,
        endedAt: AT + 5000,
        result: "done",
        verdict: "look",
        text: "1 new port",
      },
      ...{ steps: [], acts: [{ at: AT, what: "noted", undo: "forget it" }], notes: ["a note"] },
      sections: [
        { is: "text", title: "log", text: "quiet" },
        { is: "news", part: "listeners", title: "ports", rows: [{ port: 8080, program: "nc" }] },
      ],
    },
  ];
  const { stdout } = await runCli(["report", "show", "web1"], { site: double });
  expect(stdout.split("\n").slice(2)).toEqual([
    "",
    "New: listeners: ports",
    "  PORT  PROGRAM",
    "  8080  nc",
    "",
    "log",
    "  quiet",
    "",
    "Changed",
    "  noted  (to take it back: forget it)",
    "",
    "Notes",
    "  a note",
    "",
  ]);
  expect(stdout).toMatch(
    /^look {2}web1 {2}look: 1 new port\nLook, 2026-11-22 .*, 5s, by alice: why\n/,
  );
  expect((await runCli(["report", "show", "web1", "--md"], { site: double })).stdout).toBe(
    "# web1\n",
  );
  const listed = await runCli(["report", "list"], { site: double });
  expect(listed.stdout).toMatch(/\nweb1 {2}look {5}2026-11-22 .* look {5}1 new port\n$/);
  double.page = {
    at: AT,
    site: "fra1",
    runbook: "daily-check",
    verdict: "act",
    totals: { ok: 0, look: 0, act: 0, missing: 1 },
    hosts: [{ host: "web1", verdict: "missing", text: "no report", news: [] }],
  };
  const page = JSON.parse((await runCli(["report", "daily", "--json"], { site: double })).stdout);
  expect(page).toMatchObject({
    v: 1,
    verdict: "act",
    at: "2026-11-22T07:51:02.000Z",
    hosts: [{ host: "web1", verdict: "missing" }],
  });
  expect(double.asked).toContainEqual({ daily: HOSTS, runbook: "daily-check" });
});
