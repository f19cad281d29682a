import { beforeEach, describe, expect, test } from "vitest";
import type { OutletRules } from "../../../src/config/site-config.ts";
import { PduOwner } from "../../../src/core/power/pdu-owner.ts";
import { OobError } from "../../../src/lib/errors.ts";
import {
  ended,
  fault,
  hostWith,
  OK,
  ORDER,
  RelayBank,
  recovered,
  run,
  startPower,
  TwoFeeds,
} from "./power-sim.ts";

let site: TwoFeeds;
const NO_RULES: OutletRules = { minInterval: 0, stagger: 500, lifeline: [] };
const ruled = (rules: Partial<OutletRules>) => ({ rules: { a: { ...NO_RULES, ...rules } } });
const start = (more: Parameters<typeof startPower>[3]) =>
  startPower(site.banks, site.disk, site.clock, more).power;
const order = (id: string) => ({ ...ORDER, id });
const A1 = hostWith("a/1");

beforeEach(() => {
  site = new TwoFeeds();
});

describe("lifeline", () => {
  test.each(["off", "cycle"] as const)(
    "%s of one is refused, and nothing is sent",
    async (verb) => {
      const report = await ended(
        site.clock,
        start(ruled({ lifeline: ["1"] })).switchHost(A1, verb, ORDER),
      );
      expect(report).toMatchObject({
        result: "refused",
        error: { code: "GUARD_REFUSED", message: expect.stringContaining("a/1 is a lifeline") },
      });
      expect(site.banks.a.sent).toEqual([]);
      expect(site.types()).toEqual([]);
    },
  );

  test("is the same outlet by whatever name, and one among several feeds", async () => {
    site.banks.a.names = { "1": "uplink" };
    const power = start(ruled({ lifeline: ["name:uplink"] }));
    const report = await ended(site.clock, power.switchHost(hostWith("b/1", "a/1"), "off", ORDER));
    expect(report.result).toBe("refused");
    expect([...site.banks.a.sent, ...site.banks.b.sent]).toEqual([]);
  });

  test("one that the device has not makes every off there a refusal", async () => {
    const power = start(ruled({ lifeline: ["99"] }));
    const report = await ended(site.clock, power.switchHost(A1, "off", ORDER));
    expect(report).toMatchObject({ result: "refused", error: { code: "GUARD_REFUSED" } });
    expect(site.banks.a.sent).toEqual([]);
    expect(await ended(site.clock, power.switchHost(A1, "on", order("2")))).toMatchObject({
      result: "done",
    });
  });

  test("is cycled by its own PDU where that brings it back by itself: one command, never off", async () => {
    site.banks.a.cyclesAlone = true;
    site.banks.a.commands = ["on", "off", "cycle"];
    const report = await ended(
      site.clock,
      start(ruled({ lifeline: ["1"] })).switchHost(A1, "cycle", ORDER),
    );
    expect(report).toMatchObject({ result: "done", power: "on" });
    expect(site.banks.a.sent).toEqual([{ instance: "1", command: "cycle" }]);
    expect(site.banks.a.falls("1")).toBe(1);
  });

  test("a cycle of which nothing was seen is unknown, and is not sent again", async () => {
    site.banks.a.cyclesAlone = true;
    site.banks.a.commands = ["on", "off", "cycle"];
    site.banks.a.command = "lostRequest";
    const report = await ended(
      site.clock,
      start(ruled({ lifeline: ["1"] })).switchHost(A1, "cycle", ORDER),
    );
    expect(report).toMatchObject({ result: "unknown", error: { code: "POWER_UNKNOWN" } });
    expect(site.banks.a.sent).toHaveLength(1);
  });
});

describe("min-interval", () => {
  const often = ruled({ minInterval: 60_000 });

  test("refuses what cuts power, in the next process too, until it is over", async () => {
    await ended(site.clock, start(often).switchHost(A1, "off", order("1")));
    await ended(site.clock, start(NO).switchHost(A1, "on", order("2")));
    const next = start(often);
    const early = await ended(site.clock, next.switchHost(A1, "cycle", order("3")));
    expect(early).toMatchObject({
      result: "refused",
      error: { code: "GUARD_REFUSED", message: expect.stringContaining("min-interval is 1m") },
    });
    expect(site.banks.a.falls("1")).toBe(1);
    await site.clock.advance(60_000);
    const late = await ended(site.clock, next.switchHost(A1, "cycle", order("4")));
    expect(late.result).toBe("done");
  });

  test("an on waits for it, and is not refused", async () => {
    const power = start(often);
    await ended(site.clock, power.switchHost(A1, "off", order("1")));
    const from = site.clock.monotonic();
    const report = await ended(site.clock, power.switchHost(A1, "on", order("2")));
    expect(report).toMatchObject({ result: "done", power: "on" });
    expect(site.clock.monotonic() - from).toBeGreaterThan(58_000);
  });

  test("an on that waits for it keeps no process from its end, and moves nothing then", async () => {
    const power = start(ruled({ minInterval: 3_600_000 }));
    await ended(site.clock, power.switchHost(A1, "off", order("1")));
    const waits = power.switchHost(A1, "on", order("2"));
    await site.clock.advance(10_000);
    expect(await run(site.clock, power.close(), 60_000)).toBeUndefined();
    expect(await waits).toMatchObject({ result: "refused", error: { code: "INTERRUPTED" } });
    await site.clock.advance(3_600_000);
    expect(site.banks.a.sent).toHaveLength(1);
  });

  test("other outlets, and acts that were refused, do not count", async () => {
    const power = start(often);
    site.banks.a.faults = [OK, fault("unknown")];
    await ended(site.clock, power.switchHost(A1, "cycle", order("1")));
    await ended(site.clock, power.switchHost(hostWith("a/2"), "off", order("2")));
    const report = await ended(site.clock, power.switchHost(A1, "off", order("3")));
    expect(report.result).toBe("done");
  });

  test("a record of a clock that was far ahead blocks nothing", async () => {
    await ended(site.clock, start(often).switchHost(A1, "off", order("1")));
    const events = site.disk.events.map((event) => ({ ...event, at: event.at + 86_400_000 }));
    site.disk.events.splice(0, events.length, ...events);
    expect((await ended(site.clock, start(often).switchHost(A1, "off", order("2")))).result).toBe(
      "done",
    );
  });
});

const NO = ruled({});

describe("stagger", () => {
  test("outlets of one PDU come on one by one, whoever switches them; another PDU waits for nobody", async () => {
    const bank = new RelayBank(site.clock, ["1", "2", "3", "4"]);
    for (const one of ["1", "2", "3", "4"]) bank.relay(one).on = false;
    site.banks.b.relay("1").on = false;
    const banks = { a: bank, b: site.banks.b };
    const { power } = startPower(banks, site.disk, site.clock, ruled({ stagger: 500 }));
    const hosts = ["a/1", "a/2", "a/3", "a/4", "b/1"].map((outlet) => hostWith(outlet));
    const all = hosts.map((host, n) => power.switchHost(host, "on", order(`${n}`)));
    for (const report of await Promise.all(all.map((one) => ended(site.clock, one))))
      expect(report.result).toBe("done");
    const ups = ["1", "2", "3", "4"].map((one) => bank.relay(one).edges[0]?.at ?? 0);
    ups.sort((one, other) => one - other);
    for (let n = 1; n < ups.length; n++)
      expect((ups[n] ?? 0) - (ups[n - 1] ?? 0)).toBeGreaterThanOrEqual(500);
    expect(site.banks.b.relay("1").edges[0]?.at).toBeLessThan(ups[1] ?? 0);
  });
});

describe("stagger and the journal", () => {
  test("an order is written down when its turn has come: a kill finds few that were intended and not sent", async () => {
    const bank = new RelayBank(site.clock, ["1", "2", "3", "4"]);
    const { power } = startPower({ a: bank }, site.disk, site.clock, ruled({ stagger: 5000 }));
    const hosts = ["a/1", "a/2", "a/3", "a/4"].map((outlet) => hostWith(outlet));
    const all = hosts.map((host, n) => power.switchHost(host, "off", order(`${n}`)));
    const open: number[] = [];
    for (let n = 0; n < 40; n++) {
      await site.clock.advance(500);
      const intents = site.types().filter((type) => type === "power.intent").length;
      open.push(intents - bank.sent.length);
    }
    expect(Math.max(...open)).toBe(0);
    for (const one of all) expect((await ended(site.clock, one)).result).toBe("done");
  });
});

describe("one owner", () => {
  const busy = new OobError("PORT_BUSY", 'Cannot use "pdu": "oob serve" (pid 7) has it');

  test("another process that switches there is named, and nothing is sent", async () => {
    const report = await ended(
      site.clock,
      start({ take: () => Promise.reject(busy) }).switchHost(A1, "off", ORDER),
    );
    expect(report).toMatchObject({
      result: "refused",
      error: {
        code: "PORT_BUSY",
        message: 'Cannot switch outlets of a: "oob serve" (pid 7) is switching there',
      },
    });
    expect(site.banks.a.sent).toEqual([]);
    expect(site.types()).toEqual([]);
  });

  test("acts of one process share it, and the last gives it back", async () => {
    let taken = 0;
    let free = 0;
    const take = async () => {
      taken++;
      return { release: async () => void free++ };
    };
    const power = start({ take });
    const both = [
      power.switchHost(A1, "off", order("1")),
      power.switchHost(hostWith("a/2"), "off", order("2")),
    ];
    await Promise.all(both.map((one) => ended(site.clock, one)));
    expect([taken, free]).toEqual([1, 1]);
    await ended(site.clock, power.switchHost(A1, "on", order("3")));
    expect([taken, free]).toEqual([2, 2]);
  });

  test("hold(): one that failed is asked for again", async () => {
    let tries = 0;
    const owner = new PduOwner("a", () =>
      ++tries === 1 ? Promise.reject(busy) : Promise.resolve({ release: () => Promise.resolve() }),
    );
    await expect(owner.hold()).rejects.toMatchObject({ code: "PORT_BUSY" });
    await (await owner.hold())();
    expect(tries).toBe(2);
  });

  test("an act of a process that lives is not taken up, and nothing is done once it has ended it", async () => {
    const first = startPower(site.banks, site.disk, site.clock);
    const work = first.power.switchHost(A1, "cycle", ORDER);
    while (site.banks.a.relay("1").on) await site.clock.advance(100);
    let lives = true;
    const second = startPower(site.banks, site.disk, site.clock, {
      take: () => (lives ? Promise.reject(busy) : Promise.resolve({ release: async () => {} })),
    }).power;
    const taken = recovered(second);
    await site.clock.advance(5000);
    expect(site.banks.a.sent).toEqual([{ instance: "1", command: "off" }]);
    expect(await ended(site.clock, work)).toMatchObject({ result: "done" });
    lives = false;
    await run(site.clock, taken);
    expect(site.banks.a.sent.map(({ command }) => command)).toEqual(["off", "on"]);
    expect(site.types().filter((type) => type === "power.outcome")).toHaveLength(1);
  });

  test("an act whose process died is taken up as soon as its PDU is free", async () => {
    const first = startPower(site.banks, site.disk, site.clock);
    void first.power.switchHost(A1, "cycle", ORDER);
    while (site.banks.a.relay("1").on) await site.clock.advance(100);
    first.process.dead = true;
    let free = false;
    const take = () => (free ? Promise.resolve({ release: async () => {} }) : Promise.reject(busy));
    const taken = recovered(start({ take }));
    await site.clock.advance(20_000);
    expect(site.banks.a.relay("1").on).toBe(false);
    free = true;
    await run(site.clock, taken);
    expect(site.banks.a.relay("1").on).toBe(true);
  });
});

describe("recover()", () => {
  test("a silent PDU keeps waiting only those on it", async () => {
    const first = startPower(site.banks, site.disk, site.clock);
    void first.power.switchHost(A1, "cycle", ORDER);
    while (site.banks.a.relay("1").on) await site.clock.advance(100);
    first.process.dead = true;
    site.banks.a.faults = Array.from({ length: 20 }, () => fault("silent"));
    const next = startPower(site.banks, site.disk, site.clock).power;
    const taken = await next.recover();
    expect(taken.map(({ host, pdus }) => ({ host, pdus }))).toEqual([
      { host: "web1", pdus: ["a"] },
    ]);
    const other = await ended(site.clock, next.switchHost(hostWith("b/1"), "off", order("2")));
    expect(other.result).toBe("done");
    const same = await ended(site.clock, next.switchHost(A1, "off", order("3")));
    expect(same.result).not.toBe("done");
    expect(site.banks.a.sent.filter(({ command }) => command === "off")).toHaveLength(1);
    await run(site.clock, Promise.all(taken.map(({ done }) => done)));
    expect(site.banks.a.relay("1").on).toBe(true);
  });
});
