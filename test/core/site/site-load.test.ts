import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { bareConfig, bareHost } from "../../../src/config/bare-config.ts";
import type { SiteConfig } from "../../../src/config/site-config.ts";
import { SiteLoad } from "../../../src/core/site/site-load.ts";
import { ManualClock } from "../../../src/lib/clock.ts";
import { hours, minutes } from "../../../src/lib/durations.ts";

const NOON = Date.UTC(2026, 10, 22, 12);
let state: string;
beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), "oob-site-load-"));
});
afterEach(() => rm(state, { recursive: true }));

const outlets = [
  { pdu: "pdu-a", reference: "1" },
  { pdu: "pdu-b", reference: "1" },
];
const web1 = { ...bareHost("web1", { driver: "telnet", options: {} }), outlets };

function site(clock: ManualClock, watts: () => number | undefined) {
  const load = { every: minutes(1), keepDays: 14, ratings: new Map([["pdu-a", { amps: 10 }]]) };
  const pdu = { driver: "snmp", options: {} };
  const config: SiteConfig = {
    ...bareConfig({ HOME: state }),
    ...{ state, load },
    pdus: new Map([
      ["pdu-a", pdu],
      ["pdu-b", pdu],
    ]),
    hosts: new Map([["web1", web1]]),
  };
  const reading = (value: number | undefined) => ({
    family: "x",
    outlets: [
      {
        ...{ instance: "1", label: "1", state: "on" as const, pending: false },
        ...(value !== undefined && { watts: value }),
      },
    ],
  });
  return new SiteLoad({
    config,
    clock,
    power: {
      readUnhurried: (name) => Promise.resolve(reading(name === "pdu-a" ? watts() : undefined)),
    },
    audit: { note: (event) => ({ ...event, seq: 0, at: 0 }) },
  });
}

/** Lets time pass, and after each minute waits for the disk to have what was read. */
async function pass(clock: ManualClock, time: number): Promise<void> {
  const file = join(state, "load", "pdu-a", "2026-11-22.jsonl");
  const lines = async () => (await readFile(file, "utf8").catch(() => "")).split("\n").length - 1;
  while ((await lines()) === 0) await clock.advance(0);
  for (let gone = 0; gone < time; gone += minutes(1)) {
    const before = await lines();
    await clock.advance(minutes(1));
    while ((await lines()) === before) await clock.advance(0);
  }
}

test("history() gathers readings into steps that each hold some; an outlet that is not metered says so", async () => {
  const clock = new ManualClock(NOON);
  let watts = 100;
  const load = site(clock, () => watts++);
  load.start();
  await pass(clock, minutes(30));
  load.stop();
  const query = { hosts: ["web1"], since: NOON, steps: 1000 };
  const [first, second] = await load.history([web1], query);
  expect(first).toMatchObject({ host: "web1", outlet: "pdu-a/1", step: minutes(2) });
  expect(first?.points.length).toBeGreaterThanOrEqual(15);
  expect(first?.points[0]).toEqual({
    ...{ at: NOON, readings: 2, state: "on" },
    watts: { least: 100, mean: 100.5, most: 101 },
  });
  expect(second).toMatchObject({ outlet: "pdu-b/1", points: [] });
  expect(second?.note).toBe("pdu-b meters none of these outlets");
  const [later] = await load.history([web1], { ...query, since: NOON - hours(24), steps: 24 });
  expect(later?.points.map(({ readings }) => readings)).toEqual([30, 1]);
});

test("rated() adds the rating of the outlet, or of its PDU, where there is one", async () => {
  const clock = new ManualClock(NOON);
  const load = site(clock, () => 1);
  const rated = load.rated(
    ["pdu-a/1", "pdu-b/1"].map((id) => ({ id, state: "on", pending: false, readAt: 0 })),
  );
  expect(rated.map(({ rating }) => rating)).toEqual([{ amps: 10 }, undefined]);
});

test("history() outlives the process that wrote it", async () => {
  const clock = new ManualClock(NOON);
  const first = site(clock, () => 90);
  first.start();
  await pass(clock, minutes(10));
  first.stop();
  const second = site(clock, () => 90);
  const [outlet] = await second.history([web1], { hosts: [], since: NOON, steps: 10 });
  expect(outlet?.points.length).toBeGreaterThanOrEqual(5);
  expect(outlet?.note).toBeUndefined();
});
