import { beforeEach, describe, expect, test } from "vitest";
import type { PowerEvent } from "../../../src/core/site/site.ts";
import {
  ended,
  fault,
  hostWith,
  OK,
  ORDER,
  recovered,
  run,
  startPower,
  TwoFeeds,
  WEB1,
} from "./power-sim.ts";

let site: TwoFeeds;
let events: PowerEvent[];
const A1 = hostWith("a/1");
const NO_RULES = { minInterval: 0, stagger: 500, lifeline: [] };

beforeEach(() => {
  site = new TwoFeeds();
  events = [];
  site.banks.a.commands = ["on", "off", "identify"];
});

async function identify(host = A1, { power = site.start(), dryRun = false, id = "lamp" } = {}) {
  const order = { ...ORDER, id };
  await run(
    site.clock,
    power.identify(host, order, dryRun, (event) => events.push(event)),
  );
  return events.at(-1);
}

describe("identify()", () => {
  test("is sent once to those feeds that can, and claims nothing that was not read", async () => {
    const end = await identify(WEB1);
    expect(end).toEqual({
      ...{ at: expect.any(Number), host: "web1", result: "done" },
      text: 'a/1 took "identify"; whether it shows cannot be read',
    });
    expect(site.banks.a.sent).toEqual([{ instance: "1", command: "identify" }]);
    expect(site.banks.b.sent).toEqual([]);
    expect(site.banks.a.relay("1").edges).toEqual([]);
  });

  test("stands in the audit trail before and after, by whom and why", async () => {
    await identify();
    expect(site.disk.events).toMatchObject([
      {
        ...{ type: "power.identify", host: "web1", by: "test", text: "identify a/1: because" },
        data: { id: "lamp", verb: "identify" },
      },
      { type: "power.outcome", host: "web1", data: { id: "lamp", result: "done" } },
    ]);
  });

  test.each([
    ["refused", "failed", "PDU_REFUSED"],
    ["lostAnswer", "unknown", "POWER_UNKNOWN"],
  ] as const)(
    "a device by which it is %s: %s, and it is not sent again",
    async (how, result, code) => {
      site.banks.a.command = how;
      expect(await identify()).toMatchObject({ result, error: { code } });
      expect(site.banks.a.sent).toHaveLength(1);
      expect(site.disk.events.at(-1)).toMatchObject({ type: "power.outcome", data: { result } });
    },
  );

  test("a host of which no feed can: refused, nothing is sent or written", async () => {
    expect(await identify(hostWith("b/1"))).toMatchObject({
      result: "refused",
      error: {
        code: "PDU_REFUSED",
        message: 'Cannot identify web1: b/1 has no command "identify"',
        hint: expect.stringContaining("ipmi and redfish"),
      },
    });
    expect([...site.banks.b.sent, ...site.disk.events]).toEqual([]);
    expect(await identify(hostWith())).toMatchObject({ error: { code: "OUTLET_UNKNOWN" } });
  });

  test("a feed that is silent is told, and keeps no other from it", async () => {
    site.banks.b.faults = [OK, fault("silent")];
    expect(await identify(WEB1)).toMatchObject({ result: "done" });
    expect(events[0]?.text).toMatch(/^b\/1 was not asked: no answer/);
    site.banks.a.faults = [fault("silent"), fault("silent")];
    expect(await identify(A1, { power: site.start() })).toMatchObject({
      result: "failed",
      error: { code: "PDU_SILENT" },
    });
  });

  test("a machine in the place of the one that was bound is not shown", async () => {
    const power = site.start();
    await run(site.clock, power.readHost(A1));
    site.banks.a.serial = "S2";
    expect(await identify(A1, { power })).toMatchObject({ error: { code: "PDU_REFUSED" } });
    expect(site.banks.a.sent).toEqual([]);
    expect(await identify(A1, { power })).toMatchObject({ result: "done" });
  });

  test("a machine that is off is shown as well, and a rehearsal sends and writes nothing", async () => {
    site.banks.a.relay("1").on = false;
    const text = "would ask a/1 to identify web1; nothing was sent";
    expect(await identify(A1, { dryRun: true })).toMatchObject({ result: "done", text });
    expect([...site.banks.a.sent, ...site.disk.events]).toEqual([]);
    expect(await identify()).toMatchObject({ result: "done" });
  });

  test("counts as no move: for the least interval, and for what a crash cut short", async () => {
    const rules = { a: { ...NO_RULES, minInterval: 60_000 }, b: NO_RULES };
    const first = startPower(site.banks, site.disk, site.clock, { rules });
    void first.power.switchHost(WEB1, "cycle", { ...ORDER, id: "cut short" });
    while (site.banks.a.relay("1").on) await site.clock.advance(100);
    first.process.dead = true;
    const { power } = startPower(site.banks, site.disk, site.clock, { rules });
    await identify(A1, { power });
    // What came later than the cycle must not pass for the on that it still owes.
    await run(site.clock, recovered(power));
    expect(site.banks.a.relay("1").on).toBe(true);
    await site.clock.advance(60_000);
    for (const id of ["one", "two"]) await identify(A1, { power, id });
    const off = power.switchHost(A1, "off", { ...ORDER, id: "off" });
    expect(await ended(site.clock, off)).toMatchObject({ result: "done", power: "off" });
  });

  test("does not wait for an outlet that is being switched, nor is that one refused for it", async () => {
    const power = site.start();
    const cycle = power.switchHost(A1, "cycle", ORDER);
    while (site.banks.a.relay("1").on) await site.clock.advance(100);
    expect(await identify(A1, { power })).toMatchObject({ result: "done" });
    expect(await ended(site.clock, cycle)).toMatchObject({ result: "done", power: "on" });
    expect(site.banks.a.falls("1")).toBe(1);
  });
});
