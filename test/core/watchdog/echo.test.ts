import { afterEach, describe, expect, it } from "vitest";
import { hours, minutes, seconds } from "../../../src/lib/durations.ts";
import { Bench } from "./watchdog-doubles.ts";

let bench: Bench;
afterEach(() => bench.end());

async function echoes(): Promise<void> {
  bench = await new Bench(["web1"], { silence: seconds(30) }).start();
  bench.console().answers = "echo";
}

describe("a host that waits for a person", () => {
  it("and starts again and panics is suspected anew, and cut", async () => {
    bench = await new Bench(["web1"], { silence: 0 }).start();
    const console = bench.console();
    console.answers = "none";
    console.shows("stuck", "single-user-prompt", "confirm", "Give root password for maintenance");
    await bench.pass(minutes(10));
    expect(await bench.texts("watch.page")).toHaveLength(1);
    console.boots();
    await bench.pass(hours(1));
    console.panics();
    await bench.pass(minutes(3));
    expect(bench.relay.orders).toEqual(["cycle web1 1-cycle-1"]);
  });

  it("a warning that stands is told once, however often the console speaks", async () => {
    bench = await new Bench(["web1"]).start();
    const console = bench.console();
    console.shows("warning", "kernel-warning", "notify", "WARNING: at fs/inode.c");
    const { opinion } = console;
    for (let n = 0; n < 5; n++) {
      console.tells(opinion);
      await bench.pass(seconds(10));
    }
    expect(await bench.texts("watch.warning")).toHaveLength(1);
  });
});

describe("a console that only echoes where somebody used to answer", () => {
  it("is told to a person once, after a quarter of an hour, and never cut", async () => {
    await echoes();
    await bench.pass(minutes(15));
    expect(await bench.texts("watch.page")).toEqual([]);
    await bench.pass(minutes(10));
    const pages = await bench.texts("watch.page");
    expect(pages).toHaveLength(1);
    expect(pages[0]).toMatch(/only its echo answers where somebody used to/);
    await bench.pass(hours(5));
    expect(await bench.texts("watch.page")).toHaveLength(1);
    expect(bench.relay.orders).toEqual([]);
  });

  it("is told also where a person typed hours ago", async () => {
    bench = await new Bench(["web1"], { silence: seconds(30), handsOff: seconds(1) }).start();
    bench.console().types("x");
    await bench.pass(hours(1));
    bench.console().prints("cron\r\n");
    bench.console().answers = "echo";
    await bench.pass(minutes(40));
    expect(await bench.texts("watch.page")).toHaveLength(1);
  });

  it("does not fill the story: it is asked every five minutes, not every minute", async () => {
    await echoes();
    await bench.pass(minutes(15));
    expect((await bench.texts("watch.probe")).length).toBeLessThanOrEqual(4);
  });

  it("a login prompt, an answer or a person ends it, and it counts anew", async () => {
    for (const sign of ["login", "answer", "person"] as const) {
      await echoes();
      await bench.pass(minutes(12));
      if (sign === "login") bench.console().asksForLogin();
      if (sign === "person") bench.console().types("x");
      if (sign === "answer") bench.console().answers = "alive";
      await bench.pass(minutes(sign === "answer" ? 6 : 1));
      bench.console().answers = "echo";
      await bench.pass(minutes(9));
      expect([sign, await bench.texts("watch.page")]).toEqual([sign, []]);
      if (sign !== "person") await bench.end();
    }
  });

  it("is nothing where nobody was ever seen to answer: the host may have no getty", async () => {
    bench = new Bench(["web1"], { silence: seconds(30) });
    bench.console().answers = "echo";
    await bench.watchdog.start();
    bench.console().prints("cron\r\n");
    await bench.pass(hours(1));
    expect(await bench.texts("watch.page")).toEqual([]);
  });
});
