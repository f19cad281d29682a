import { expect, test } from "vitest";
import { ManualClock } from "../../src/lib/clock.ts";
import { OobError } from "../../src/lib/errors.ts";
import { RunningCli, runCli } from "./run-cli.ts";
import { AT, AttachmentDouble, hostStatus, SiteDouble } from "./site-double.ts";

test("send types the words with Enter and lets the seat go", async () => {
  const site = new SiteDouble();
  const { code, stdout } = await runCli(["send", "web1", "uname -a", "--enter"], { site });
  expect([code, stdout]).toEqual([0, "web1  sent 9 B\n"]);
  expect(site.attachment.written).toBe("uname -a\r");
  expect(site.attachment.calls).toEqual(["leave"]);
});

test("send --sysrq sends BREAK, then the key; grave keys are asked about", async () => {
  const site = new SiteDouble();
  const { stdout } = await runCli(["send", "web1", "--sysrq", "s", "--json"], { site });
  expect(site.attachment.calls).toEqual(["break", "leave"]);
  expect(site.attachment.written).toBe("s");
  expect(JSON.parse(stdout)).toEqual({ v: 1, host: "web1", sent: true, bytes: 0, breaks: 1 });
  const grave = await runCli(["send", "web1", "--sysrq", "b"]);
  expect(grave.code).toBe(5);
  expect(grave.site.attachment.calls).toEqual([]);
  expect((await runCli(["send", "web1", "--sysrq", "b", "--yes"])).code).toBe(0);
  expect((await runCli(["send", "web1", "--sysrq", "!"])).code).toBe(2);
});

test("send into a taken seat is refused, exit 5, and nothing is typed", async () => {
  const site = new SiteDouble();
  site.seat = { mine: "read", writer: { who: "jana", since: AT, idle: 12_000 }, others: [] };
  const { code, stderr } = await runCli(["send", "web1", "reboot", "--enter"], { site });
  expect(code).toBe(5);
  expect(stderr).toContain("Cannot send to web1: jana is writing there");
  expect(site.attachment.written).toBe("");
});

test("send --expect waits for the pattern, also when it comes in pieces", async () => {
  const site = new SiteDouble();
  site.attachment.answers = () => ["Resta", "rting system"];
  const argv = ["send", "web1", "reboot", "--enter", "--expect", "Restarting \\w+"];
  const { code, stdout } = await runCli(argv, { site });
  expect([code, stdout]).toEqual([0, 'web1  sent 7 B; saw "Restarting system"\n']);
});

test("send --expect gives up in time, exit 7, and says that the text was sent", async () => {
  const clock = new ManualClock(AT);
  const running = new RunningCli(["send", "web1", "x", "--expect", "never", "--within", "5s"], {
    clock,
  });
  await clock.advance(4999);
  await clock.advance(1);
  expect(await running.code).toBe(7);
  expect(running.stderr).toMatch(
    /Cannot find "never" on web1: not seen within 5s\n {5}The text was sent/,
  );
});

test("send --expect to many counts what was sent and what was seen", async () => {
  const names = ["n1", "n2", "n3"];
  const site = new SiteDouble(names.map((host) => hostStatus(host)));
  site.attach = async ({ host, filter }) => {
    const double = new AttachmentDouble();
    double.answers = () => (host === "n1" ? ["up 3 days"] : []);
    const writer = { who: "jana", since: AT, idle: 0 };
    const seat = host === "n3" ? ({ mine: "read", writer, others: [] } as const) : site.seat;
    double.push({ is: "welcome", status: hostStatus(host), filter, seat });
    return double;
  };
  const clock = new ManualClock(AT);
  const argv = ["send", "n[1-3]", "uptime", "--expect", "up", "--within", "5s"];
  const plain = new RunningCli(argv, { site, clock });
  await clock.advance(5000);
  expect(await plain.code).toBe(7);
  expect(plain.stderr).toContain("sent to 2 of 3 hosts, seen on 1\n");
  const jsonl = new RunningCli([...argv, "--jsonl"], { site, clock });
  await clock.advance(5000);
  expect(await jsonl.code).toBe(7);
  const ends = jsonl.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  // Who takes a text for not sent sends it again.
  expect(ends.find(({ host }) => host === "n2")).toMatchObject({ sent: true, exit: 7 });
  expect(ends.find(({ host }) => host === "n3")).toMatchObject({ sent: false, exit: 5 });
});

test("send refuses a pattern that it cannot read before anything is typed", async () => {
  const { code, site } = await runCli(["send", "web1", "x", "--expect", "(?=a)"]);
  expect(code).toBe(2);
  expect(site.attachment.written).toBe("");
});

test("send of nothing is refused", async () => {
  expect((await runCli(["send", "web1"])).code).toBe(2);
});

test("send to a hundred hosts: one answer each, the failures do not stop the others, the worst one is the exit code", async () => {
  const names = Array.from({ length: 100 }, (_, n) => `n${n}`);
  const site = new SiteDouble(names.map((host) => hostStatus(host)));
  let atOnce = 0;
  let most = 0;
  site.attach = async ({ host, filter }) => {
    most = Math.max(most, ++atOnce);
    const double = new AttachmentDouble();
    const taken = host === "n7";
    const writer = { who: "jana", since: AT, idle: 0 };
    const seat = taken ? ({ mine: "read", writer, others: [] } as const) : site.seat;
    if (host === "n9")
      double.write = async () =>
        Promise.reject(new OobError("LINK_LOST", "Cannot type to n9: gone"));
    double.push({ is: "welcome", status: hostStatus(host), filter, seat });
    const leave = double.leave.bind(double);
    double.leave = async () => {
      atOnce--;
      await leave();
    };
    return double;
  };
  const { code, stdout, stderr } = await runCli(["send", "n[0-99]", "x", "--jsonl"], { site });
  const ends = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(ends).toHaveLength(100);
  expect(ends.filter(({ sent }) => sent)).toHaveLength(98);
  expect(ends.find(({ host }) => host === "n7")).toMatchObject({
    sent: false,
    code: "SEAT_TAKEN",
    exit: 5,
  });
  expect(ends.find(({ host }) => host === "n9")).toMatchObject({
    sent: false,
    code: "LINK_LOST",
    exit: 1,
  });
  // 1 is worse than 5.
  expect(code).toBe(1);
  expect(stderr).toContain("Cannot send to n7: jana is writing there");
  expect(most).toBeLessThanOrEqual(64);
});

test("send --pace auto goes at the line's speed, and a number at that many characters a second", async () => {
  const clock = new ManualClock(AT);
  const running = new RunningCli(["send", "web1", "abc", "--pace", "2"], { clock });
  await clock.advance(900);
  expect(running.site.attachment.written).toBe("ab");
  await clock.advance(1000);
  expect(await running.code).toBe(0);
  expect((await runCli(["send", "web1", "abc", "--pace", "auto"])).code).toBe(0);
  expect((await runCli(["send", "web1", "abc", "--pace", "fast"])).code).toBe(2);
});
