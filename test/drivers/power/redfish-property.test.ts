import fc from "fast-check";
import { expect, test } from "vitest";
import redfish from "../../../drivers/power/redfish.ts";
import { RedfishMock, type RedfishOddities } from "../../../mocks/redfish-service.ts";
import { readOptions } from "../../../src/config/option-values.ts";
import { Power } from "../../../src/core/power/power.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import { Disk, hostWith } from "../../core/power/power-sim.ts";
import { contextWith } from "./context.ts";

const RUNS = 24;
const SETTLE = 600;

/** A service with oddities, and one answer in so many that is lost on the way. */
interface Scenario {
  readonly verb: "off" | "on" | "cycle";
  readonly startsOn: boolean;
  readonly losesEach: number;
  readonly oddities: Partial<RedfishOddities>;
}

const scenario: fc.Arbitrary<Scenario> = fc.record({
  verb: fc.constantFrom("off", "on", "cycle"),
  startsOn: fc.boolean(),
  losesEach: fc.constantFrom(0, 0, 3, 5, 7),
  oddities: fc.record({
    lateBy: fc.constantFrom(0, 100, 400),
    says: fc.constantFrom("pending", "old"),
    liar: fc.constantFrom(false, false, false, true),
    success: fc.constantFrom(200, 202, 204),
    task: fc.constantFrom("Completed", "Exception", "gone"),
    already: fc.constantFrom(204, 400, 409),
    lists: fc.constantFrom("values", "action-info", "nowhere"),
    wantsTag: fc.boolean(),
    forgets: fc.boolean(),
    expires: fc.constantFrom(0, 1),
  }),
});

/** Plays it; gives what was reported, what is, and how often the power fell. */
async function play({ verb, startsOn, losesEach, oddities }: Scenario, run: number) {
  const user = `property${run}`;
  const mock = new RedfishMock(systemClock, { user, password: "x" });
  const [machine] = mock.machines;
  if (machine) machine.isOn = startsOn;
  let falls = 0;
  Object.assign(mock.oddities, oddities, {
    onReset: () => {
      if (mock.resets.at(-1) === "ForceOff" && mock.isOn() && !oddities.liar) falls++;
    },
  });
  let asked = 0;
  Object.defineProperty(mock.http.faults, "drops", {
    get: () => losesEach > 0 && ++asked % losesEach === 0,
  });
  const port = await mock.http.listen();
  const options = {
    host: "127.0.0.1",
    port,
    user,
    tls: false,
    insecure: true,
    settle: `${SETTLE}ms`,
  };
  const { values } = readOptions(redfish.options, { ...options, password: "secret:x" });
  const power = new Power({
    pdus: new Map([["bmc", { driver: "redfish", options: {} }]]),
    open: () => redfish.open(values, contextWith({ x: "x" })),
    audit: new Disk().open({ dead: false }, systemClock),
    clock: systemClock,
    onFor: 4000,
  });
  const host = { ...hostWith("bmc/1"), offFor: 50 };
  const report = await power.switchHost(host, verb, { id: `p${run}`, by: "t", reason: "t" });
  const isOn = mock.isOn();
  await power.close();
  await mock.http.close();
  return { report, isOn, falls };
}

test("whatever the service does: done is so, off is so, and the power falls once at most", async () => {
  const scenarios = fc.sample(scenario, RUNS);
  const played = await Promise.all(scenarios.map(play));
  for (const [i, { report, isOn, falls }] of played.entries()) {
    const { verb } = scenarios[i] ?? {};
    const shown = JSON.stringify({ ...scenarios[i], report });
    if (report.result === "done") expect(isOn, shown).toBe(verb !== "off");
    // What was never told to come on stays off; otherwise a late on may still come.
    if (report.power === "off" && verb === "off") expect(isOn, shown).toBe(false);
    expect(falls, shown).toBeLessThanOrEqual(1);
  }
  // Half of them as a rule; a guard that some are, whatever the dice say.
  expect(played.some(({ report }) => report.result === "done")).toBe(true);
}, 60_000);
