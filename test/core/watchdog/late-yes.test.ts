import { afterEach, describe, expect, it } from "vitest";
import { minutes, seconds } from "../../../src/lib/durations.ts";
import { Bench } from "./watchdog-doubles.ts";

let bench: Bench;
afterEach(() => bench.end());

const approve = () => bench.watchdog.verdicts.approve(1, "cycle", "jana", "it is dead");

async function asks(): Promise<void> {
  bench = await new Bench(["web1"], { mode: "ask" }).start();
  bench.console().panics();
  await bench.pass(minutes(5));
  expect(bench.watchdog.whyOf("web1")?.ask).toMatchObject({ rung: "cycle" });
}

describe("a yes to what was asked some time ago", () => {
  it("is not taken for a host that has started since: it is watched, and asked for anew if no login comes", async () => {
    await asks();
    bench.console().boots();
    await bench.pass(seconds(10));
    await expect(approve()).rejects.toThrow(/nothing is asked now: watching for login prompt/);
    await bench.pass(minutes(4));
    expect(bench.relay.orders).toEqual([]);
    await bench.pass(minutes(6));
    expect(bench.watchdog.whyOf("web1")?.ask).toMatchObject({ rung: "cycle" });
    expect((await bench.texts("watch.page")).filter((text) => /asking to/.test(text))).toHaveLength(
      2,
    );
    expect(bench.relay.orders).toEqual([]);
  });

  it("was no: a host that starts by itself and crashes again is asked about again, aloud", async () => {
    await asks();
    await bench.watchdog.verdicts.deny(1, "bo", "it is being looked at");
    bench.console().boots();
    await bench.pass(minutes(2));
    expect(await bench.texts("watch.page")).toHaveLength(1);
    bench.console().panics();
    await bench.pass(minutes(10));
    expect(await bench.texts("watch.page")).toHaveLength(2);
    expect(bench.relay.orders).toEqual([]);
  });

  it("after the console was away: the host gets the whole time to show itself", async () => {
    await asks();
    bench.console().goes({ is: "down", why: "the cable", retryAt: 0 });
    await bench.pass(seconds(10));
    bench.console().goes({ is: "up", label: "scripted", since: 0 });
    await approve();
    await bench.pass(seconds(50));
    expect(bench.relay.orders).toEqual([]);
    bench.console().asksForLogin();
    await bench.pass(minutes(5));
    expect(bench.relay.orders).toEqual([]);
    expect(bench.incidents.list([])[0]?.summary.state).toBe("closed");
  });

  it("does not cut a silent host whose console server went deaf since it was asked", async () => {
    const console = { driver: "tcp", options: { host: "cs1" } };
    bench = await new Bench(["web1", "web2"], { mode: "ask" }, { console }).start();
    bench.console("web1").answers = "none";
    for (let n = 0; n < 6; n++) {
      await bench.pass(minutes(5));
      bench.console("web2").prints("cron\r\n");
    }
    bench.console("web2").answers = "none";
    await bench.pass(minutes(2));
    await approve();
    await bench.pass(minutes(4));
    expect(bench.relay.orders).toEqual([]);
    expect((await bench.texts("watch.veto")).join()).toMatch(/nothing came from cs1 since/);
  });
});
