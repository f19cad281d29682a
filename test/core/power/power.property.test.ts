import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { PowerVerb } from "../../../src/core/site/site.ts";
import { ManualClock } from "../../../src/lib/clock.ts";
import {
  Disk,
  ended,
  type Fault,
  hostWith,
  ORDER,
  RelayBank,
  recovered,
  run,
  type Step,
  startPower,
} from "./power-sim.ts";

const FAULTS: Fault[] = [
  "ok",
  "ok",
  "lostRequest",
  "lostAnswer",
  "ignored",
  "refused",
  "silent",
  "unknown",
  "wrong",
];
/** Much later than the device says that it may be. */
const SLOWEST = 40_000;
const LATE = [0, 0, 300, 4000, 9000, SLOWEST];

const step: fc.Arbitrary<Step> = fc.record({
  fault: fc.constantFrom(...FAULTS),
  late: fc.constantFrom(...LATE),
});

/** Two banks, one feed each, and what goes wrong with the first requests to each. */
const scene = fc.record({
  verb: fc.constantFrom<PowerVerb>("on", "off", "cycle", "cycle"),
  feeds: fc.constantFrom(1, 2),
  faults: fc.tuple(fc.array(step, { maxLength: 14 }), fc.array(step, { maxLength: 14 })),
  tellsPending: fc.boolean(),
  startsOff: fc.boolean(),
  diesIn: fc.integer({ min: 1, max: 40 }),
});

// A device that is later than it says, and forgets commands that it has taken as well, cannot be told from one that
// obeys; either alone can.
function possible(steps: readonly Step[]): Step[] {
  const slow = steps.some(({ late }) => late === SLOWEST);
  return steps.map((one) => (slow && one.fault === "ignored" ? { ...one, fault: "ok" } : one));
}

type Scene = typeof scene extends fc.Arbitrary<infer S> ? S : never;

function build({ faults, tellsPending, feeds, startsOff, verb }: Scene) {
  const clock = new ManualClock(1_700_000_000_000);
  const banks = { a: new RelayBank(clock, ["1", "2"]), b: new RelayBank(clock, ["1", "2"]) };
  const disk = new Disk();
  for (const [i, bank] of [banks.a, banks.b].entries()) {
    bank.faults = [{ fault: "ok", late: 0 }, ...possible(faults[i] ?? [])];
    bank.tellsPending = tellsPending;
    if (startsOff && verb !== "cycle") bank.relay("1").on = false;
  }
  const host = feeds === 1 ? hostWith("a/1") : hostWith("a/1", "b/1");
  const used = feeds === 1 ? [banks.a] : [banks.a, banks.b];
  return { clock, banks, disk, host, used };
}

const RUNS = { numRuns: Number(process.env.OOB_RUNS ?? 300) };

describe("switchHost() under faults", () => {
  test("never says done while a relay says otherwise, never cuts twice, and leaves a cycled host on", async () => {
    await fc.assert(
      fc.asyncProperty(scene, async (given) => {
        const { clock, banks, disk, host, used } = build(given);
        const { power } = startPower(banks, disk, clock, { onFor: 900_000 });
        const report = await ended(clock, power.switchHost(host, given.verb, ORDER));
        const relays = used.map((bank) => bank.relay("1"));
        if (report.result === "done") {
          const want = given.verb !== "off";
          expect(relays.map(({ on }) => on)).toEqual(relays.map(() => want));
          if (given.verb === "cycle") for (const bank of used) expect(bank.falls("1")).toBe(1);
        }
        if (report.power === "off") expect(relays.some(({ on }) => on)).toBe(false);
        if (report.result === "refused" && !disk.events.length)
          for (const bank of used) expect(bank.sent).toEqual([]);
        await clock.advance(200_000);
        for (const bank of used) expect(bank.falls("1")).toBeLessThanOrEqual(1);
        if (given.verb === "cycle")
          expect(relays.map(({ on }) => on)).toEqual(relays.map(() => true));
        for (const bank of [banks.a, banks.b]) expect(bank.relay("2").edges).toEqual([]);
      }),
      RUNS,
    );
  }, 120_000);

  test("a process that ends at any await cuts once at most, and the next one brings a cycled host back", async () => {
    await fc.assert(
      fc.asyncProperty(scene, async (given) => {
        const { clock, banks, disk, host, used } = build(given);
        const first = startPower(banks, disk, clock, { onFor: 900_000 });
        banks.a.diesIn = given.diesIn;
        const cut = first.power.switchHost(host, given.verb, ORDER);
        await run(clock, cut, 3_600_000, first.process);
        banks.a.diesIn = 0;
        first.process.dead = true;
        const second = startPower(banks, disk, clock, { onFor: 900_000 });
        // Some time after a crash, or at once, the daemon is started again.
        await clock.advance(given.diesIn % 2 === 0 ? 30_000 : 0);
        expect(await run(clock, recovered(second.power))).not.toBe("still running");
        const again = await ended(clock, second.power.switchHost(host, given.verb, ORDER));
        if (again.power === "off") expect(used.some((bank) => bank.relay("1").on)).toBe(false);
        await clock.advance(200_000);
        const intents = disk.events.filter(({ type }) => type === "power.intent");
        const outcomes = disk.events.filter(({ type }) => type === "power.outcome");
        expect(intents.length).toBeLessThanOrEqual(1);
        expect(outcomes.length).toBe(intents.length);
        for (const bank of used) expect(bank.falls("1")).toBeLessThanOrEqual(1);
        if (given.verb === "cycle") for (const bank of used) expect(bank.relay("1").on).toBe(true);
      }),
      RUNS,
    );
  }, 120_000);
});
