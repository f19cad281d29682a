import { expect, test } from "vitest";
import { MockSnmpPdu, type PduFaults } from "../../mocks/snmp-pdu.ts";
import { Power } from "../../src/core/power/power.ts";
import { openSnmpPdu } from "../../src/core/snmp/snmp-pdu.ts";
import { type Clock, systemClock } from "../../src/lib/clock.ts";
import type { SnmpProfile } from "../../src/sdk/snmp-profile.ts";
import { Disk, hostWith } from "../core/power/power-sim.ts";
import { shippedProfiles } from "../core/snmp/shipped-profiles.ts";

/** A second takes 167 ms for the device and for us; datagrams take what they take. */
const SPEED = 6;
/** Twice as long as what is late takes: the rest is for a busy machine. */
const SETTLE = 8000;
/** A reading is no older than this when it is told, on a busy machine. */
const JUST_NOW = 2000;
/** Devices at a time. */
const AT_ONCE = 18;
const fast: Clock = {
  now: () => systemClock.now(),
  monotonic: () => systemClock.monotonic() * SPEED,
  after: (delay, run) => systemClock.after(delay / SPEED, run),
  sleep: (delay, signal) => systemClock.sleep(delay / SPEED, signal),
};

const profiles = await shippedProfiles();
/** Every family that is switched: those in doubt as they are once they were proven. */
const switched: readonly (readonly [string, SnmpProfile])[] = [...profiles].flatMap(
  ([name, profile]) => {
    const write = profile.write ?? profile.unproven;
    return write ? [[name, { ...profile, write, settle: SETTLE }] as const] : [];
  },
);

interface Run {
  readonly name: string;
  readonly result: string;
  /** What the report says of the outlet, and what its relay is. */
  readonly told: string;
  readonly really: string | undefined;
  readonly falls: number;
}

async function act(
  name: string,
  family: SnmpProfile,
  verb: "off" | "cycle",
  faults: PduFaults,
): Promise<Run> {
  const falls: string[] = [];
  let movedAt = Number.NEGATIVE_INFINITY;
  const device = await MockSnmpPdu.start({
    ...{ family, outlets: 4, clock: fast },
    onSwitch: (instance, to) => {
      movedAt = systemClock.monotonic();
      if (to === "off") falls.push(instance);
    },
  });
  const login = { version: "2c", community: "private" } as const;
  const target = { host: "127.0.0.1", port: device.port, login, timeout: 1000, tries: 3 };
  const power = new Power({
    pdus: new Map([["a", { driver: "snmp", options: {} }]]),
    open: () => openSnmpPdu(target, new Map([[name, family]]), systemClock),
    audit: new Disk().open({ dead: false }, fast),
    clock: fast,
    onFor: 60_000,
  });
  try {
    const instance = device.instances[1] ?? "";
    const host = hostWith(`a/instance:${instance}`);
    await power.readHost(host);
    Object.assign(device.faults, faults);
    const report = await power.switchHost(host, verb, { id: name, by: "test", reason: verb });
    const really = device.relay(instance);
    // What was pending may come true between the last reading and this look at the relay.
    const justMoved = faults.pendingMs && systemClock.monotonic() - movedAt < JUST_NOW;
    return {
      ...{ name, result: report.result, told: justMoved ? (really ?? "") : report.power },
      ...{ really, falls: falls.length },
    };
  } finally {
    await power.close();
    await device.close();
  }
}

/** Each fault of the field, the verb that meets it, and how it has to end where all goes as it should. */
const FAULTS: readonly (readonly [string, "off" | "cycle", PduFaults, readonly string[]])[] = [
  ["none", "off", {}, ["done"]],
  ["ignores", "off", { ignores: true }, ["failed"]],
  ["late", "off", { lateMs: 4000 }, ["done"]],
  ["shows pending for 10 s", "off", { pendingMs: 10_000 }, ["done", "failed", "unknown"]],
  ["refuses", "off", { refuses: "genErr" }, ["failed"]],
  ["answers words for states", "off", { wrongType: "nonsense" }, ["failed", "refused", "unknown"]],
  ["answers text for numbers", "off", { wrongType: "text" }, ["done"]],
  [
    "drops every second answer",
    "off",
    { dropsEverySecondAnswer: true },
    ["done", "failed", "unknown"],
  ],
  ["reboots in mid-cycle", "cycle", { rebootsInMidCycle: 12_000 }, ["done", "failed", "unknown"]],
];

test("families that can be switched", () => {
  expect(switched.length).toBeGreaterThanOrEqual(50);
});

test.each(FAULTS)(
  "any family, fault: %s: what is told of it is so",
  async (_, verb, faults, ends) => {
    const runs: Run[] = [];
    const left = [...switched];
    const work = async () => {
      for (let one = left.pop(); one; one = left.pop()) {
        const [name, family] = one;
        runs.push(await act(name, family, verb, faults));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    expect(runs.filter(({ result }) => !ends.includes(result))).toEqual([]);
    const want = verb === "off" ? "off" : "on";
    expect(runs.filter(({ result, really }) => result === "done" && really !== want)).toEqual([]);
    expect(runs.filter(({ told, really }) => told !== "unknown" && told !== really)).toEqual([]);
    expect(runs.filter(({ falls }) => falls > 1)).toEqual([]);
    // A cycle that went wrong leaves nobody in the dark unless it says so.
    if (verb === "cycle")
      expect(runs.filter(({ result, really }) => result === "failed" && really === "off")).toEqual(
        [],
      );
  },
  120_000,
);
