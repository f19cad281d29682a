import { afterEach, describe, expect, it } from "vitest";
import { pingOnce } from "../../../src/core/watchdog/beside.ts";
import { hours, minutes, seconds } from "../../../src/lib/durations.ts";
import { Bench } from "./watchdog-doubles.ts";

let bench: Bench | undefined;
afterEach(async () => {
  await bench?.end();
  bench = undefined;
});

const ON = { cts: true, dsr: true, dcd: true };
const steps = () => bench!.watchdog.whyOf("web1")!.probes.at(-1)!.steps;

describe("what stands beside a silent console", () => {
  it("outlets and their watts stand in the probe, and a panicked host is cut all the same", async () => {
    bench = await new Bench(["web1"]).start();
    bench.relay.watts = 0;
    bench.console().panics();
    await bench.pass(seconds(58));
    expect(steps().at(-1)).toMatchObject({ tried: "outlets", answer: "pdu/web1 on, 0 W" });
    expect(bench.incidents.list([])[0]?.record.probes[0]?.steps).toHaveLength(4);
    await bench.pass(minutes(1));
    expect(bench.relay.orders).toHaveLength(1);
  });

  it("a silent host whose outlets draw nothing is off, not stuck: a person is called, once", async () => {
    bench = await new Bench(["web1"]).start();
    bench.relay.watts = 0.2;
    bench.console().answers = "none";
    await bench.pass(hours(1));
    expect(bench.relay.orders).toEqual([]);
    expect((await bench.texts("watch.page")).join()).toMatch(/are on and draw nothing: it is off/);
    expect(await bench.texts("watch.page")).toHaveLength(1);
  });

  it("a silent host that draws what it always drew is cut", async () => {
    bench = await new Bench(["web1"]).start();
    bench.relay.watts = 41;
    await bench.answersOnce();
    bench.console().answers = "none";
    await bench.pass(minutes(14));
    expect(bench.relay.orders).toHaveLength(1);
  });

  it("a host that answers ping is never cut, whatever its console shows", async () => {
    bench = await new Bench(["web1"], { ping: "10.0.0.5" }).start();
    bench.answersPing = true;
    bench.console().panics();
    await bench.pass(hours(1));
    expect(bench.relay.orders).toEqual([]);
    expect((await bench.texts("watch.page")).join()).toMatch(/but it answers ping at 10.0.0.5/);
    expect(steps().at(-1)).toMatchObject({ tried: "ping 10.0.0.5", answer: "answered" });
    // It is asked once nobody answered at the console, not before.
    expect(bench.pinged).toEqual(["10.0.0.5"]);
  });

  it("no answer to ping proves nothing more; without an address nothing is asked", async () => {
    bench = await new Bench(["web1"], { ping: "10.0.0.5" }).start();
    bench.console().panics();
    await bench.pass(minutes(2));
    expect(bench.relay.orders).toHaveLength(1);
    await bench.end();
    bench = await new Bench(["web1"]).start();
    bench.console().panics();
    await bench.pass(minutes(2));
    expect(bench.pinged).toEqual([]);
  });

  it("lines that dropped since the last answer are a cable, not a stuck host", async () => {
    bench = await new Bench(["web1"]).start();
    bench.console().modemLines = ON;
    await bench.pass(minutes(11));
    bench.console().modemLines = { ...ON, dsr: false, dcd: false };
    bench.console().answers = "none";
    await bench.pass(minutes(40));
    expect(bench.relay.orders).toEqual([]);
    expect((await bench.texts("watch.page")).join()).toMatch(/DSR and DCD went off since/);
    // The cable is back: what the console says ends it.
    bench.console().modemLines = ON;
    bench.console().answers = "alive";
    bench.console().asksForLogin();
    expect(bench.watchdog.whyOf("web1")?.phase).toBe("calm");
  });

  it("a host that speaks while its outlets are read was not silent", async () => {
    bench = await new Bench(["web1"]).start();
    const { relay } = bench;
    bench.console().panics();
    relay.reading = () => bench!.console().prints("still here\r\n");
    await bench.pass(minutes(4));
    expect(relay.orders).toEqual([]);
    expect(bench.watchdog.whyOf("web1")?.probes[0]).toMatchObject({ answer: "refused" });
  });

  it("a silent host is cut once, and given up where that did not help, also when it booted", async () => {
    bench = await new Bench(["web1"], { ladder: ["single-user", "cycle"] }).start();
    bench.runbook = () => {
      bench!.clock.after(seconds(20), () => bench!.console().boots());
      return Promise.resolve("done");
    };
    await bench.answersOnce();
    bench.console().answers = "none";
    await bench.pass(hours(1));
    expect(bench.runs).toHaveLength(1);
    expect(bench.relay.orders).toEqual([]);
    expect((await bench.texts("watch.page")).join()).toMatch(/single-user did not help/);
  });
});

describe("pingOnce()", () => {
  it("asks the system's ping; what it cannot resolve is no answer, and no option slips in", async () => {
    expect(await pingOnce("name.invalid")).toMatchObject({ answers: false });
    expect(await pingOnce("-h")).toMatchObject({ answers: false });
  });
});
