import { afterEach, describe, expect, it } from "vitest";
import { hours, minutes, seconds } from "../../../src/lib/durations.ts";
import { Bench } from "./watchdog-doubles.ts";

let bench: Bench;
afterEach(() => bench.end());

/** A host at its login prompt panics, and the process ends before it has opened an incident. */
async function killedAtOnce(): Promise<void> {
  bench = await new Bench(["web1"]).start();
  bench.console().asksForLogin();
  bench.console().panics();
  await bench.still();
  expect(bench.incidents.list([])).toEqual([]);
}
const incidents = () => bench.incidents.list([]).map(({ summary }) => summary.state);

describe("kill -9 between a panic and its incident", () => {
  it("is taken up: proven anew, cut once, recovered", async () => {
    await killedAtOnce();
    await bench.restart({ keeps: true });
    bench.relay.afterwards = () => {
      bench.console().boots();
      bench.console().asksForLogin();
    };
    await bench.pass(seconds(55));
    expect(bench.relay.orders).toEqual([]);
    await bench.pass(minutes(5));
    expect(bench.relay.orders).toEqual(["cycle web1 1-cycle-1"]);
    expect(incidents()).toEqual(["recovered"]);
    await bench.restart({ keeps: true });
    await bench.pass(minutes(30));
    expect(bench.relay.orders).toHaveLength(1);
  });

  it("several kills: still one incident and one cut", async () => {
    await killedAtOnce();
    for (let n = 0; n < 3; n++) {
      await bench.restart({ keeps: true });
      await bench.pass(seconds(40));
    }
    await bench.pass(minutes(30));
    expect(bench.relay.orders).toHaveLength(1);
    expect(bench.incidents.list([])).toHaveLength(1);
  });

  it("a host that answers again was mended meanwhile: nothing is done", async () => {
    await killedAtOnce();
    await bench.restart({ keeps: true });
    bench.console().answers = "alive";
    await bench.pass(minutes(30));
    expect(bench.relay.orders).toEqual([]);
  });

  it("too long ago: a person is called", async () => {
    await killedAtOnce();
    await bench.watchdog.stop();
    await bench.clock.advance(minutes(11));
    await bench.restart({ keeps: true });
    bench.console().prints("\0");
    await bench.pass(minutes(30));
    expect(bench.relay.orders).toEqual([]);
    expect((await bench.texts("watch.page"))[0]).toMatch(/mended unseen/);
  });

  it.each([
    ["a person was there", "session.attach"],
    ["its outlets were switched", "power.intent"],
    ["the suspicion was refuted", "watch.calm"],
    ["an incident was opened, and closed by a person", "incident.close"],
  ])("%s since: left to a person", async (_, type) => {
    await killedAtOnce();
    bench.audit.note({ type, host: "web1", by: "jana", text: "x" });
    await bench.restart({ keeps: true });
    await bench.pass(minutes(30));
    expect(bench.relay.orders).toEqual([]);
  });

  it("a console that nobody ever answered at is left to a person", async () => {
    bench = await new Bench(["web1"]).start();
    bench.console().opinion = {
      state: "healthy",
      class: "runtime",
      action: "none",
      since: 0,
      evidence: [],
    };
    await bench.restart();
    bench.console().panics();
    await bench.still();
    await bench.restart({ keeps: true });
    await bench.pass(minutes(30));
    expect(bench.relay.orders).toEqual([]);
  });

  it("a console that shows something else by now is judged by that", async () => {
    await killedAtOnce();
    await bench.watchdog.stop();
    bench.console().boots();
    await bench.restart({ keeps: true });
    await bench.pass(minutes(9));
    expect(bench.relay.orders).toEqual([]);
  });

  it("a clock that was set back makes an old suspicion no newer: a person is called", async () => {
    await killedAtOnce();
    await bench.watchdog.stop();
    await bench.clock.advance(hours(3));
    bench.clock.stepWall(-hours(10));
    await bench.restart({ keeps: true });
    bench.console().prints("\0");
    await bench.pass(minutes(30));
    expect(bench.relay.orders).toEqual([]);
    expect((await bench.texts("watch.page"))[0]).toMatch(/mended unseen/);
  });

  it.each(["has the seat", "typed just before"])(
    "a person who %s may do what stands nowhere: left to a person",
    async (how) => {
      bench = await new Bench(["web1"]).start();
      bench.console().asksForLogin();
      if (how === "has the seat") bench.console().sits("jana");
      else bench.console().types("dmesg\r");
      bench.console().panics();
      await bench.still();
      await bench.restart({ keeps: true });
      await bench.pass(minutes(30));
      expect(bench.relay.orders).toEqual([]);
    },
  );
});
