import { afterEach, describe, expect, it } from "vitest";
import { Guard } from "../../../src/core/watchdog/guard.ts";
import { hours, minutes } from "../../../src/lib/durations.ts";
import { Bench } from "./watchdog-doubles.ts";

let bench: Bench;
afterEach(() => bench.end());

const make = () =>
  new Guard({
    hosts: bench.entries,
    fleet: bench.fleet,
    holds: bench.holds,
    audit: bench.audit,
    clock: bench.clock,
    power: bench.relay,
    consoleOf: (host) => bench.consoles.get(host),
  });
const cycle = { host: "web1", act: "cycle", asker: "person", by: "bo" } as const;

describe("Guard", () => {
  it("lets a person cycle a healthy host: who asks by hand needs no evidence", async () => {
    bench = new Bench(["web1"]);
    expect((await make().ask(cycle)).allowed).toBe(true);
  });

  it("refuses under a hold with HELD, and lets --force override it knowingly", async () => {
    bench = new Bench(["web1"]);
    await bench.holds.set(["web1"], "jana", hours(1), "RAID rebuild");
    const guard = make();
    await expect(guard.demand(cycle)).rejects.toMatchObject({
      code: "HELD",
      message: expect.stringMatching(/^Cannot cycle web1: hold by jana .*RAID rebuild/),
      hint: expect.stringMatching(/--force/),
    });
    const permit = await guard.demand({ ...cycle, force: true });
    expect(permit.overridden.map((one) => one.interlock)).toEqual(["held"]);
    await guard.spend(cycle, permit, "bo-1");
    expect((await bench.texts("guard.permit"))[0]).toMatch(
      /^cycle permitted: 13 interlocks asked, overridden: held: hold by jana/,
    );
  });

  it("never lets force override an outlet that cannot be read", async () => {
    bench = new Bench(["web1"]);
    bench.relay.state = "unknown";
    await expect(make().demand({ ...cycle, force: true })).rejects.toMatchObject({
      code: "GUARD_REFUSED",
      hint: undefined,
    });
  });

  it("keeps code and hint of what kept a device from being read, behind any other objection", async () => {
    bench = new Bench(["web1"]);
    const cause = { code: "LOGIN_REFUSED", hint: "Look at the secret" };
    const unread = {
      id: "bmc/1",
      state: "unknown",
      pending: false,
      readAt: 0,
      error: "no",
    } as const;
    bench.relay.readHost = async () => ({ power: "unknown", outlets: [{ ...unread, cause }] });
    await expect(make().demand(cycle)).rejects.toMatchObject({
      ...cause,
      message: "Cannot cycle web1: outlet bmc/1 cannot be read: no",
    });
    await bench.holds.set(["web1"], "jana", hours(1), "RAID rebuild");
    await expect(make().demand(cycle)).rejects.toMatchObject({ code: "HELD", hint: cause.hint });
  });

  it("ignores force from the watchdog and from runbooks", async () => {
    bench = new Bench(["web1"]);
    await bench.holds.set(["web1"], "jana", hours(1), "");
    for (const asker of ["watchdog", "runbook"] as const)
      expect((await make().ask({ ...cycle, asker, force: true })).allowed).toBe(false);
  });

  it("names who has the seat, and lets its holder pass", async () => {
    bench = new Bench(["web1"]);
    bench.console().sits("jana");
    await expect(make().demand(cycle)).rejects.toMatchObject({ code: "SEAT_TAKEN" });
    expect((await make().ask({ ...cycle, by: "jana" })).allowed).toBe(true);
  });

  it("does not let the person who asks for a runbook stop it by their own typing or seat", async () => {
    bench = new Bench(["web1"]);
    const guard = make();
    const runbook = { ...cycle, asker: "runbook", by: "runbook x" } as const;
    bench.console().types("ls\r");
    bench.console().sits("jana");
    for (const more of [{}, { person: "bo" }])
      expect(
        (await guard.ask({ ...runbook, ...more })).objections.map((one) => one.interlock),
      ).toEqual(["seat-held", "person-typed"]);
    expect((await guard.ask({ ...runbook, person: "jana" })).allowed).toBe(true);
    // What a person at the console approved is not stopped by that person, and by everybody else.
    const objects = async (person?: string) => {
      const watchdog = { ...cycle, asker: "watchdog", by: "watchdog", person } as const;
      return (await guard.ask(watchdog)).objections.map((one) => one.interlock);
    };
    expect(await objects()).toContain("person-typed");
    expect(await objects("bo")).toEqual(["seat-held", "person-typed", "stale-evidence"]);
    expect(await objects("jana")).toEqual(["stale-evidence"]);
  });

  it("says what cannot be run, and lets the person of a runbook override what a person may", async () => {
    bench = new Bench(["web1"]);
    await bench.holds.set(["web1"], "jana", hours(1), "RAID rebuild");
    const what = "run single-user on web1";
    const run = { ...cycle, act: "runbook", asker: "runbook", person: "bo", what } as const;
    await expect(make().demand(run)).rejects.toMatchObject({
      message: expect.stringMatching(/^Cannot run single-user on web1: hold by jana/),
      hint: expect.stringMatching(/--force/),
    });
    expect((await make().ask({ ...run, force: true })).allowed).toBe(true);
    await expect(make().demand({ ...cycle, act: "off" })).rejects.toThrow(
      /^Cannot switch web1 off: /,
    );
  });

  it("counts cuts against the budget, over a restart, and forgets them after their time", async () => {
    bench = new Bench(["web1"]);
    const guard = make();
    for (const id of ["one", "two"]) await guard.spend(cycle, await guard.demand(cycle), id);
    await guard.spend({ ...cycle, act: "on" }, await guard.demand({ ...cycle, act: "on" }), "on");
    expect(guard.budgetOf("web1")).toEqual({ used: 2, of: 2 });
    await expect(guard.demand(cycle)).rejects.toThrow(/2 of 2 cuts in 6h are used up/);
    await bench.clock.advance(minutes(10));
    const after = make();
    await after.restore();
    await expect(after.demand(cycle)).rejects.toThrow(/2 of 2 cuts/);
    await bench.clock.advance(hours(6));
    expect((await after.ask(cycle)).allowed).toBe(true);
  });

  it("does not spend where the audit trail cannot be written", async () => {
    bench = new Bench(["web1"]);
    const guard = make();
    const permit = await guard.demand(cycle);
    await bench.audit.close();
    await expect(guard.spend(cycle, permit, "one")).rejects.toMatchObject({
      code: "AUDIT_UNWRITABLE",
    });
    await expect(guard.demand(cycle)).rejects.toMatchObject({ code: "AUDIT_UNWRITABLE" });
  });

  it("says which other host hangs on the same outlet", async () => {
    bench = new Bench(["web1", "db1"], {}, { outlets: [{ pdu: "pdu-a", reference: "3" }] });
    await expect(make().demand(cycle)).rejects.toThrow(/outlet pdu-a\/3 also feeds db1/);
  });

  it("takes what cannot be read at all for unknown", async () => {
    bench = new Bench(["web1"]);
    bench.relay.readHost = () => Promise.reject(new Error("no route to pdu"));
    await expect(make().demand(cycle)).rejects.toThrow(
      /outlet pdu\/web1 cannot be read: no route to pdu/,
    );
  });
});
