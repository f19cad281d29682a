import { afterEach, describe, expect, it } from "vitest";
import { hours, minutes, seconds } from "../../../src/lib/durations.ts";
import { Bench } from "./watchdog-doubles.ts";

let bench: Bench;
afterEach(() => bench.end());

const approve = (by = "jana", rung: "cycle" | "sysrq" = "cycle") =>
  bench.watchdog.verdicts.approve(1, rung, by, "it is dead");

async function asks(): Promise<void> {
  bench = await new Bench(["web1"], { mode: "ask" }).start();
  bench.relay.afterwards = () => {
    bench.clock.after(seconds(8), () => bench.console().boots());
    bench.clock.after(seconds(40), () => bench.console().asksForLogin());
  };
  bench.console().panics();
  await bench.pass(minutes(5));
}

describe("mode ask, and a person who answers", () => {
  it("asks once and does nothing by itself", async () => {
    await asks();
    expect(bench.relay.orders).toEqual([]);
    expect(await bench.texts("watch.page")).toEqual([
      "the console shows panic, and nothing answers: asking to cycle its outlets",
    ]);
    expect(bench.watchdog.whyOf("web1")?.ask).toMatchObject({ rung: "cycle" });
    expect(bench.watchdog.statusOf("web1")?.next).toMatch(
      /without an answer, the ask whether to cycle its outlets ends, in /,
    );
  });

  it("yes: probes afresh, asks the interlocks, cycles once, sees login, closes", async () => {
    await asks();
    const probes = bench.console().sent.length;
    await approve();
    await bench.pass(seconds(10));
    expect(bench.console().sent.length).toBeGreaterThan(probes);
    expect(bench.relay.orders).toEqual([]);
    await bench.pass(minutes(3));
    expect(bench.relay.orders).toEqual(["cycle web1 1-cycle-1"]);
    expect(bench.incidents.list([])[0]?.summary).toMatchObject({ state: "recovered" });
    const [permit] = await bench.events("guard.permit");
    expect(permit?.data).toMatchObject({ person: "jana", cut: true });
    expect(await bench.texts("incident.approve")).toEqual([
      "jana approved to cycle its outlets (it is dead)",
    ]);
  });

  it("yes, but the host answers now: nothing is cut", async () => {
    await asks();
    bench.console().answers = "alive";
    await approve();
    await bench.pass(minutes(20));
    expect(bench.relay.orders).toEqual([]);
    expect(bench.incidents.list([])[0]?.summary).toMatchObject({ state: "closed" });
  });

  it("yes, but an interlock objects: it is refused, and the yes is used up", async () => {
    await asks();
    bench.relay.state = "unknown";
    await approve();
    await bench.pass(minutes(2));
    expect(bench.relay.orders).toEqual([]);
    expect((await bench.texts("watch.veto")).join()).toMatch(/cannot be read/);
    bench.relay.state = "on";
    await bench.pass(minutes(30));
    expect(bench.relay.orders).toEqual([]);
    expect(bench.watchdog.whyOf("web1")?.ask).toMatchObject({ rung: "cycle" });
  });

  it("the person who said yes may have the seat and have typed; another person stops it", async () => {
    await asks();
    bench.console().types("\r");
    await bench.pass(seconds(1));
    bench.console().sits("jana");
    await approve();
    await bench.pass(minutes(3));
    expect(bench.relay.orders).toHaveLength(1);
    await bench.end();
    await asks();
    bench.console().typedBy = "bo";
    bench.console().types("ls\r");
    await approve();
    await bench.pass(minutes(9));
    expect(bench.relay.orders).toEqual([]);
  });

  it("whoever types after the yes stops it", async () => {
    await asks();
    await approve();
    bench.console().types("x");
    await bench.pass(minutes(9));
    expect(bench.relay.orders).toEqual([]);
  });

  it("no: nothing more by itself, the incident stays open, and no yes is taken", async () => {
    await asks();
    await bench.watchdog.verdicts.deny(1, "jana", "the disk is being replaced");
    await bench.pass(hours(1));
    expect(bench.relay.orders).toEqual([]);
    expect(bench.incidents.list([])[0]?.summary).toMatchObject({ state: "open" });
    expect(bench.watchdog.statusOf("web1")?.next).toMatch(/jana denied it: the disk/);
    await expect(approve()).rejects.toMatchObject({ code: "GUARD_REFUSED" });
  });

  it("no: it survives a restart, also one into mode act", async () => {
    await asks();
    await bench.watchdog.verdicts.deny(1, "jana", "the disk is being replaced");
    const entry = bench.entries.get("web1")!;
    bench.entries.set("web1", { ...entry, watch: { ...entry.watch, mode: "act" } });
    await bench.restart({ keeps: true });
    await bench.pass(minutes(10));
    expect(bench.relay.orders).toEqual([]);
    expect(bench.watchdog.statusOf("web1")?.next).toMatch(/a person denied it before the restart/);
    bench.console().asksForLogin();
    await bench.pass(seconds(10));
    expect(bench.incidents.list([])[0]?.summary).toMatchObject({ state: "closed" });
  });

  it("an ask that nobody answers ends, and takes no yes afterwards", async () => {
    await asks();
    await bench.pass(hours(2));
    await expect(approve()).rejects.toThrow(/nobody answered within 2h/);
    expect(bench.watchdog.whyOf("web1")?.ask).toBeUndefined();
  });

  it("a yes that cannot be acted upon within 10 minutes is none any more", async () => {
    await asks();
    bench.console().goes({ is: "down", why: "the cable", retryAt: 0 });
    await approve();
    await bench.pass(minutes(11));
    expect((await bench.texts("watch.ask")).join()).toMatch(/approval of jana could not be acted/);
    bench.console().goes({ is: "up", label: "scripted", since: 0 });
    await bench.pass(minutes(20));
    expect(bench.relay.orders).toEqual([]);
  });

  it("refuses a yes under a hold, to another rung, where nothing is asked, and where none is", async () => {
    await asks();
    await expect(approve("jana", "sysrq")).rejects.toThrow(/asks to cycle its outlets now/);
    await bench.holds.set(["web1"], "bo", hours(1), "mine");
    await expect(approve()).rejects.toMatchObject({ code: "HELD" });
    await bench.holds.release(["web1"], "bo");
    bench.watchdog.closeIncident(1, "jana", "known");
    await expect(approve()).rejects.toThrow(/it is closed as closed/);
    await expect(bench.watchdog.verdicts.approve(9, "cycle", "jana", "")).rejects.toThrow(
      /there is none/,
    );
  });

  it("a yes does not survive a restart: it asks again", async () => {
    await asks();
    await approve();
    await bench.restart({ keeps: true });
    await bench.pass(minutes(30));
    expect(bench.relay.orders).toEqual([]);
    expect(bench.watchdog.whyOf("web1")?.ask).toMatchObject({ rung: "cycle" });
  });
});
