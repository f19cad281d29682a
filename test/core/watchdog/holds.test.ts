import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Audit } from "../../../src/core/audit/audit.ts";
import { openAuditTrail } from "../../../src/core/audit/audit-trail.ts";
import { Holds } from "../../../src/core/watchdog/holds.ts";
import { ManualClock } from "../../../src/lib/clock.ts";
import { hours, minutes } from "../../../src/lib/durations.ts";

let dir: string;
let clock: ManualClock;
let audit: Audit;

beforeEach(() => {
  dir = fs.mkdtempSync(join(tmpdir(), "oob-holds-"));
  clock = new ManualClock(1_800_000_000_000);
  audit = openAuditTrail(dir, clock);
});
afterEach(async () => {
  await audit.close();
  fs.rmSync(dir, { recursive: true, force: true });
});

it("Holds keeps a hold until its time is over, and tells of both", async () => {
  const holds = new Holds(dir, clock, audit);
  const told: string[] = [];
  holds.follow((host) => told.push(host));
  await holds.set(["web1", "db1"], "jana", hours(2), "RAID rebuild");
  expect(holds.of("web1")).toMatchObject({ by: "jana", reason: "RAID rebuild" });
  await clock.advance(hours(2));
  expect(holds.of("web1")).toBeUndefined();
  expect(told).toEqual(["web1", "db1", "web1", "db1"]);
  const types: string[] = [];
  for await (const event of audit.read({ hosts: ["db1"], follow: false })) types.push(event.type);
  expect(types).toEqual(["hold.set", "hold.end"]);
});

it("Holds is not moved by a step of the wall clock", async () => {
  const holds = new Holds(dir, clock, audit);
  await holds.set(["web1"], "jana", hours(2), "");
  clock.stepWall(hours(24));
  expect(holds.of("web1")).toBeDefined();
  clock.stepWall(-hours(72));
  await clock.advance(hours(2));
  expect(holds.of("web1")).toBeUndefined();
});

it("Holds survives a restart, and a clock that went back does not prolong it", async () => {
  const before = new Holds(dir, clock, audit);
  await before.set(["web1"], "jana", hours(2), "");
  const after = new ManualClock(clock.now() + hours(1));
  expect(new Holds(dir, after, audit).of("web1")).toBeDefined();
  await after.advance(hours(1));
  const wrong = new ManualClock(clock.now() - hours(1000));
  const holds = new Holds(dir, wrong, audit);
  expect(holds.of("web1")).toBeDefined();
  await wrong.advance(hours(2));
  expect(holds.of("web1")).toBeUndefined();
  before.close();
});

it("Holds ends a hold that was released", async () => {
  const holds = new Holds(dir, clock, audit);
  await holds.set(["web1"], "jana", minutes(5), "");
  expect(await holds.release(["web1", "db1"], "jana")).toEqual(["web1"]);
  expect(holds.of("web1")).toBeUndefined();
  expect(new Holds(dir, clock, audit).of("web1")).toBeUndefined();
});

it("Holds keeps every host held where its file cannot be read", async () => {
  fs.writeFileSync(join(dir, "holds.json"), '{"web1": {"by": "ja');
  const holds = new Holds(dir, clock, audit);
  expect(holds.of("anything")?.reason).toMatch(/cannot be read/);
  await holds.release(["anything"], "jana");
  expect(new Holds(dir, clock, audit).of("anything")).toBeUndefined();
});

it("Holds refuses a time that no timer can keep", async () => {
  const holds = new Holds(dir, clock, audit);
  await expect(holds.set(["web1"], "jana", hours(24 * 365), "")).rejects.toThrow(/up to 24 days/);
  await expect(holds.set(["web1"], "jana", Number.NaN, "")).rejects.toThrow(/up to 24 days/);
});
