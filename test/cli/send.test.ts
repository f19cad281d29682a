import { expect, test } from "vitest";
import { ManualClock } from "../../src/lib/clock.ts";
import { RunningCli, runCli } from "./run-cli.ts";
import { AT, SiteDouble } from "./site-double.ts";

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

test("send refuses a pattern that it cannot read before anything is typed", async () => {
  const { code, site } = await runCli(["send", "web1", "x", "--expect", "(?=a)"]);
  expect(code).toBe(2);
  expect(site.attachment.written).toBe("");
});

test("send of nothing is refused", async () => {
  expect((await runCli(["send", "web1"])).code).toBe(2);
});
