import { beforeEach, describe, expect, test } from "vitest";
import type { HostEntry } from "../../../src/config/site-config.ts";
import type { PowerOrder } from "../../../src/core/power/power.ts";
import { ManualClock } from "../../../src/lib/clock.ts";
import {
  Disk,
  ended,
  fault,
  hostWith,
  OK,
  ORDER,
  RelayBank,
  run,
  startPower,
} from "./power-sim.ts";

let clock: ManualClock;
let bank: RelayBank;
let disk: Disk;

const WEB6 = hostWith("a/6");
const DB1: HostEntry = { ...hostWith("a/7"), name: "db1" };
const hosts = new Map([WEB6, DB1].map((host) => [host.name, host]));
const order = (id: string, more: Partial<PowerOrder> = {}): PowerOrder => ({
  ...ORDER,
  ...{ id, by: "jana" },
  ...more,
});
const start = () => startPower({ a: bank }, disk, clock, { hosts }).power;
const types = () => disk.events.map(({ type }) => type);

beforeEach(() => {
  clock = new ManualClock(1_700_000_000_000);
  bank = new RelayBank(clock, ["5", "6", "7", "8"]);
  bank.names = { "7": "db1" };
  disk = new Disk();
});

describe("switchHost() on a map that is shifted by one", () => {
  beforeEach(() => {
    bank.wiring = { "6": ["7"], "7": ["8"] };
  });

  test("off: the neighbour that went off is named, an alarm of its host, and left alone", async () => {
    const said: string[] = [];
    const work = start().switchHost(WEB6, "off", order("1"), ({ text }) => said.push(text));
    expect(await ended(clock, work)).toMatchObject({
      result: "failed",
      power: "on",
      error: {
        code: "NEIGHBOUR_MOVED",
        message: expect.stringMatching(
          /Cannot switch a\/6 off: .* still reads on after 10s; outlet 7 "db1" of a went off in the same moment as a\/6 was told "off"$/,
        ),
        hint: expect.stringContaining("oob power on db1 --force"),
      },
    });
    expect(bank.relay("7").on).toBe(false);
    expect(bank.sent).toHaveLength(1);
    expect(said.join("\n")).toContain('outlet 7 "db1" of a went off in the same moment');
    const alarm = disk.events.find(({ type }) => type === "power.alarm");
    expect(alarm).toMatchObject({
      host: "db1",
      by: "jana",
      text: expect.stringMatching(/^db1 MAY BE WITHOUT POWER: outlet 7 "db1" of a went off/),
    });
  });

  test("cycle: that it was off is told though the on has brought it back", async () => {
    const report = await ended(clock, start().switchHost(WEB6, "cycle", order("1")));
    expect(report).toMatchObject({
      result: "failed",
      power: "on",
      error: {
        code: "NEIGHBOUR_MOVED",
        message: expect.stringMatching(/went off in the same moment .*, and reads on again$/),
      },
    });
    expect(bank.relay("7").on).toBe(true);
    expect(types()).toEqual(["power.intent", "power.alarm", "power.outcome"]);
    expect(disk.events[1]?.text).not.toContain("WITHOUT POWER");
  });

  test("nothing is switched there any more, after a restart neither, before a person says --force", async () => {
    await ended(clock, start().switchHost(WEB6, "off", order("1")));
    bank.wiring = {};
    for (const by of ["watchdog", "runbook single-user", "jana"]) {
      const report = await ended(clock, start().switchHost(WEB6, "off", order(by, { by })));
      expect(report).toMatchObject({
        result: "refused",
        error: { code: "GUARD_REFUSED", message: expect.stringContaining("in doubt") },
      });
    }
    const rehearsed = run(clock, start().rehearse(WEB6, "off"));
    await expect(rehearsed).rejects.toMatchObject({ code: "GUARD_REFUSED" });
    expect(bank.sent).toHaveLength(1);
    const forced = start().switchHost(DB1, "on", order("2", { force: true }));
    expect(await ended(clock, forced)).toMatchObject({ result: "done", power: "on" });
    expect(types().filter((type) => type === "power.trusted")).toHaveLength(1);
    const later = await ended(
      clock,
      start().switchHost(WEB6, "off", order("3", { by: "watchdog" })),
    );
    expect(later.result).toBe("done");
  });

  test("where --force was wrong, the doubt begins anew", async () => {
    const power = start();
    await ended(clock, power.switchHost(WEB6, "off", order("1")));
    const forced = power.switchHost(DB1, "off", order("2", { force: true }));
    await ended(clock, forced);
    bank.press("7", true);
    const again = power.switchHost(DB1, "off", order("3", { force: true }));
    expect(await ended(clock, again)).toMatchObject({ result: "failed" });
    const refused = await ended(clock, power.switchHost(WEB6, "on", order("4")));
    expect(refused).toMatchObject({ result: "refused" });
  });
});

describe("switchHost() where others move besides", () => {
  test("a group that the device switches in one is no success", async () => {
    bank.wiring = { "6": ["6", "7"] };
    expect(await ended(clock, start().switchHost(WEB6, "off", order("1")))).toMatchObject({
      result: "failed",
      power: "off",
      error: {
        code: "NEIGHBOUR_MOVED",
        message: expect.stringMatching(/^Cannot call it well done: outlet 7 "db1" of a went off/),
      },
    });
  });

  test("outlets that come on, as after an outage, are told and stop nobody", async () => {
    bank.relay("6").on = false;
    bank.relay("8").on = false;
    bank.wiring = { "6": ["6", "8"] };
    const said: string[] = [];
    const work = start().switchHost(WEB6, "on", order("1"), ({ text }) => said.push(text));
    expect(await ended(clock, work)).toMatchObject({ result: "done", power: "on" });
    expect(said.join("\n")).toContain("outlet 8 of a went on in the same moment");
    expect(types()).toEqual(["power.intent", "power.outcome"]);
  });

  test("what another order of ours moves is nobody's fault", async () => {
    const power = start();
    const both = [
      power.switchHost(WEB6, "cycle", order("1")),
      power.switchHost(DB1, "off", order("2")),
    ];
    for (const work of both) expect(await ended(clock, work)).toMatchObject({ result: "done" });
  });

  test("a virtual machine that somebody shuts down meanwhile is nobody's fault, and stops nobody", async () => {
    bank.commands = ["on", "off", "soft"];
    const power = start();
    const work = power.switchHost(WEB6, "cycle", order("1"));
    await clock.advance(5000);
    bank.press("7", false);
    expect(await ended(clock, work)).toMatchObject({ result: "done", power: "on" });
    expect(await ended(clock, power.switchHost(DB1, "on", order("2")))).toMatchObject({
      result: "done",
    });
    expect(types()).not.toContain("power.alarm");
  });

  test("a state that was garbled once moves nothing", async () => {
    const power = start();
    // The first whole reading finds the outlet, the next one looks beside it.
    bank.garbles = { at: 2, instance: "7" };
    expect(await ended(clock, power.switchHost(WEB6, "off", order("1")))).toMatchObject({
      result: "done",
    });
    expect(bank.garbles).toBeUndefined();
  });

  test("a PDU that falls silent afterwards is told, and the act stays what was read back", async () => {
    bank.faults = [OK, OK, OK, OK, OK, fault("silent")];
    const said: string[] = [];
    const work = start().switchHost(WEB6, "off", order("1"), ({ text }) => said.push(text));
    expect(await ended(clock, work)).toMatchObject({ result: "done", power: "off" });
    expect(said.join("\n")).toContain("whether another outlet moved is not known");
  });

  test("an outlet that is so already is told nothing, and nobody is looked at", async () => {
    bank.relay("6").on = false;
    const power = start();
    const work = power.switchHost(WEB6, "off", order("1"));
    bank.press("7", false);
    expect(await ended(clock, work)).toMatchObject({ result: "done" });
    expect(bank.sent).toEqual([]);
  });
});
