import { beforeEach, describe, expect, test } from "vitest";
import type { PowerEvent } from "../../../src/core/site/site.ts";
import {
  ended,
  fault,
  hostWith,
  OK,
  ORDER,
  type RelayBank,
  recovered,
  run,
  SETTLE,
  startPower,
  TwoFeeds,
  WEB1,
} from "./power-sim.ts";

let clock: TwoFeeds["clock"];
let banks: TwoFeeds["banks"];
let disk: TwoFeeds["disk"];
let start: TwoFeeds["start"];
let types: TwoFeeds["types"];

beforeEach(() => {
  ({ clock, banks, disk, start, types } = new TwoFeeds());
});

describe("switchHost()", () => {
  test("cycle: intent on disk, all feeds off, a pause, all on, outcome on disk", async () => {
    const events: PowerEvent[] = [];
    const report = await ended(
      clock,
      start().switchHost(WEB1, "cycle", ORDER, (event) => events.push(event)),
    );
    expect(report).toMatchObject({ result: "done", power: "on" });
    expect(types()).toEqual(["power.intent", "power.outcome"]);
    const edges = [...banks.a.relay("1").edges, ...banks.b.relay("1").edges];
    const downs = edges.filter(({ to }) => to === "off").map(({ at }) => at);
    const ups = edges.filter(({ to }) => to === "on").map(({ at }) => at);
    expect(downs).toHaveLength(2);
    expect(Math.min(...ups) - Math.max(...downs)).toBeGreaterThanOrEqual(10_000);
    expect(events.at(-1)).toMatchObject({ result: "done", state: "on", host: "web1" });
    expect(banks.a.relay("2").edges).toEqual([]);
  });

  test("off: done when every feed reads off; nothing is sent to a feed that is off already", async () => {
    banks.b.relay("1").on = false;
    const report = await ended(clock, start().switchHost(WEB1, "off", ORDER));
    expect(report).toMatchObject({ result: "done", power: "off" });
    expect(banks.b.sent).toEqual([]);
  });

  test("a relay that does not move is failed, never off", async () => {
    banks.a.faults = [OK, OK, fault("ignored")];
    const report = await ended(clock, start().switchHost(hostWith("a/1"), "off", ORDER));
    expect(report).toMatchObject({
      result: "failed",
      power: "on",
      error: { code: "POWER_UNVERIFIED" },
    });
  });

  test("a lost answer is read, not repeated, when the relay has moved", async () => {
    banks.a.faults = [OK, OK, fault("lostAnswer")];
    const report = await ended(clock, start().switchHost(hostWith("a/1"), "off", ORDER));
    expect(report).toMatchObject({ result: "done", power: "off" });
    expect(banks.a.sent).toHaveLength(1);
  });

  test("a lost off is repeated once, and not before the device has had its time", async () => {
    banks.a.faults = [OK, OK, fault("lostRequest")];
    const before = clock.monotonic();
    const report = await ended(clock, start().switchHost(hostWith("a/1"), "off", ORDER));
    expect(report.result).toBe("done");
    expect(banks.a.sent).toHaveLength(2);
    expect(banks.a.relay("1").edges[0]?.at).toBeGreaterThanOrEqual(before + SETTLE);
  });

  test("a cycle of which one off cannot be verified puts the others back on and fails", async () => {
    banks.b.faults = [OK, OK, fault("ignored")];
    const said: string[] = [];
    const report = await ended(
      clock,
      start().switchHost(WEB1, "cycle", ORDER, ({ text }) => said.push(text)),
    );
    expect(report).toMatchObject({ result: "failed", power: "on" });
    expect([banks.a.relay("1").on, banks.b.relay("1").on]).toEqual([true, true]);
    expect(said.join("\n")).toContain("switching a/1, b/1 back on");
  });

  test("a cycle whose on fails is tried on, loudly, until it is read back", async () => {
    const said: string[] = [];
    const work = start().switchHost(hostWith("a/1"), "cycle", ORDER, ({ text }) => said.push(text));
    while (banks.a.relay("1").on) await clock.advance(100);
    banks.a.command = "refused";
    await clock.advance(30_000);
    banks.a.command = "lostRequest";
    await clock.advance(30_000);
    banks.a.command = "ok";
    const report = await ended(clock, work);
    expect(report).toMatchObject({ result: "done", power: "on" });
    expect(banks.a.falls("1")).toBe(1);
    expect(said.some((text) => text.includes("IS NOT SAFELY ON"))).toBe(true);
  });

  test("a cycle whose on never comes ends with the loudest words, and the host reads off", async () => {
    const work = start().switchHost(hostWith("a/1"), "cycle", ORDER);
    while (banks.a.relay("1").on) await clock.advance(100);
    banks.a.command = "refused";
    const report = await ended(clock, work);
    expect(report).toMatchObject({
      result: "failed",
      power: "off",
      error: { code: "POWER_UNVERIFIED", hint: expect.stringContaining("without power") },
    });
    expect(types()).toEqual(["power.intent", "power.alarm", "power.outcome"]);
  });

  test("an off that was not seen is not forgotten: an on has to be taken after it", async () => {
    banks.a.faults = [OK, OK, fault("ok", 40_000)];
    const work = start().switchHost(hostWith("a/1"), "cycle", ORDER);
    while (banks.a.sent.length === 0) await clock.advance(100);
    // The relay still reads on, and the device says no to the on that would follow the late off.
    banks.a.command = "refused";
    await clock.advance(25_000);
    banks.a.command = "ok";
    expect(await ended(clock, work)).toMatchObject({ result: "failed", power: "on" });
    await clock.advance(200_000);
    expect(banks.a.relay("1").on).toBe(true);
    expect(banks.a.falls("1")).toBe(1);
  });

  test("an outlet that reads as wanted but pending is not done", async () => {
    banks.a.tellsPending = true;
    banks.a.relay("1").on = false;
    banks.a.relay("1").due = 1;
    const report = await ended(clock, start().switchHost(hostWith("a/1"), "off", ORDER));
    expect(report).toMatchObject({ result: "unknown", power: "unknown" });
  });

  test("a device that does nothing is given its own delay, too, and the time that was waited is said", async () => {
    banks.a.delays = { off: 25_000 };
    banks.a.command = "ignored";
    const report = await ended(clock, start().switchHost(hostWith("a/1"), "off", ORDER));
    expect(report.error?.message).toMatch(/took the command and still reads on after 3[56]s$/);
  });

  test("cycle refuses an outlet that cannot be read, before anything moves", async () => {
    banks.a.faults = [OK, fault("unknown")];
    const report = await ended(clock, start().switchHost(hostWith("a/1"), "cycle", ORDER));
    expect(report).toMatchObject({ result: "refused", error: { code: "POWER_UNKNOWN" } });
    expect(banks.a.sent).toEqual([]);
    expect(types()).toEqual([]);
  });

  test("nothing moves where the audit trail cannot be written", async () => {
    disk.full = true;
    const report = await ended(clock, start().switchHost(WEB1, "cycle", ORDER));
    expect(report).toMatchObject({ result: "refused", error: { code: "AUDIT_UNWRITABLE" } });
    expect(banks.a.sent).toEqual([]);
  });

  test("giving up stops what has not begun, and nothing that has", async () => {
    const stop = new AbortController();
    stop.abort();
    const early = start().switchHost(WEB1, "cycle", ORDER, undefined, stop.signal);
    expect(await ended(clock, early)).toMatchObject({
      result: "refused",
      error: { code: "INTERRUPTED" },
    });
    expect(banks.a.sent).toEqual([]);
    const late = new AbortController();
    const work = start().switchHost(WEB1, "cycle", { ...ORDER, id: "2" }, undefined, late.signal);
    while (banks.a.relay("1").on) await clock.advance(100);
    late.abort();
    expect(await ended(clock, work)).toMatchObject({ result: "done", power: "on" });
  });

  test.each([
    ["while the intent goes to the disk", false],
    ["while its first command waits for its turn", true],
  ] as const)("given up %s: refused, nothing was sent, outcome on disk", async (_, waits) => {
    const stop = new AbortController();
    const power = start();
    disk.wrote = ({ type }) => {
      if (type !== "power.intent") return;
      if (!waits) return stop.abort();
      void power.readPdu("a");
      clock.after(2, () => stop.abort());
    };
    const work = power.switchHost(hostWith("a/1"), "cycle", ORDER, undefined, stop.signal);
    expect(await ended(clock, work)).toMatchObject({
      result: "refused",
      power: "on",
      error: { code: "INTERRUPTED" },
    });
    expect(banks.a.sent).toEqual([]);
    expect(disk.events.at(-1)).toMatchObject({
      type: "power.outcome",
      data: { result: "refused" },
    });
  });

  test.each(["nmi", "soft", "reset"] as const)(
    "%s is refused on a machine that reads off, before anything is sent",
    async (verb) => {
      banks.a.commands = ["on", "off", "reset", "soft", "nmi"];
      banks.a.relay("1").on = false;
      const report = await ended(clock, start().switchHost(hostWith("a/1"), verb, ORDER));
      expect(report).toMatchObject({
        result: "refused",
        power: "off",
        error: { code: "GUARD_REFUSED", message: expect.stringContaining("a/1 reads off") },
      });
      expect(banks.a.sent).toEqual([]);
      expect(types()).toEqual([]);
    },
  );

  test("the same id is carried out once: at the same time, later, and in another process", async () => {
    const power = start();
    const [one, two] = [1, 2].map(() => power.switchHost(WEB1, "cycle", ORDER));
    if (!one || !two) throw new Error("two orders");
    expect(await ended(clock, one)).toMatchObject({ result: "done" });
    expect(await ended(clock, two)).toMatchObject({ result: "done" });
    expect(await ended(clock, power.switchHost(WEB1, "cycle", ORDER))).toMatchObject({
      result: "done",
    });
    expect(await ended(clock, start().switchHost(WEB1, "cycle", ORDER))).toMatchObject({
      result: "done",
    });
    expect(banks.a.falls("1")).toBe(1);
    expect(types()).toEqual(["power.intent", "power.outcome"]);
  });

  test("an outlet that is being switched is refused to another order", async () => {
    const power = start();
    const first = power.switchHost(WEB1, "cycle", ORDER);
    await clock.advance(3000);
    const second = power.switchHost(hostWith("a/1"), "off", { ...ORDER, id: "2" });
    expect(await ended(clock, second)).toMatchObject({
      result: "refused",
      error: { code: "GUARD_REFUSED" },
    });
    expect(await ended(clock, first)).toMatchObject({ result: "done" });
    const third = power.switchHost(hostWith("a/1"), "off", { ...ORDER, id: "3" });
    expect(await ended(clock, third)).toMatchObject({ result: "done" });
  });

  test.each([
    [
      "another serial number",
      (bank: RelayBank): void => {
        bank.serial = "S2";
      },
      "PDU_REFUSED",
    ],
    [
      "another name",
      (bank: RelayBank): void => {
        bank.names = { "1": "db7" };
      },
      "OUTLET_UNKNOWN",
    ],
  ] as const)("a PDU that answers with %s is refused once", async (_, change, code) => {
    banks.a.names["1"] = "web1";
    const power = start();
    await run(clock, power.readHost(hostWith("a/1")));
    change(banks.a);
    const refused = power.switchHost(hostWith("a/1"), "off", ORDER);
    expect(await ended(clock, refused)).toMatchObject({ error: { code } });
    expect(banks.a.sent).toEqual([]);
    const again = power.switchHost(hostWith("a/1"), "off", { ...ORDER, id: "2" });
    expect(await ended(clock, again)).toMatchObject({ result: "done" });
  });

  test("a PDU that was exchanged tells no host's state until an order was refused for it", async () => {
    const power = start();
    const host = hostWith("a/1");
    expect(await run(clock, power.readHost(host))).toMatchObject({ power: "on" });
    banks.a.serial = "S2";
    for (let look = 0; look < 2; look++)
      expect(await run(clock, power.readHost(host))).toMatchObject({
        power: "unknown",
        outlets: [{ cause: { code: "PDU_REFUSED" }, error: expect.stringContaining('"S2"') }],
      });
    expect(await ended(clock, power.switchHost(host, "off", ORDER))).toMatchObject({
      error: { code: "PDU_REFUSED" },
    });
    expect(banks.a.sent).toEqual([]);
    expect(await run(clock, power.readHost(host))).toMatchObject({ power: "on" });
  });

  describe("a PDU that was exchanged while no process ran", () => {
    const host = hostWith("a/1");
    const order = (id: string, by = "jana") => ({ ...ORDER, id, by });

    beforeEach(async () => {
      const done = start().switchHost(host, "off", order("before"));
      expect(await ended(clock, done)).toMatchObject({ result: "done" });
      banks.a.serial = "S2";
      banks.a.sent.length = 0;
    });

    test("a person is refused once, and told; who asks again means the new one", async () => {
      const refused = await ended(clock, start().switchHost(host, "on", order("1")));
      expect(refused).toMatchObject({
        result: "refused",
        error: { code: "PDU_REFUSED", message: expect.stringContaining('"S2", it had "S1"') },
      });
      expect(banks.a.sent).toEqual([]);
      expect(disk.events.at(-1)).toMatchObject({
        type: "power.exchanged",
        data: { pdu: "a", box: "S2" },
      });
      const again = start().switchHost(host, "on", order("2"));
      expect(await ended(clock, again)).toMatchObject({ result: "done" });
      const watchdog = start().switchHost(host, "off", order("3", "watchdog"));
      expect(await ended(clock, watchdog)).toMatchObject({ result: "done" });
    });

    test.each(["watchdog", "runbook single-user"])("%s is refused however often", async (by) => {
      for (const id of ["1", "2", "3"])
        expect(await ended(clock, start().switchHost(host, "cycle", order(id, by)))).toMatchObject({
          result: "refused",
          error: { code: "PDU_REFUSED" },
        });
      expect(banks.a.sent).toEqual([]);
      expect(disk.events.filter(({ type }) => type === "power.exchanged")).toEqual([]);
    });

    test("two that changed places are both noticed", async () => {
      const both = hostWith("a/1", "b/1");
      banks.a.serial = "S1";
      banks.b.serial = "T1";
      await ended(clock, start().switchHost(both, "on", order("1")));
      [banks.a.serial, banks.b.serial] = [banks.b.serial, banks.a.serial];
      banks.a.sent.length = 0;
      banks.b.sent.length = 0;
      const refused = await ended(clock, start().switchHost(both, "off", order("2")));
      expect(refused).toMatchObject({
        error: { message: expect.stringMatching(/a has serial number "T1".*b has .*"S1"/) },
      });
      expect([...banks.a.sent, ...banks.b.sent]).toEqual([]);
      const again = start().switchHost(both, "off", order("3"));
      expect(await ended(clock, again)).toMatchObject({ result: "done" });
    });
  });

  test("a PDU that is exchanged under a running process is refused once, after acts on the old one, too", async () => {
    const power = start();
    const host = hostWith("a/1");
    await ended(clock, power.switchHost(host, "off", ORDER));
    banks.a.serial = "S2";
    const refused = power.switchHost(host, "on", { ...ORDER, id: "2" });
    expect(await ended(clock, refused)).toMatchObject({ error: { code: "PDU_REFUSED" } });
    const again = power.switchHost(host, "on", { ...ORDER, id: "3" });
    expect(await ended(clock, again)).toMatchObject({ result: "done" });
  });

  test("a verb that the device has not is refused", async () => {
    const report = await ended(clock, start().switchHost(WEB1, "nmi", ORDER));
    expect(report).toMatchObject({ result: "refused", error: { code: "PDU_REFUSED" } });
  });

  test("a host without outlets fails in words", async () => {
    const report = await ended(clock, start().switchHost(hostWith(), "off", ORDER));
    expect(report).toMatchObject({ result: "failed", error: { code: "OUTLET_UNKNOWN" } });
  });
});

describe("recover()", () => {
  async function cutShort(): Promise<void> {
    const first = startPower(banks, disk, clock);
    void first.power.switchHost(WEB1, "cycle", ORDER);
    while (banks.a.relay("1").on || banks.b.relay("1").on) await clock.advance(100);
    first.process.dead = true;
  }

  test("switches on what an interrupted cycle has left off, and writes the outcome", async () => {
    await cutShort();
    const power = start();
    await run(clock, recovered(power));
    expect([banks.a.relay("1").on, banks.b.relay("1").on]).toEqual([true, true]);
    expect(disk.events.at(-1)).toMatchObject({ type: "power.outcome", data: { result: "done" } });
    await run(clock, recovered(power));
    expect(types()).toEqual(["power.intent", "power.outcome"]);
  });

  test("does not touch what was begun long ago", async () => {
    await cutShort();
    await clock.advance(2 * 3_600_000);
    banks.a.sent.length = 0;
    await run(clock, recovered(start()));
    expect(banks.a.sent).toEqual([]);
    expect(disk.events.at(-1)).toMatchObject({ data: { result: "unknown" } });
  });

  test("sends nothing to a PDU that was exchanged meanwhile", async () => {
    await cutShort();
    banks.a.serial = "S2";
    banks.a.sent.length = 0;
    await run(clock, recovered(start()));
    expect(banks.a.sent).toEqual([]);
    expect(banks.b.relay("1").on).toBe(true);
  });
});
