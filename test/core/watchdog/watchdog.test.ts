import fs from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { minutes, seconds } from "../../../src/lib/durations.ts";
import { Bench } from "./watchdog-doubles.ts";

let bench: Bench;
afterEach(() => bench.end());

/** The host boots and comes to its login prompt, as seen on its console, once its outlet is on again. */
function bootsAfterwards(): void {
  bench.relay.afterwards = (host) => {
    const console = bench.console(host);
    bench.clock.after(seconds(8), () => console.boots());
    bench.clock.after(seconds(40), () => console.asksForLogin());
  };
}

const report = (id: number, host: string) =>
  fs.readFileSync(join(bench.dir, "incidents", `${id}-${host}`, "report.md"), "utf8");

describe("Watchdog", () => {
  it("panic: proves it, cycles once, sees login again, closes the incident", async () => {
    bench = await new Bench(["web1"]).start();
    bootsAfterwards();
    bench.console().panics();
    await bench.pass(seconds(55));
    expect(bench.relay.orders).toEqual([]);
    expect(bench.watchdog.statusOf("web1")).toMatchObject({ state: "crash", class: "panic" });
    await bench.pass(seconds(45));
    expect(bench.relay.orders).toEqual(["cycle web1 1-cycle-1"]);
    await bench.pass(minutes(2));
    const [incident] = bench.incidents.list([]);
    expect(incident?.summary).toMatchObject({
      state: "recovered",
      acts: ["cycle: done"],
      class: "panic",
    });
    expect(bench.watchdog.statusOf("web1")).toMatchObject({
      state: "healthy",
      class: "login-prompt",
    });
    expect((await bench.events()).map((event) => event.type)).toEqual([
      "watch.start",
      "watch.suspect",
      "watch.probe",
      "watch.confirmed",
      "watch.act",
      "watch.step",
      "watch.step",
      "watch.act",
      "watch.booting",
      "watch.recovered",
    ]);
    const page = report(1, "web1");
    expect(page).toContain("Kernel panic - not syncing");
    expect(page).toContain("Enter: nothing");
    expect(page).toContain("25 interlocks asked, none objected");
    expect(page).toContain("pdu/1 off, read back");
    expect(page).toContain("login prompt seen");
    expect(page).toContain("suspect: the console shows panic");
    expect(await bench.texts("guard.permit")).toEqual([
      "cycle permitted: 25 interlocks asked, none objected",
    ]);
  });

  it("silence: probes, gets no answer, cycles", async () => {
    bench = await new Bench(["web1"]).start();
    bootsAfterwards();
    await bench.answersOnce();
    bench.console().answers = "none";
    await bench.pass(minutes(9) + seconds(10));
    expect(bench.console().sent).toEqual(["\r"]);
    await bench.pass(minutes(3));
    expect(bench.relay.orders).toEqual(["cycle web1 1-cycle-1"]);
    expect(bench.incidents.list([])[0]?.summary).toMatchObject({
      state: "recovered",
      class: "silence",
    });
  });

  it("an idle host answers its probes and is left alone", async () => {
    bench = await new Bench(["web1"]).start();
    await bench.pass(minutes(60));
    expect(bench.relay.orders).toEqual([]);
    expect(bench.incidents.list([])).toEqual([]);
    expect(bench.console().sent.length).toBeGreaterThan(4);
  });

  it("a person has the seat: no cycle, a page instead", async () => {
    bench = await new Bench(["web1"]).start();
    bench.console().sits("jana");
    bench.console().panics();
    await bench.pass(minutes(30));
    expect(bench.relay.orders).toEqual([]);
    expect(bench.console().sent).toEqual([]);
    expect(await bench.texts("watch.page")).toEqual([
      "the console shows panic: nothing is done, jana has the seat",
    ]);
    expect(bench.watchdog.statusOf("web1")?.next).toMatch(/jana has the seat/);
  });

  it("hold: nothing happens, and it says so", async () => {
    bench = await new Bench(["web1"]).start();
    await bench.holds.set(["web1"], "jana", minutes(60), "RAID rebuild");
    bench.console().panics();
    await bench.pass(minutes(30));
    expect(bench.relay.orders).toEqual([]);
    expect(bench.console().sent).toEqual([]);
    expect((await bench.texts("watch.veto"))[0]).toMatch(
      /nothing is done, hold by jana .*RAID rebuild/,
    );
    expect(bench.watchdog.statusOf("web1")?.next).toMatch(/hold by jana/);
    await bench.holds.release(["web1"], "jana");
    await bench.pass(minutes(3));
    expect(bench.relay.orders).toHaveLength(1);
  });

  it("mode observe: not a byte is sent, and the incident says what would have been done", async () => {
    bench = await new Bench(["web1"], { mode: "observe" }).start();
    bench.console().panics();
    await bench.pass(minutes(30));
    expect(bench.console().sent).toEqual([]);
    expect(bench.relay.orders).toEqual([]);
    expect((await bench.texts("watch.observe"))[0]).toMatch(/would have probed.*cycle its outlets/);
    expect(bench.incidents.list([])[0]?.summary.state).toBe("observed");
  });

  it("mode off: does nothing and says so", async () => {
    bench = await new Bench(["web1"], { mode: "off" }).start();
    bench.console().panics();
    await bench.pass(minutes(30));
    expect(bench.console().sent).toEqual([]);
    expect(await bench.texts("watch")).toEqual([]);
    expect(bench.watchdog.statusOf("web1")?.next).toBe("not watched");
  });

  it("life between decision and act: nothing is switched", async () => {
    bench = await new Bench(["web1"]).start();
    bench.console().panics();
    bench.relay.meanwhile = () => bench.console().asksForLogin();
    await bench.pass(minutes(5));
    expect(bench.relay.orders).toEqual([]);
    expect(bench.incidents.list([])[0]?.summary.state).toBe("closed");
  });

  it("a person who comes between decision and act stops it", async () => {
    bench = await new Bench(["web1"]).start();
    bench.console().panics();
    bench.relay.meanwhile = () => bench.console().types("ls\r");
    await bench.pass(minutes(5));
    expect(bench.relay.orders).toEqual([]);
  });

  it("kill -9 between intent and outcome: no second cut, a page, and the boot is still seen", async () => {
    bench = await new Bench(["web1"]).start();
    bench.relay.dies = true;
    bench.console().panics();
    await bench.pass(minutes(2));
    expect(bench.relay.orders).toEqual(["cycle web1 1-cycle-1"]);
    await bench.restart();
    bench.relay.dies = false;
    await bench.pass(minutes(30));
    expect(bench.relay.orders).toHaveLength(1);
    expect((await bench.texts("watch.page"))[0]).toMatch(/cut short by a restart/);
    bench.console().asksForLogin();
    await bench.still();
    expect(bench.incidents.list([])[0]?.summary.state).toBe("recovered");
  });

  it("kill -9 before the intent: the incident goes on, and is cut once after a new proof", async () => {
    bench = await new Bench(["web1"]).start();
    bootsAfterwards();
    bench.console().panics();
    await bench.pass(seconds(58));
    await bench.restart();
    await bench.pass(seconds(50));
    expect(bench.relay.orders).toEqual([]);
    await bench.pass(minutes(3));
    expect(bench.relay.orders).toEqual(["cycle web1 1-cycle-1"]);
    expect(bench.incidents.list([])).toHaveLength(1);
  });

  it("many suspects at once: the fleet breaker stops all of them and calls a person", async () => {
    const names = ["web1", "web2", "web3", "web4"];
    bench = await new Bench(names).start();
    for (const name of names) bench.console(name).panics();
    await bench.pass(minutes(3));
    expect(bench.relay.orders).toEqual([]);
    const pages = await bench.texts("watch.page");
    expect(pages).toHaveLength(4);
    expect(pages[0]).toMatch(/4 hosts became suspect/);
  });

  it("needs: hosts behind a switch that is not well are not cut for it, and are once it is", async () => {
    bench = new Bench(["web1", "web2", "switch1"], { silence: 0 });
    for (const name of ["web1", "web2"])
      bench.entries.set(name, { ...bench.entries.get(name)!, needs: ["switch1"] });
    await bench.start();
    bench.console("switch1").answers = "none";
    bench.console("switch1").shows("stuck", "boot-loader", "confirm", "switch: ");
    await bench.pass(minutes(2));
    for (const name of ["web1", "web2"]) bench.console(name).panics();
    await bench.pass(minutes(3));
    expect(bench.relay.orders).toEqual([]);
    expect((await bench.texts("watch.veto")).join()).toMatch(/it needs switch1, not healthy now/);
    bench.console("switch1").asksForLogin();
    await bench.pass(minutes(8));
    expect(bench.relay.orders.map((one) => one.split(" ")[1])).toEqual(["web1", "web2"]);
  });

  it("budget: the third incident within its time calls a person, also after a restart", async () => {
    bench = await new Bench(["web1"]).start();
    bootsAfterwards();
    for (let turn = 0; turn < 2; turn++) {
      bench.console().panics();
      await bench.pass(minutes(8));
    }
    expect(bench.relay.orders).toHaveLength(2);
    await bench.restart();
    bench.console().asksForLogin();
    bench.console().panics();
    await bench.pass(minutes(8));
    expect(bench.relay.orders).toHaveLength(2);
    expect((await bench.texts("watch.page"))[0]).toMatch(/2 of 2 cuts in 6h are used up/);
  });

  it("an outlet that cannot be read, or feeds another host, is not cut", async () => {
    bench = await new Bench(["web1"]).start();
    bench.relay.state = "unknown";
    bench.console().panics();
    await bench.pass(minutes(3));
    expect(bench.relay.orders).toEqual([]);
    expect((await bench.texts("watch.page"))[0]).toMatch(/outlet pdu\/web1 cannot be read/);
  });

  it("an outcome that is not known: a person is called, nothing is repeated", async () => {
    bench = await new Bench(["web1"]).start();
    bench.relay.result = "unknown";
    bench.console().panics();
    await bench.pass(minutes(60));
    expect(bench.relay.orders).toHaveLength(1);
    expect((await bench.texts("watch.page"))[0]).toMatch(/it is not known whether it worked/);
  });

  it("a stalled process suspects nobody of its own silence", async () => {
    bench = await new Bench(["web1"]).start();
    bench.console().answers = "none";
    await bench.pass(minutes(9));
    // SIGSTOP for an hour: every timer fires late, all at once.
    const monotonic = bench.clock.monotonic.bind(bench.clock);
    let stolen = 0;
    bench.clock.monotonic = () => monotonic() + stolen;
    stolen = minutes(60);
    await bench.clock.advance(seconds(61));
    expect(bench.console().sent).toEqual([]);
    expect(bench.watchdog.gapAt("web1")).toBeDefined();
  });

  it("a step of the wall clock acts on nothing, and keeps from acting for a while", async () => {
    bench = await new Bench(["web1"]).start();
    bench.clock.stepWall(86_400_000);
    await bench.pass(minutes(1));
    expect(bench.console().sent).toEqual([]);
    bench.console().panics();
    await bench.pass(minutes(3));
    expect(bench.relay.orders).toEqual([]);
    expect((await bench.texts("watch.page"))[0]).toMatch(/the wall clock was moved/);
    await bench.pass(minutes(15));
    expect(bench.relay.orders).toHaveLength(1);
  });

  it("one host whose console fails does not keep others from being watched", async () => {
    bench = await new Bench(["web1", "web2"]).start();
    bench.console("web1").tailFails = true;
    bench.console("web1").lastLines = () => Promise.reject(new Error("broken"));
    bench.console("web1").panics();
    bench.console("web2").panics();
    await bench.pass(minutes(3));
    expect(bench.relay.orders).toEqual([expect.stringMatching(/^cycle web2/)]);
    expect((await bench.texts("watch.page"))[0]).toMatch(/cannot be probed: broken/);
  });

  it("a host that reboots by itself after a panic is left to it", async () => {
    bench = await new Bench(["web1"]).start();
    bench.console().panics();
    bench.console().prints("[  12.1] Rebooting in 120 seconds..\r\n");
    await bench.pass(seconds(120));
    bench.console().boots();
    await bench.pass(seconds(30));
    bench.console().asksForLogin();
    await bench.pass(minutes(5));
    expect(bench.relay.orders).toEqual([]);
    expect(bench.console().sent.filter((text) => text !== "\r")).toEqual([]);
    expect(bench.incidents.list([])[0]?.summary.state).toBe("recovered");
  });

  it("runs the sysrq runbook where the kernel still shows itself", async () => {
    bench = await new Bench(["web1"], { ladder: ["nudge", "sysrq", "cycle"], sysrq: true }).start();
    bench.runbook = (run) => {
      run.onText("BREAK s");
      return Promise.resolve("done");
    };
    bench.console().answers = "kernel";
    bench.console().shows("crash", "hung-task", "confirm", "INFO: task blocked for 120 seconds");
    await bench.pass(minutes(4));
    expect(bench.runs).toEqual([]);
    await bench.pass(minutes(2));
    expect(bench.runs.map((run) => run.name)).toEqual(["sysrq-reboot"]);
    bench.console().boots();
    bench.console().asksForLogin();
    await bench.still();
    expect(bench.relay.orders).toEqual([]);
    expect(bench.incidents.list([])[0]?.summary).toMatchObject({ state: "recovered" });
  });

  it("a person closes an incident, and the same evidence opens none again", async () => {
    bench = await new Bench(["web1"], { mode: "ask" }).start();
    bench.console().panics();
    await bench.pass(minutes(3));
    bench.watchdog.closeIncident(1, "jana", "known, being repaired");
    await bench.pass(minutes(5));
    expect(bench.incidents.list([])).toHaveLength(1);
    expect(bench.incidents.find(1)?.summary.state).toBe("closed");
    expect(() => bench.watchdog.closeIncident(9, "jana", "")).toThrow(/there is none/);
    // What is over stays as it ended; and what the console said last is no younger for it.
    expect(() => bench.watchdog.closeIncident(1, "jana", "again")).toThrow(/it is over, closed/);
    await bench.pass(minutes(1));
    const facts = bench.watchdog.whyOf("web1")?.facts.join() ?? "";
    expect(facts).toMatch(/the console last spoke \d+m/);
    await bench.restart({ keeps: true });
    await bench.pass(minutes(5));
    expect(bench.incidents.list([])).toHaveLength(1);
    bench.console().asksForLogin();
    bench.console().panics();
    await bench.pass(minutes(5));
    expect(bench.incidents.list([])).toHaveLength(2);
  });

  it("a quotation that a person types is no reason to cut", async () => {
    bench = await new Bench(["web1"], { handsOff: seconds(1) }).start();
    bench.console().types("Kernel panic - not syncing: sysrq triggered crash\r");
    bench.console().panics();
    await bench.pass(minutes(4));
    expect(bench.relay.orders).toEqual([]);
    expect((await bench.texts("watch.page"))[0]).toMatch(/a person typed the text that matched/);
  });
});
