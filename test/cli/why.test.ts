import { describe, expect, it } from "vitest";
import type { SiteEvent, WhyView } from "../../src/core/site/site.ts";
import { runCli } from "./run-cli.ts";
import { AT, SiteDouble } from "./site-double.ts";

const VIEW: WhyView = {
  host: "web1",
  at: AT,
  mode: "ask",
  precious: false,
  health: { state: "crash", class: "panic", why: "the kernel panicked", since: AT - 90_000 },
  phase: "waiting",
  facts: ["the console last spoke 1m 30s ago"],
  evidence: [
    {
      ...{ rule: "linux/panic", means: "the kernel panicked", class: "panic", state: "crash" },
      ...{ action: "recover", at: 48_122, line: "Kernel panic\u001b[2J", seenAt: AT - 90_000 },
    },
    {
      ...{ rule: "linux/login", means: "a login prompt", class: "login-prompt", state: "healthy" },
      ...{ action: "none", at: 12, line: "web1 login:" },
    },
  ],
  probes: [
    {
      ...{ at: AT - 30_000, answer: "none", text: "Enter sent 3 times in 25s: no answer" },
      steps: [{ at: AT - 55_000, tried: "Enter", answer: "nothing" }],
    },
  ],
  interlocks: {
    act: "cycle",
    verdicts: [
      { interlock: "held", passes: true, text: "no objection" },
      { interlock: "outlet-unknown", passes: false, text: "outlet pdu-a/3 cannot be read" },
    ],
  },
  next: {
    text: "without an answer, the ask whether to cycle its outlets ends",
    at: AT + 7_200_000,
  },
  foreseen: [{ text: "cycle its outlets", at: AT + 12_000, rung: "cycle" }],
  incident: 31,
  ask: { rung: "cycle", until: AT + 7_200_000 },
};

const INCIDENT = {
  ...{ id: 31, host: "web1", state: "open" as const, openedAt: AT, means: "the kernel panicked" },
  ...{ class: "panic", acts: [], folder: "/x" },
};

function site(change: Partial<WhyView> = {}): SiteDouble {
  const double = new SiteDouble();
  double.whys.set("web1", { ...VIEW, ...change });
  double.incidentList = [INCIDENT];
  return double;
}

const event = (type: string, text: string): SiteEvent => ({
  ...{ seq: 1, at: AT, host: "web1", type, by: "watchdog", text, data: { incident: 31 } },
});

describe("oob why", () => {
  it("prints evidence, probes, interlocks, what comes next and when, and how to answer", async () => {
    const { stdout, code } = await runCli(["why", "web1"], { site: site() });
    expect(code).toBe(0);
    for (const text of [
      "web1  CRASH panic for 1m 30s: the kernel panicked  (mode ask, incident 31)",
      "(1m 30s ago)  linux/panic: the kernel panicked (crash, recover)",
      "byte 12, before this process watched  linux/login",
      "Enter sent 3 times in 25s: no answer",
      "Enter: nothing",
      "Interlocks, asked now for: cycle",
      "objects  outlet-unknown: outlet pdu-a/3 cannot be read",
      "no objection: held",
      "without an answer, the ask whether to cycle its outlets ends",
      "answer: oob incident approve 31, or: oob incident deny 31",
      "(in 12s)  cycle its outlets",
    ])
      expect(stdout).toContain(text);
    // What a host prints reaches no terminal.
    expect(stdout).toContain("Kernel panic^[[2J");
    expect(stdout).not.toContain("\u001b[2J");
  });

  it("--json has all of it with times in UTC; --no-power asks no interlocks", async () => {
    const double = site();
    const { stdout } = await runCli(["why", "web1", "--no-power", "--json"], { site: double });
    expect(JSON.parse(stdout)).toMatchObject({
      v: 1,
      host: "web1",
      at: "2026-11-22T07:51:02.000Z",
      evidence: [{ at: 48_122, seenAt: "2026-11-22T07:49:32.000Z" }, { at: 12 }],
      probes: [{ steps: [{ at: "2026-11-22T07:50:07.000Z", tried: "Enter" }] }],
      interlocks: { verdicts: [{ passes: true }, { interlock: "outlet-unknown" }] },
      foreseen: [{ at: "2026-11-22T07:51:14.000Z", rung: "cycle" }],
      ask: { rung: "cycle", until: "2026-11-22T09:51:02.000Z" },
    });
    expect(double.asked).toContainEqual({ why: "web1", interlocks: false });
  });

  it("takes one host", async () => {
    expect((await runCli(["why", "web*"], { site: site() })).code).toBe(2);
  });
});

describe("oob status --why", () => {
  it("says under each host why, what comes next, and its habit; reads no interlock", async () => {
    const double = site({ habit: ["every 20m (71 times): MARK"] });
    for (const host of ["web2", "db1"]) double.whys.set(host, { ...VIEW, host });
    const { stdout } = await runCli(["status", "--why"], { site: double });
    expect(stdout).toMatch(/HOST [\s\S]*\n\nweb1 {2}CRASH panic for 1m 30s: the kernel panicked/);
    expect(stdout).toContain("  habit: every 20m (71 times): MARK\n  next: ");
    expect(double.asked).toContainEqual({ why: "web1", interlocks: false });
    const { stdout: text } = await runCli(["status", "web1", "--why", "--json"], { site: double });
    expect(JSON.parse(text)).toMatchObject({ hosts: [{ host: "web1", judgement: { v: 1 } }] });
  });
});

describe("oob incident approve, deny", () => {
  it("asks, says yes to the rung that was shown, and tells what comes of it", async () => {
    const double = site();
    double.siteEvents = [
      event("watch.probe", "Enter sent 3 times in 25s: no answer"),
      event("watch.act", "begins: cycle its outlets (order 31-cycle-1)"),
      event("incident.close", "incident 31 closed as recovered: login prompt seen"),
    ];
    const args = ["incident", "approve", "31", "--yes", "--reason", "dead"];
    const { stdout, stderr, code } = await runCli(args, { site: double });
    expect([code, double.asked.at(-2)]).toEqual([
      0,
      { approve: 31, rung: "cycle", reason: "dead", confirm: "y" },
    ]);
    expect(stdout).toMatch(/begins: cycle its outlets[\s\S]*closed as recovered/);
    expect(stderr).toContain("objects now: outlet-unknown: outlet pdu-a/3 cannot be read");
  });

  it("refuses without an answer, and for a precious host without its name", async () => {
    const double = site({ precious: true });
    for (const args of [[], ["--yes"], ["--confirm", "web2"]])
      expect((await runCli(["incident", "approve", "31", ...args], { site: double })).code).toBe(5);
    expect(double.asked.some((one) => Object.hasOwn(one as object, "approve"))).toBe(false);
    const args = ["incident", "approve", "31", "--confirm", "web1", "--no-wait"];
    const { code, stdout } = await runCli(args, { site: double });
    expect([code, stdout]).toEqual([
      0,
      "incident 31  approved: cycle of web1, once it is proven again\n",
    ]);
  });

  it("refuses where nothing is asked now", async () => {
    for (const change of [{ ask: undefined }, { incident: 32 }] as unknown as Partial<WhyView>[]) {
      const double = site(change);
      const args = ["incident", "approve", "31", "--yes"];
      expect((await runCli(args, { site: double })).code).toBe(5);
    }
  });

  it("exit 5 where it was called off, 6 where nobody knows, 1 where it did not help", async () => {
    for (const [type, acts, code] of [
      ["watch.veto", [], 5],
      ["watch.ask", [], 5],
      ["watch.page", ["cycle: unknown"], 6],
      ["watch.page", ["cycle: done"], 1],
    ] as const) {
      const double = site();
      double.incidentList = [{ ...INCIDENT, acts }];
      double.siteEvents = [event(type, "so it is")];
      const args = ["incident", "approve", "31", "--yes"];
      expect([type, (await runCli(args, { site: double })).code]).toEqual([type, code]);
    }
  });

  it("deny needs a reason and gives it on", async () => {
    const double = site();
    expect((await runCli(["incident", "deny", "31"], { site: double })).code).toBe(2);
    const args = ["incident", "deny", "31", "--reason", "being repaired"];
    expect((await runCli(args, { site: double })).code).toBe(0);
    expect(double.asked.at(-1)).toEqual({ deny: 31, reason: "being repaired" });
  });
});
