import { afterEach, describe, expect, it } from "vitest";
import { hours, minutes, seconds } from "../../../src/lib/durations.ts";
import { Bench } from "./watchdog-doubles.ts";

let bench: Bench;
afterEach(() => bench.end());

const ALWAYS = { alwaysOn: true, silence: 0 } as const;

/** The outlets of these hosts go off by themselves; `on` brings them back. */
function goesOff(...hosts: readonly string[]): void {
  for (const host of hosts) bench.relay.states.set(`pdu/${host}`, "off");
  bench.relay.meanwhile = (host) => bench.relay.states.delete(`pdu/${host}`);
}

const ordered = () => bench.relay.orders.map((order) => order.split(" ").slice(0, 2).join(" "));

/** Somebody's order, as the trail of power has it. */
async function personOrders(verb: string, by = "jana"): Promise<void> {
  const data = { id: `${verb}-${bench.clock.now()}`, verb };
  await bench.audit.commit({ host: "web1", type: "power.intent", by, text: verb, data });
}

describe("a host that must always be on", () => {
  it("and is seen off, switched off by nobody, is switched on again, once, after a minute", async () => {
    bench = await new Bench(["web1"], ALWAYS).start();
    goesOff("web1");
    await bench.pass(seconds(65));
    expect(ordered()).toEqual([]);
    await bench.pass(minutes(3));
    expect(ordered()).toEqual(["on web1"]);
    expect((await bench.texts("watch.act")).join()).toMatch(
      /was off, must be on, and was switched/,
    );
    await bench.pass(hours(3));
    expect(ordered()).toEqual(["on web1"]);
  });

  it("is left alone without always-on", async () => {
    bench = await new Bench(["web1"], { silence: 0 }).start();
    goesOff("web1");
    await bench.pass(hours(1));
    expect(ordered()).toEqual([]);
  });

  it.each(["off", "soft"])(
    "stays off after a person's %s, until somebody switches it on",
    async (verb) => {
      bench = await new Bench(["web1"], ALWAYS).start();
      await personOrders("cycle");
      await personOrders(verb);
      goesOff("web1");
      await bench.pass(hours(5));
      expect(ordered()).toEqual([]);
      expect(bench.watchdog.whyOf("web1")?.facts.join()).toMatch(
        /it is off by jana: left as it is/,
      );
      // It was on again by hand, and then went off by itself.
      await personOrders("on");
      await bench.pass(minutes(5));
      expect(ordered()).toEqual(["on web1"]);
    },
  );

  it("stays off where a person at its console shut it down; not where it went down by itself", async () => {
    for (const typed of [true, false]) {
      bench = await new Bench(["web1"], ALWAYS).start();
      if (typed) bench.console().types("poweroff\r");
      await bench.pass(seconds(20));
      bench.console().shows("healthy", "power-off", "none", "reboot: Power down");
      goesOff("web1");
      await bench.pass(hours(2));
      expect(ordered()).toEqual(typed ? [] : ["on web1"]);
      if (typed) await bench.end();
    }
  });

  it("is not touched under a hold, nor while a person sits there", async () => {
    bench = await new Bench(["web1"], ALWAYS).start();
    await bench.holds.set(["web1"], "jana", hours(1), "new disk");
    goesOff("web1");
    await bench.pass(minutes(50));
    expect(ordered()).toEqual([]);
    bench.console().sits("jana");
    await bench.pass(minutes(40));
    expect(ordered()).toEqual([]);
    bench.console().sits(undefined);
    await bench.pass(minutes(5));
    expect(ordered()).toEqual(["on web1"]);
  });

  it.each(["a hold", "a seat", "an off"])(
    "is not touched where %s comes while its outlets are read once more",
    async (what) => {
      bench = await new Bench(["web1"], ALWAYS).start();
      goesOff("web1");
      // The guard alone asks for these, after it has read the outlets.
      bench.relay.outletKeys = async () => {
        if (what === "a hold") await bench.holds.set(["web1"], "jana", hours(1), "new disk");
        else if (what === "a seat") bench.console().sits("jana");
        else await personOrders("off");
        return new Map();
      };
      await bench.pass(minutes(4));
      expect(ordered()).toEqual([]);
      expect((await bench.texts("watch.veto")).join()).toMatch(/jana/);
    },
  );

  it("is not touched under a hold that comes while the on waits for its turn", async () => {
    bench = await new Bench(["web1"], ALWAYS).start();
    const { relay } = bench;
    relay.states.set("pdu/web1", "off");
    const read = relay.readHost.bind(relay);
    relay.meanwhile = () => {
      relay.readHost = async (host) => {
        relay.readHost = read;
        await bench.holds.set(["web1"], "jana", hours(1), "new disk");
        await bench.clock.sleep(minutes(5));
        return read(host);
      };
    };
    await bench.pass(minutes(12));
    expect(ordered()).toEqual([]);
    expect((await bench.texts("watch.veto")).join()).toMatch(/not switched on: hold by jana/);
    expect(await bench.texts("watch.page")).toEqual([]);
  });

  it("that goes off again and again calls a person once its budget is used up, also after a restart", async () => {
    bench = await new Bench(["web1"], { ...ALWAYS, budget: { cycles: 2, per: hours(6) } }).start();
    for (let n = 0; n < 2; n++) {
      goesOff("web1");
      await bench.pass(minutes(5));
    }
    expect(ordered()).toEqual(["on web1", "on web1"]);
    await bench.restart();
    goesOff("web1");
    await bench.pass(minutes(30));
    expect(ordered()).toHaveLength(2);
    expect(await bench.texts("watch.page")).toEqual([
      expect.stringMatching(/off again, and was switched on 2 times in 6h.*: oob power on web1/),
    ]);
  });

  it("is one of many that went off at once: the fault is the rack's, a person is called", async () => {
    const names = ["web1", "web2", "web3", "web4"];
    bench = await new Bench(names, ALWAYS).start();
    goesOff(...names);
    await bench.pass(minutes(10));
    expect(ordered()).toEqual([]);
    expect((await bench.texts("watch.page"))[0]).toMatch(/3 others that must be on: the fault/);
  });

  it("is told of in mode ask, noted in observe, and left where one of its outlets is on or unknown", async () => {
    for (const mode of ["ask", "observe", "act"] as const) {
      bench = await new Bench(["web1"], { ...ALWAYS, mode }).start();
      goesOff("web1");
      if (mode === "act") bench.relay.states.set("pdu/web1", "unknown");
      await bench.pass(minutes(30));
      expect(ordered()).toEqual([]);
      expect(await bench.texts("watch.page")).toHaveLength(mode === "ask" ? 1 : 0);
      expect(await bench.texts("watch.observe")).toHaveLength(mode === "observe" ? 1 : 0);
      if (mode !== "act") await bench.end();
    }
  });
});

describe("the rung soft", () => {
  const SOFT = { ladder: ["soft", "cycle", "page"] } as const;

  it("presses the button, switches the machine on once it is off, and counts as a cut", async () => {
    bench = await new Bench(["web1"], SOFT).start();
    bench.console().panics();
    await bench.pass(minutes(2));
    expect(bench.relay.orders).toEqual(["soft web1 1-soft-1", "on web1 1-soft-1-on"]);
    expect(bench.watchdog.guard.budgetOf("web1")).toMatchObject({ used: 1 });
    bench.console().boots();
    bench.console().asksForLogin();
    await bench.still();
    expect(bench.incidents.list([])[0]?.summary).toMatchObject({ state: "recovered" });
  });

  it("that brings nothing is followed by the next, proven again", async () => {
    bench = await new Bench(["web1"], SOFT).start();
    const { relay } = bench;
    relay.meanwhile = () => {
      relay.result = relay.orders.length === 0 ? "failed" : "done";
    };
    bench.console().panics();
    await bench.pass(seconds(75));
    expect(relay.orders).toEqual(["soft web1 1-soft-1"]);
    await bench.pass(minutes(3));
    expect(relay.orders).toEqual(["soft web1 1-soft-1", "cycle web1 1-cycle-1"]);
    expect(bench.watchdog.guard.budgetOf("web1")).toMatchObject({ used: 1 });
  });

  it("after which the machine cannot be switched on calls a person at once", async () => {
    bench = await new Bench(["web1"], SOFT).start();
    const { relay } = bench;
    relay.meanwhile = () => {
      relay.result = relay.orders.length === 0 ? "done" : "failed";
    };
    bench.console().panics();
    await bench.pass(minutes(2));
    expect((await bench.texts("watch.page")).join()).toMatch(/it went down, and MAY BE OFF/);
  });
});

describe("cool-down", () => {
  it("a host that panics again soon after its recovery is not cut again: a person is called", async () => {
    bench = await new Bench(["web1"], { coolDown: minutes(15), silence: 0 }).start();
    bench.relay.afterwards = () => {
      bench.clock.after(seconds(8), () => bench.console().boots());
      bench.clock.after(seconds(40), () => bench.console().asksForLogin());
    };
    bench.console().panics();
    await bench.pass(minutes(5));
    bench.console().panics();
    await bench.pass(minutes(5));
    expect(bench.relay.orders).toHaveLength(1);
    expect((await bench.texts("watch.page")).join()).toMatch(
      /it was cut 5m.* ago: another cut within 15m needs a person/,
    );
  });
});
