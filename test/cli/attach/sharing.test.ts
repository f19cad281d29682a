import { expect, test } from "vitest";
import type { SeatView } from "../../../src/core/site/site.ts";
import type { SessionView } from "../../../src/core/site/who.ts";
import { ManualClock } from "../../../src/lib/clock.ts";
import { RunningCli, runCli } from "../run-cli.ts";
import { AT, SiteDouble } from "../site-double.ts";

const ESCAPE = "\u001d";
const SESSIONS: SessionView[] = [
  {
    session: "web1/1",
    host: "web1",
    who: "jana",
    mode: "write",
    since: AT - 60_000,
    idle: 12_400,
    typed: 3,
    from: "10.0.0.7 pts/3",
  },
  { session: "web1/2", host: "web1", who: "max", mode: "read", since: AT, idle: 0, typed: 0 },
  { host: "db1", who: "runbook daily", mode: "write", since: AT, idle: 0 },
];

async function attach(site: SiteDouble, argv: readonly string[] = ["attach", "web1"], env = {}) {
  const clock = new ManualClock(AT);
  const person = new RunningCli(argv, { site, clock, stdinTty: true, stdoutTty: true, env });
  await person.saw(/replay: screen/);
  const type = async (text: string) => {
    person.stdin.write(text);
    await clock.advance(0);
  };
  return { person, type, clock, console: site.attachment };
}

const withSeat = (seat: SeatView): SiteDouble => Object.assign(new SiteDouble(), { seat });
const lines = (text: string) =>
  text
    .replace(/\u001b\[0m/g, "")
    .replaceAll("\r", "")
    .split("\n");

test("attach says who was here last, how they went, and that their shell is open", async () => {
  const { person } = await attach(
    withSeat({
      mine: "write",
      others: [],
      lastWriter: { who: "jana", until: AT - 7_500_000, how: "lost the connection" },
      openShell: { root: true, since: AT - 7_500_000, by: "jana" },
    }),
  );
  const shown = lines(person.stdout);
  expect(shown[1]).toMatch(/^read-write \(free since \d\d:46:02\) {3}leave: \^\] \./);
  expect(shown[2]).toMatch(
    /^last here: jana, 2h 5m ago \(2026-11-22 \d\d:46 [+-]\d{4}\): lost the connection$/,
  );
  expect(shown[3]).toMatch(/^a root shell is open since \d\d:46:02, left by jana$/);
  for (const line of shown) expect(line.length).toBeLessThanOrEqual(100);
});

test("attach says so of a shell whose owner is not known, and nothing of it to readers of a writer", async () => {
  const openShell = { root: false };
  const one = await attach(withSeat({ mine: "write", others: [], openShell }));
  expect(lines(one.person.stdout)).toContain("a shell is open");
  const writer = { who: "max", since: AT, idle: 0 };
  const two = await attach(withSeat({ mine: "read", writer, others: [], openShell }));
  expect(lines(two.person.stdout)).not.toContain("a shell is open");
});

test("attach tells where ssh came from", async () => {
  const site = new SiteDouble();
  await attach(site, ["attach", "web1"], {
    SSH_CONNECTION: "10.0.0.7 50212 10.0.0.1 22",
    SSH_TTY: "/dev/pts/3",
  });
  expect(site.asked.at(-1)).toMatchObject({ attach: { from: "10.0.0.7 pts/3" } });
});

test("a message from inside says who was told", async () => {
  const site = new SiteDouble();
  const { person, type, console } = await attach(site);
  await type(`${ESCAPE}mhello\r`);
  await person.saw(/\[oob\] nobody else is here/);
  console.others = SESSIONS.slice(0, 2);
  await type(`${ESCAPE}mhello\r`);
  await person.saw(/\[oob\] told jana and max/);
  expect(console.calls).toEqual(["message hello", "message hello"]);
});

test("a key that only its owner has says why, in one line, and nothing reaches the host", async () => {
  const { person, type, console } = await attach(new SiteDouble(), ["attach", "web1", "-e", "^Ec"]);
  await type("\u0005cL");
  await person.saw(/\[oob\] \^Ec L of conserver: logging cannot be switched off\r\n/);
  expect([console.written, console.calls]).toEqual(["", []]);
});

test("conserver's break sequences: l1 is BREAK, l4 is typed with its pauses, a reader sends none", async () => {
  const { person, type, clock, console } = await attach(new SiteDouble(), [
    ...["attach", "web1", "-e", "^Ec"],
  ]);
  await type("\u0005cl1");
  expect(console.calls).toEqual(["break"]);
  await type("\u0005cl4");
  expect(console.written).toBe("\r");
  await clock.advance(600);
  expect(console.written).toBe("\r~");
  await clock.advance(600);
  expect(console.written).toBe("\r~\u0002");
  await person.saw(/break sequence l4 sent/);
  await type("\u0005cl?");
  await person.saw(/\[oob\] l3 {2}types #\./);
  const reader = await attach(withSeat({ mine: "read", others: [] }), [
    ...["attach", "web1", "-e", "^Ec", "-r"],
  ]);
  await reader.type("\u0005cl3");
  await reader.person.saw(/you are reading: nothing sent/);
  expect(reader.console.written).toBe("");
});

test("who lists everybody within 100 columns, and one JSON document", async () => {
  const site = new SiteDouble();
  site.sessions = SESSIONS;
  const { stdout, code } = await runCli(["who"], { site, stdoutTty: true, env: { NO_COLOR: "1" } });
  expect(code).toBe(0);
  const [head, ...rows] = lines(stdout.trimEnd());
  expect(head).toMatch(/^SESSION {2}WHO +DOES +SINCE +IDLE {2}FROM$/);
  expect(rows[0]).toMatch(
    /^web1\/1 +jana +writes +2026-11-22 \d\d:50 [+-]\d{4} +12s {2}10\.0\.0\.7 pts\/3$/,
  );
  expect(rows[2]).toMatch(/^db1\/- +runbook daily +writes /);
  for (const line of [head ?? "", ...rows]) expect(line.length).toBeLessThanOrEqual(100);
  const read = await runCli(["who", "web1", "--json"], { site });
  expect(JSON.parse(read.stdout)).toEqual({
    v: 1,
    sessions: [
      {
        session: "web1/1",
        host: "web1",
        who: "jana",
        mode: "write",
        since: "2026-11-22T07:50:02.000Z",
        idleSeconds: 12,
        typed: 3,
        from: "10.0.0.7 pts/3",
      },
      expect.objectContaining({ session: "web1/2", mode: "read", idleSeconds: 0 }),
    ],
  });
});

test("who says that nobody is there, and what it cannot see without a daemon", async () => {
  const site = new SiteDouble();
  expect((await runCli(["who"], { site })).stderr).toBe("nobody is at a console\n");
  site.via = "direct";
  expect((await runCli(["who"], { site })).stderr).toContain("without a daemon");
});

test("kick asks the site, with its reason, and says who went", async () => {
  const site = new SiteDouble();
  site.sessions = SESSIONS;
  const { stdout, code } = await runCli(["kick", "web1/1", "--reason", "gone"], { site });
  expect([stdout, code]).toEqual(["web1/1  jana was sent away\n", 0]);
  expect(site.asked.at(-1)).toEqual({ kick: "web1/1", reason: "gone" });
  const wrong = await runCli(["kick", "web1/9"], { site });
  expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining("web1/9: it has ended")]);
});

test("message says whom it reached; nobody is exit 1; no text is a usage error", async () => {
  const site = new SiteDouble();
  site.sessions = SESSIONS;
  const { stdout, code } = await runCli(["message", "web1", "feed", "A"], { site });
  expect([stdout, code]).toEqual(["told jana and max\n", 0]);
  expect(site.asked.at(-1)).toEqual({ message: "web1", text: "feed A" });
  const none = await runCli(["message", "web2", "x"], { site });
  expect([none.code, none.stderr]).toEqual([1, "nobody is at the console of web2\n"]);
  expect((await runCli(["message", "web1", " "], { site })).code).toBe(2);
  const json = await runCli(["message", "web1/2", "x", "--json"], { site });
  expect(JSON.parse(json.stdout)).toEqual({
    v: 1,
    to: "web1/2",
    told: [{ session: "web1/2", who: "max" }],
  });
});
