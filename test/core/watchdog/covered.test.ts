import { afterEach, describe, expect, it } from "vitest";
import { hours, minutes } from "../../../src/lib/durations.ts";
import { Bench } from "./watchdog-doubles.ts";

let bench: Bench;
afterEach(() => bench.end());

async function covered(mode: "act" | "ask" | "observe", ping?: string): Promise<void> {
  bench = await new Bench(["web1"], { mode, ...(ping !== undefined && { ping }) }).start();
  bench.answersPing = true;
  bench.console().shows("healthy", "pager", "none", ":");
}

describe("a console that a pager covers", () => {
  it("is told once nobody typed for a quarter of an hour; nothing is typed into it, nobody called", async () => {
    await covered("act");
    await bench.pass(minutes(14));
    expect(await bench.texts("watch.warning")).toEqual([]);
    await bench.pass(hours(5));
    expect(await bench.texts("watch.warning")).toEqual([
      expect.stringMatching(/has covered the console for 15m, and nobody types/),
    ]);
    expect(bench.console().sent).toEqual([]);
    expect(bench.pinged).toEqual([]);
    expect(await bench.texts("watch.page")).toEqual([]);
  });

  it("calls a person where its host no longer answers ping, three times; never cuts", async () => {
    await covered("act", "10.0.0.5");
    await bench.pass(minutes(40));
    expect(await bench.texts("watch.page")).toEqual([]);
    bench.answersPing = false;
    await bench.pass(minutes(9));
    expect(await bench.texts("watch.page")).toEqual([]);
    await bench.pass(hours(3));
    expect(await bench.texts("watch.page")).toEqual([
      expect.stringMatching(/covered by a pager or an editor, and it no longer answers ping at 10/),
    ]);
    expect(bench.relay.orders).toEqual([]);
  });

  it("calls nobody where the address never answered, where somebody reads, or in mode observe", async () => {
    await covered("act", "10.0.0.5");
    bench.answersPing = false;
    await bench.pass(hours(2));
    expect(bench.pinged.length).toBeGreaterThan(3);
    expect(await bench.texts("watch.page")).toEqual([]);
    await bench.end();
    await covered("act", "10.0.0.5");
    for (let n = 0; n < 20; n++) {
      await bench.pass(minutes(8));
      bench.console().types(" ");
    }
    expect(bench.pinged).toEqual([]);
    await bench.end();
    await covered("observe", "10.0.0.5");
    await bench.pass(hours(2));
    expect(bench.pinged).toEqual([]);
  });
});
