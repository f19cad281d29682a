import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { NewEvent } from "../../../src/core/audit/audit.ts";
import { type Incident, Incidents } from "../../../src/core/incident/incident.ts";
import type { Case } from "../../../src/core/policy/state.ts";
import { LoadNotes } from "../../../src/core/watchdog/load-notes.ts";
import { ManualClock } from "../../../src/lib/clock.ts";
import { hours, minutes, seconds } from "../../../src/lib/durations.ts";
import { Bench } from "./watchdog-doubles.ts";

const of: Case = {
  cause: { is: "silence", class: "silent", certain: false, means: "silent for 10m", at: 0 },
  began: 0,
  opened: true,
  tried: [],
} as unknown as Case;

let dir: string;
beforeEach(() => {
  dir = fs.mkdtempSync(join(tmpdir(), "oob-loads-"));
});
afterEach(() => fs.rmSync(dir, { recursive: true, force: true }));

test("LoadNotes tells what the loads say in the incident, when it is something else, and nowhere without one", () => {
  const incidents = new Incidents(dir, new ManualClock(0));
  const events: NewEvent[] = [];
  const audit = {
    note(event: NewEvent) {
      events.push(event);
      return { ...event, seq: 1, at: 0 };
    },
  };
  let load: string | undefined =
    "pdu-a/3 idle plateau: 89 W for 15m, where 40 W up and down is usual";
  const notes = new LoadNotes(audit, () => load);
  const look = (incident: Incident | undefined) =>
    notes.look([{ host: { entry: { name: "web1" } }, incident }]);
  look(undefined);
  expect(events).toEqual([]);
  const incident = incidents.open("web1", of);
  look(incident);
  load = "pdu-a/3 idle plateau: 90 W for 16m, where 40 W up and down is usual";
  look(incident);
  load = undefined;
  look(incident);
  expect(events.map(({ type, host }) => `${type} ${host}`)).toEqual(["watch.load web1"]);
  load = "pdu-a/3 draws 0 W";
  look(incident);
  const told = incident.record.story.map(({ text }) => text);
  expect(told).toEqual([expect.stringContaining("89 W for 15m"), "pdu-a/3 draws 0 W"]);
  expect(incident.page()).toMatch(
    /## What was seen[\s\S]*outlets: pdu-a\/3 draws 0 W[\s\S]*## What was proven/,
  );
  look(incidents.open("web1", of));
  expect(events).toHaveLength(3);
});

describe("Watchdog with outlets that draw nothing", () => {
  let bench: Bench;
  afterEach(() => bench.end());

  test("does nothing to a host for it, however long it stands", async () => {
    bench = await new Bench(["web1"], { silence: 0 }).start();
    bench.load = "pdu-a/3 draws 0 W";
    await bench.pass(hours(2));
    expect(bench.relay.orders).toEqual([]);
    expect(bench.runs).toEqual([]);
    expect(bench.incidents.list([])).toEqual([]);
    expect(bench.watchdog.statusOf("web1")).toMatchObject({ state: "healthy" });
  });

  test("acts at a panic as it does without, and tells it in the incident", async () => {
    const acts: (readonly string[])[] = [];
    for (const load of [undefined, "pdu-a/3 draws 0 W"]) {
      bench = await new Bench(["web1"]).start();
      bench.load = load;
      bench.console().panics();
      await bench.pass(seconds(55));
      expect(bench.relay.orders).toEqual([]);
      await bench.pass(minutes(3));
      acts.push([...bench.relay.orders]);
      const told = bench.incidents.list([])[0]?.record.story.map(({ type }) => type) ?? [];
      expect(told.includes("watch.load")).toBe(load !== undefined);
      if (load === undefined) await bench.end();
    }
    expect(acts[0]?.length).toBeGreaterThan(0);
    expect(acts[1]).toEqual(acts[0]);
  });
});
