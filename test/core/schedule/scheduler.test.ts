import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { parseScheduleTime } from "../../../src/config/schedule-time.ts";
import type { ScheduleEntry } from "../../../src/config/site-config.ts";
import type { NewEvent } from "../../../src/core/audit/audit.ts";
import { newsOf } from "../../../src/core/notify/alert-news.ts";
import { type ScheduledEnd, Scheduler } from "../../../src/core/schedule/scheduler.ts";
import { ManualClock } from "../../../src/lib/clock.ts";
import { hours, minutes, seconds } from "../../../src/lib/durations.ts";
import type { Risk } from "../../../src/sdk/runbook.ts";

const zone = process.env.TZ;
beforeAll(() => {
  process.env.TZ = "Europe/Berlin";
});
afterAll(() => {
  if (zone === undefined) delete process.env.TZ;
  else process.env.TZ = zone;
});

let state: string;
beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), "oob-schedule-"));
});
afterEach(() => rm(state, { recursive: true }));

const entry = (host: string, at: string, more: Partial<ScheduleEntry> = {}): ScheduleEntry => {
  const time = parseScheduleTime(at);
  if (!time) throw new Error(at);
  return { host, runbook: "daily-check", times: [time], set: {}, allowDisrupt: false, ...more };
};

/** A scheduler on a clock that stands at 06:00 on a Monday, unless told otherwise. */
function kit(entries: readonly ScheduleEntry[], now = "2026-11-23T06:00:00+01:00") {
  const clock = new ManualClock(Date.parse(now));
  const events: NewEvent[] = [];
  const ran: string[] = [];
  const world = {
    risk: "read" as Risk,
    end: async (): Promise<ScheduledEnd> => ({ result: "done", text: "all is well" }),
  };
  const make = () =>
    new Scheduler({
      ...{ entries, state, clock },
      audit: { note: (event) => ({ ...event, seq: events.push(event), at: clock.now() }) },
      riskOf: async () => world.risk,
      run: (one) => {
        ran.push(`${one.host} ${new Date(clock.now()).toISOString().slice(5, 16)}`);
        return world.end();
      },
    });
  const types = () => events.map(({ type, host, text }) => `${type} ${host ?? "-"}: ${text}`);
  return { clock, events, ran, world, make, types };
}

const DAY = hours(24);

test("runs once a day, and says when next", async () => {
  const { clock, ran, make } = kit([entry("web1", "06:30")]);
  const scheduler = make();
  scheduler.start();
  await clock.advance(minutes(29));
  expect(ran).toEqual([]);
  await clock.advance(minutes(2));
  expect(ran).toEqual(["web1 11-23T05:30"]);
  await clock.advance(2 * DAY);
  expect(ran).toEqual(["web1 11-23T05:30", "web1 11-24T05:30", "web1 11-25T05:30"]);
  const [view] = scheduler.view(new Set(["web1"]));
  expect(view).toMatchObject({ times: ["06:30"], running: false, last: { result: "done" } });
  expect(new Date(view?.next ?? 0).toISOString()).toBe("2026-11-26T05:30:00.000Z");
  await scheduler.stop();
});

test("what was due before it was in the schedule is not run", async () => {
  const { clock, ran, make, types } = kit([entry("web1", "05:45")]);
  const scheduler = make();
  scheduler.start();
  await clock.advance(hours(3));
  expect([ran, types()]).toEqual([[], []]);
  await scheduler.stop();
});

test("a restart runs nothing twice; what was missed within the hour is run late", async () => {
  const { clock, ran, make } = kit([entry("web1", "06:30")]);
  let scheduler = make();
  scheduler.start();
  await clock.advance(minutes(31));
  await scheduler.stop();
  scheduler = make();
  scheduler.start();
  await clock.advance(hours(2));
  expect(ran).toHaveLength(1);
  await scheduler.stop();
  await clock.advance(DAY - hours(2) + minutes(40)); // 07:11 of the next day
  scheduler = make();
  scheduler.start();
  await clock.advance(seconds(30));
  expect(ran.at(-1)).toBe("web1 11-24T06:11");
  await scheduler.stop();
});

test("what was missed by more is told, once, for all hosts together, and becomes an alert", async () => {
  const { clock, ran, make, events, types } = kit(["web1", "web2"].map((h) => entry(h, "06:30")));
  let scheduler = make();
  scheduler.start();
  await clock.advance(minutes(1));
  await scheduler.stop();
  await clock.advance(hours(3));
  scheduler = make();
  scheduler.start();
  await clock.advance(hours(1));
  expect(ran).toEqual([]);
  expect(types()).toEqual([
    "schedule.missed -: daily-check on web1, web2: was due 2h 31m ago and was not run: no daemon ran, or the clock was moved",
  ]);
  const [event] = events;
  const news = event && newsOf({ ...event, seq: 1, at: 0 }, () => undefined);
  expect(news).toMatchObject({ severity: "warning", phase: "open" });
  expect(scheduler.view(new Set(["web2"]))[0]?.last?.result).toBe("missed");
  await scheduler.stop();
});

test("clock jumps: forward past it is told or run late; back runs nothing twice", async () => {
  const { clock, ran, make, types } = kit([entry("web1", "06:30")]);
  const scheduler = make();
  scheduler.start();
  await clock.advance(minutes(1));
  clock.stepWall(minutes(50)); // 06:51
  await clock.advance(minutes(1));
  expect(ran).toHaveLength(1);
  clock.stepWall(-hours(2)); // 04:52
  await clock.advance(hours(3));
  expect(ran).toHaveLength(1);
  clock.stepWall(DAY); // over the next one, by more than an hour
  await clock.advance(minutes(1));
  expect(ran).toHaveLength(1);
  expect(types().filter((text) => text.startsWith("schedule.missed"))).toHaveLength(1);
  await scheduler.stop();
});

test("a clock that was a year ahead does not silence it for a year", async () => {
  const { clock, ran, make } = kit([entry("web1", "06:30")], "2027-11-23T06:00:00+01:00");
  const scheduler = make();
  scheduler.start();
  await clock.advance(hours(1));
  expect(ran).toHaveLength(1);
  clock.stepWall(-365 * DAY);
  await clock.advance(DAY);
  expect(ran).toHaveLength(2);
  await scheduler.stop();
});

test.each([
  ["begins", "2026-03-28T20:00:00+01:00"],
  ["ends", "2026-10-24T20:00:00+02:00"],
])("once a day where summer time %s", async (_, now) => {
  const { clock, ran, make } = kit([entry("web1", "02:30")], now);
  const scheduler = make();
  scheduler.start();
  await clock.advance(hours(20));
  expect(ran).toHaveLength(1);
  await clock.advance(DAY);
  expect(ran).toHaveLength(2);
  await scheduler.stop();
});

test("a failure is an event with its host, which people are told", async () => {
  const { clock, world, make, events, types } = kit([entry("web1", "06:30")]);
  world.end = async () => ({ result: "failed", text: "Cannot go on at web1" });
  const scheduler = make();
  scheduler.start();
  await clock.advance(minutes(31));
  expect(types()).toEqual(["schedule.failed web1: daily-check: Cannot go on at web1"]);
  const [event] = events;
  const news = event && newsOf({ ...event, seq: 1, at: 0 }, () => undefined);
  expect(news?.text).toBe("scheduled run failed: daily-check: Cannot go on at web1");
  await scheduler.stop();
});

test("somebody at the console: tried again every five minutes, within the hour", async () => {
  const { clock, ran, world, make, types } = kit([entry("web1", "06:30")]);
  world.end = async () => ({ result: "refused", text: "alice writes", again: true });
  const scheduler = make();
  scheduler.start();
  await clock.advance(minutes(42));
  expect(ran).toHaveLength(3);
  expect(types()).toEqual([]);
  await clock.advance(hours(2));
  expect(ran).toHaveLength(13);
  expect(types()).toEqual(["schedule.failed web1: daily-check: alice writes"]);
  await scheduler.stop();
});

test("one that takes hosts down is not run without allow-disrupt; that is told at the start", async () => {
  const entries = [entry("web1", "06:30"), entry("web2", "06:30", { allowDisrupt: true })];
  const { clock, ran, world, make, types } = kit(entries);
  world.risk = "disrupt";
  const scheduler = make();
  scheduler.start();
  await clock.advance(seconds(1));
  const text = `daily-check takes hosts down; "allow-disrupt: true" would let it run by itself`;
  expect(types()).toEqual([`schedule.impossible web1: will not run on web1: ${text}`]);
  expect(scheduler.nextAt("web1")).toBeUndefined();
  expect(scheduler.nextAt("web2")).toMatchObject({ runbook: "daily-check" });
  await clock.advance(minutes(31));
  expect(ran).toEqual(["web2 11-23T05:30"]);
  expect(types()[1]).toBe(`schedule.failed web1: daily-check: ${text}`);
  await scheduler.stop();
});

test.each([
  ["read", 2, []],
  ["type", 1, ["schedule.failed web1: daily-check: the daemon ended in the midst of it"]],
] as const)("killed in the midst of a run (%s)", async (risk, times, told) => {
  const { clock, ran, world, make, types } = kit([entry("web1", "06:30")]);
  world.risk = risk;
  world.end = () => new Promise(() => {});
  make().start(); // never stopped: killed
  await clock.advance(minutes(31));
  world.end = async () => ({ result: "done", text: "all is well" });
  const scheduler = make();
  scheduler.start();
  await clock.advance(minutes(1));
  expect(ran).toHaveLength(times);
  expect(types().filter((text) => !text.startsWith("schedule.done"))).toEqual(told);
  await scheduler.stop();
});

test("a book that cannot be read is told, and what comes is run", async () => {
  await writeFile(join(state, "schedule.json"), "{");
  const { clock, ran, make, types } = kit([entry("web1", "06:30")]);
  const scheduler = make();
  scheduler.start();
  await clock.advance(minutes(31));
  expect(ran).toHaveLength(1);
  expect(types()[0]).toMatch(/^schedule.error -: what ran by itself before is not known/);
  await scheduler.stop();
  expect(JSON.parse(await readFile(join(state, "schedule.json"), "utf8"))).toMatchObject({ v: 1 });
});

test("at most so many hosts at a time, and one thing at a host", async () => {
  const hosts = Array.from({ length: 20 }, (_, n) => `web${n}`);
  const both = hosts.flatMap((host) => [
    entry(host, "06:30"),
    entry(host, "06:30", { runbook: "logwatch" }),
  ]);
  const { clock, world, make } = kit(both);
  let now = 0;
  let most = 0;
  let all = 0;
  world.end = async () => {
    most = Math.max(most, ++now);
    all++;
    await clock.sleep(seconds(10));
    now--;
    return { result: "done", text: "" };
  };
  const scheduler = make();
  scheduler.start();
  await clock.advance(minutes(40));
  expect([most, all]).toEqual([8, 40]);
  await scheduler.stop();
});
