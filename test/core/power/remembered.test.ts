import { beforeEach, expect, test } from "vitest";
import type { PowerEvent } from "../../../src/core/site/site.ts";
import { ended, hostWith, ORDER, recovered, startPower, TwoFeeds } from "./power-sim.ts";

/** What is read of this device may be so old. */
const POLL = 10_000;
const HOST = hostWith("a/1");

let sim: TwoFeeds;

beforeEach(async () => {
  sim = new TwoFeeds();
  sim.banks.a.polledEvery = POLL;
  // Between two polls.
  await sim.clock.advance(12_000);
});

/** Somebody at the PDU itself; the memory knows at the next poll. */
function moved(to: "on" | "off"): void {
  const relay = sim.banks.a.relay("1");
  relay.on = to === "on";
  relay.edges.push({ at: sim.clock.monotonic(), to });
}

test.each(["off", "on"] as const)(
  "switchHost() does not take %s out of a memory for what is",
  async (verb) => {
    const other = verb === "off" ? "on" : "off";
    if (verb === "off") {
      moved("off");
      await sim.clock.advance(POLL);
    }
    moved(other);
    const events: PowerEvent[] = [];
    const order = sim.start().switchHost(HOST, verb, ORDER, (event) => events.push(event));
    expect(await ended(sim.clock, order)).toMatchObject({ result: "done", power: verb });
    expect(sim.banks.a.relay("1").on).toBe(verb === "on");
    expect(events[0]?.text).toBe(`a/1 reads ${verb}, from memory: waiting 10s`);
  },
);

test("switchHost() says done of a command only after a poll that came behind it", async () => {
  const seen: boolean[] = [];
  const order = sim.start().switchHost(HOST, "off", ORDER, ({ result }) => {
    if (result === "done") seen.push(sim.banks.a.relay("1").on);
  });
  const begun = sim.clock.monotonic();
  await ended(sim.clock, order);
  expect(seen).toEqual([false]);
  expect(sim.clock.monotonic() - begun).toBeGreaterThan(POLL);
  expect(sim.banks.a.sent).toEqual([{ instance: "1", command: "off" }]);
});

test("recover() does not call done what a memory of before the crash says", async () => {
  moved("off");
  await sim.clock.advance(POLL);
  const { power, process } = startPower(sim.banks, sim.disk, sim.clock);
  sim.disk.wrote = ({ type }) => {
    if (type === "power.intent") process.dead = true;
  };
  void power.switchHost(HOST, "off", ORDER);
  await sim.clock.advance(POLL + 1000);
  expect(process.dead).toBe(true);
  sim.disk.wrote = () => {};
  moved("on");
  const again = recovered(sim.start());
  await sim.clock.advance(60_000);
  await again;
  expect(sim.disk.events.at(-1)).toMatchObject({
    type: "power.outcome",
    data: { result: "unknown" },
  });
});
