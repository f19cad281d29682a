import { appendFileSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { CallLog } from "../../../src/core/site/call-log.ts";
import { ManualClock } from "../../../src/lib/clock.ts";
import { redialWait } from "../../../src/sdk/modem/calls.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function start() {
  const state = mkdtempSync(join(tmpdir(), "oob-calls-"));
  folders.push(state);
  const clock = new ManualClock(1_795_000_000_000);
  const noted: string[] = [];
  const audit = {
    note: (event: { type: string; text: string }) => {
      noted.push(`${event.type}: ${event.text}`);
      return { ...event, seq: 1, at: 0, by: "oob" };
    },
  };
  const open = () => new CallLog(state, clock, audit);
  return { state, clock, noted, open, file: join(state, "calls.jsonl") };
}

test("a call is on record before it is made, and its end is, also for the next process", async () => {
  const { clock, noted, open, file } = start();
  const log = open();
  const call = await log.book("web1").begin({ number: "1", costPerMinute: "1 EUR" });
  expect(open().all()).toMatchObject([{ host: "web1", number: "1", outcome: "unknown" }]);
  expect(log.all()[0]).not.toHaveProperty("outcome");
  await clock.advance(20_000);
  await call.connected("CONNECT 33600");
  await clock.advance(90_000);
  expect(log.lastOf("web1")).toMatchObject({ text: "CONNECT 33600" });
  await call.ended("hung-up", "DTR low");
  const [only] = open().all();
  expect(only).toMatchObject({ outcome: "hung-up", costPerMinute: "1 EUR", text: "DTR low" });
  expect((only?.endedAt ?? 0) - (only?.connectedAt ?? 0)).toBe(90_000);
  expect(open().lastOf("web1")).toEqual(only);
  expect(noted).toEqual([
    "call.begin: calling 1",
    "call.connected: 1 answered: CONNECT 33600",
    "call.end: call of 1 ended, hung-up: DTR low",
  ]);
  expect(statSync(file).mode & 0o007).toBe(0);
});

test("calls of other hosts to the same number count, other numbers do not", async () => {
  const { open } = start();
  const log = open();
  await (await log.book("web1").begin({ number: "1" })).ended("busy", "BUSY");
  await (await log.book("db1").begin({ number: "1" })).ended("busy", "BUSY");
  await log.book("db1").begin({ number: "2" });
  expect(await open().book("web2").recent("1")).toHaveLength(2);
});

test("half a line and lines that are none do no harm", async () => {
  const { open, file } = start();
  await (await open().book("web1").begin({ number: "1" })).ended("busy", "BUSY");
  appendFileSync(
    file,
    'null\n[1]\n{"is":"ended","id":"nobody","at":1}\n{"is":"begin","id":"x","at"',
  );
  expect(open().all()).toHaveLength(1);
});

test("a large file is put aside and still counts", async () => {
  const { open, file } = start();
  await (await open().book("web1").begin({ number: "1" })).ended("busy", "BUSY");
  appendFileSync(file, `${" ".repeat(1 << 20)}\n`);
  await (await open().book("web1").begin({ number: "1" })).ended("busy", "BUSY");
  expect(statSync(file).size).toBeLessThan(1 << 20);
  expect(open().all()).toHaveLength(2);
});

test("a call that cannot be written down is not made", async () => {
  const { state, open } = start();
  rmSync(state, { recursive: true });
  writeFileSync(state, "a file where the folder was");
  const begin = open().book("web1").begin({ number: "1" });
  await expect(begin).rejects.toMatchObject({ code: "LOG_UNWRITABLE" });
});

test("a call that stands goes on where the disk has filled up, and the audit trail tells", async () => {
  const { state, open, noted } = start();
  const call = await open().book("web1").begin({ number: "1" });
  rmSync(state, { recursive: true });
  writeFileSync(state, "a file where the folder was");
  await call.connected("CONNECT");
  await call.ended("hung-up", "DTR low");
  expect(noted.filter((one) => one.startsWith("call.unwritten"))).toHaveLength(2);
});

test("redialWait(): the limit holds over a clock that is set back, and good calls end a back-off", () => {
  const policy = { wait: 30_000, longest: 900_000, perHour: 3 };
  const now = 1_795_000_000_000;
  const at = (ago: number) => ({ host: "h", number: "1", at: now - ago, endedAt: now - ago });
  const busy = (ago: number) => ({ ...at(ago), outcome: "busy" as const, text: "BUSY" });
  expect(redialWait([], policy, now)).toBeUndefined();
  expect(redialWait([busy(10_000)], policy, now)?.wait).toBe(20_000);
  expect(redialWait([busy(50_000), busy(10_000)], policy, now)?.wait).toBe(50_000);
  const good = { ...at(5000), connectedAt: now - 5000, outcome: "hung-up" as const };
  expect(redialWait([busy(50_000), good], policy, now)).toBeUndefined();
  const three = [busy(3_000_000), busy(2_000_000), good];
  expect(redialWait(three, policy, now)?.wait).toBe(600_000);
  const ahead = [busy(-7_200_000), busy(-7_200_000), busy(-7_200_000)];
  expect(redialWait(ahead, policy, now)?.wait).toBe(3_600_000);
  const many = Array.from({ length: 40 }, (_, i) => busy(4_000_000 + i));
  expect(redialWait([...many, busy(0)], policy, now)?.wait).toBe(900_000);
});
