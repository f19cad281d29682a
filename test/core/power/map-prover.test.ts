import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { MockSnmpPdu, type PduFaults } from "../../../mocks/snmp-pdu.ts";
import { MapProofs } from "../../../src/core/power/map-proofs.ts";
import type { ProofWish } from "../../../src/core/power/map-prover.ts";
import { Power } from "../../../src/core/power/power.ts";
import { openSnmpPdu } from "../../../src/core/snmp/snmp-pdu.ts";
import { type Clock, systemClock } from "../../../src/lib/clock.ts";
import type { SnmpProfile } from "../../../src/sdk/snmp-profile.ts";
import { shippedProfiles } from "../snmp/shipped-profiles.ts";
import { Disk, hostWith } from "./power-sim.ts";

const shipped = await shippedProfiles();
/** The device's own time would make each proof wait for half a minute; the rules are the same. */
const profiles: ReadonlyMap<string, SnmpProfile> = new Map(
  [...shipped].map(([name, profile]) => [name, { ...profile, settle: 1000 }]),
);
const inDoubt = [...profiles].filter(([, profile]) => profile.unproven).map(([name]) => name);
/** A second of waiting takes 50 ms here. */
const fast: Clock = {
  ...systemClock,
  monotonic: () => systemClock.monotonic() * 20,
  sleep: (delay, signal) => systemClock.sleep(delay / 20, signal),
};

let state: string;
const cleanup: (() => Promise<unknown>)[] = [];
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), "oob-proof-"));
});
afterEach(async () => {
  for (const close of cleanup.splice(0).reverse()) await close();
  rmSync(state, { recursive: true, force: true });
});

/** A device of the family that obeys, wired as its map says, or one outlet further. */
async function rig(name: string, { shifted = false, outlets = 4 } = {}) {
  const profile = profiles.get(name);
  if (!profile?.unproven) throw new Error(name);
  const family = { ...profile, write: profile.unproven };
  const moves: string[] = [];
  const device = await MockSnmpPdu.start({
    ...{ family, outlets, clock: systemClock, load: 0, names: ["one", "two", "three", "four"] },
    onSwitch: (instance, to) => moves.push(`${instance} ${to}`),
  });
  cleanup.push(() => device.close());
  if (shifted) device.faults.shifted = true;
  for (const instance of device.instances.slice(0, 2)) device.press(instance, "off");
  moves.length = 0;
  const proofs = new MapProofs(state);
  const disk = new Disk();
  const power = new Power({
    pdus: new Map([["pdu-a", { driver: "snmp", options: {} }]]),
    open: () =>
      openSnmpPdu(
        {
          ...{ host: "127.0.0.1", port: device.port, timeout: 2000, tries: 3 },
          login: { version: "2c", community: "private" },
        },
        profiles,
        systemClock,
        undefined,
        proofs.has,
      ),
    audit: disk.open({ dead: false }, systemClock),
    clock: fast,
  });
  cleanup.push(() => power.close());
  const said: string[] = [];
  const prove = async (outlet: string, wish: Partial<ProofWish> = {}) => {
    const all = { pdu: "pdu-a", reference: `instance:${outlet}`, called: "one", ...wish };
    const whole = { fromOn: false, feeds: () => undefined, ...all };
    const order = { id: `order-${Math.random()}`, by: "jana", reason: "new PDU" };
    return power.prove(proofs, whole, order, (text) => said.push(text)).catch((thrown) => thrown);
  };
  const relays = () => device.instances.map((instance) => device.relay(instance)).join(" ");
  const stored = () => {
    try {
      return readdirSync(join(state, "pdu-maps"));
    } catch {
      return [];
    }
  };
  return { device, power, disk, prove, said, moves, relays, stored };
}

describe.each(inDoubt)("%s", (name) => {
  test("refuses to switch, is proven on an outlet that is off, and switches from then on", async () => {
    const { device, power, prove, moves, relays, stored } = await rig(name);
    const [first = "", , third = ""] = device.instances;
    const host = (instance: string) => hostWith(`pdu-a/instance:${instance}`);
    const order = (id: string) => ({ id, by: "jana", reason: "" });
    const refused = await power.switchHost(host(third), "off", order("a"));
    expect(refused).toMatchObject({ result: "refused", error: { code: "PDU_REFUSED" } });
    expect(await prove(first)).toMatchObject({ result: "done" });
    expect(moves).toEqual([`${first} on`, `${first} off`]);
    expect(relays()).toBe("off off on on");
    expect(stored()).toHaveLength(1);
    const kept = JSON.parse(readFileSync(join(state, "pdu-maps", stored()[0] ?? ""), "utf8"));
    expect(kept).toMatchObject({ claim: { family: name }, by: "jana", outlet: 'outlet 1 "one"' });
    expect(await power.switchHost(host(third), "off", order("b"))).toMatchObject({
      result: "done",
    });
    expect(relays()).toBe("off off off on");
  });

  test("a map that moves another outlet is never stored", async () => {
    const { device, prove, said, moves, relays, stored } = await rig(name, { shifted: true });
    const [first = "", second = ""] = device.instances;
    const ended = await prove(first);
    expect(ended).toMatchObject({ result: "failed", error: { code: "POWER_UNVERIFIED" } });
    // Nothing is switched off of which nobody knows what it would reach.
    expect(moves).toEqual([`${second} on`]);
    expect(relays()).toBe("off on on on");
    expect(said.join()).toContain('"two": off → on');
    expect(stored()).toEqual([]);
  });
});

const FAULTS: readonly (readonly [string, PduFaults, string])[] = [
  ["ignores", { ignores: true }, "failed"],
  ["refuses", { refuses: "genErr" }, "failed"],
  ["obeys too late", { lateMs: 60_000 }, "failed"],
  ["says pending for ever", { pendingMs: 60_000 }, "unknown"],
  ["answers words", { wrongType: "nonsense" }, "refused"],
];

describe("proving a map", () => {
  test.each(FAULTS)("a device that %s: no proof", async (_, faults, wanted) => {
    const { device, prove, relays, stored } = await rig("raritan-px1");
    Object.assign(device.faults, faults);
    const ended = await prove("1");
    if (wanted === "refused") expect(ended).toMatchObject({ code: "POWER_UNKNOWN" });
    else expect(ended).toMatchObject({ result: wanted });
    expect(relays()).toBe("off off on on");
    expect(stored()).toEqual([]);
  });

  test("an answer that was lost makes no proof, and the outlet is put back all the same", async () => {
    const { device, prove, moves, relays, stored } = await rig("raritan-px1");
    const write = device.write.bind(device);
    device.write = (oid, value) => {
      const status = write(oid, value);
      device.faults.mute = true;
      systemClock.after(350, () => {
        device.faults.mute = false;
      });
      return status;
    };
    const ended = await prove("1");
    expect(ended.result).not.toBe("done");
    expect(moves.filter((move) => move === "1 on")).toHaveLength(1);
    expect(relays()).toBe("off off on on");
    expect(stored()).toEqual([]);
  });

  test("somebody who presses a button meanwhile makes no proof", async () => {
    const { device, prove, stored } = await rig("raritan-px1");
    const write = device.write.bind(device);
    device.write = (oid, value) => {
      device.press("4", "off");
      return write(oid, value);
    };
    expect(await prove("1")).toMatchObject({ result: "failed" });
    expect(stored()).toEqual([]);
  });

  test("an outlet that is on is touched only where a person says so, and what it cut comes back", async () => {
    const { device, prove, moves, relays, stored } = await rig("raritan-px1", { shifted: true });
    const wish = { called: "three", reference: "3" };
    expect(await prove("3", wish)).toMatchObject({ code: "GUARD_REFUSED" });
    expect(device.sets).toEqual([]);
    expect(await prove("3", { ...wish, fromOn: true })).toMatchObject({ result: "failed" });
    expect(moves).toEqual(["4 off", "4 on"]);
    expect(relays()).toBe("off off on on");
    expect(stored()).toEqual([]);
    device.faults.shifted = false;
    expect(await prove("3", { ...wish, fromOn: true })).toMatchObject({ result: "done" });
    expect(stored()).toHaveLength(1);
  });

  test("an outlet that does not go back makes no proof", async () => {
    const { device, prove, relays, stored } = await rig("raritan-px1");
    const write = device.write.bind(device);
    device.write = (oid, value) => {
      const status = write(oid, value);
      device.faults.ignores = true;
      return status;
    };
    expect(await prove("1")).toMatchObject({ result: "failed" });
    expect(relays()).toBe("on off on on");
    expect(stored()).toEqual([]);
  });

  test("an on that is refused after an off is sent again, and makes no proof", async () => {
    const { device, prove, relays, moves, stored } = await rig("raritan-px1");
    const write = device.write.bind(device);
    let ons = 0;
    device.write = (oid, value) => {
      device.faults.refusesOn = value === 1 && ++ons < 3;
      return write(oid, value);
    };
    const ended = await prove("3", { called: "three", reference: "3", fromOn: true });
    expect(moves).toEqual(["3 off", "3 on"]);
    expect(relays()).toBe("off off on on");
    expect(ended.result).toBe("failed");
    expect(stored()).toEqual([]);
  });

  test("a device that changed before the proof was kept has none", async () => {
    const { device, prove, disk, stored } = await rig("raritan-px1");
    disk.wrote = ({ type }) => {
      if (type === "power.outcome") device.serial = "OTHER";
    };
    expect(await prove("1")).toMatchObject({ code: "PDU_REFUSED" });
    expect(stored()).toEqual([]);
  });

  test.each([
    ["a name that is not its own", { called: "web1" }, "NOT_CONFIRMED"],
    ["a host that hangs on it", { feeds: () => "web1" }, "GUARD_REFUSED"],
    ["no such outlet", { reference: "77" }, "OUTLET_UNKNOWN"],
  ] as const)("%s: refused, nothing is sent", async (_, wish, code) => {
    const { device, prove, stored } = await rig("raritan-px1");
    expect(await prove("1", wish)).toMatchObject({ code });
    expect(device.sets).toEqual([]);
    expect(stored()).toEqual([]);
  });

  test("a proof is void on another device, with other firmware, and for another unit of a chain", async () => {
    const proofs = new MapProofs(state);
    const claim = {
      family: "f",
      device: "serial 1",
      model: "m",
      firmware: "1",
      table: "1",
      writes: "w",
    };
    expect(proofs.has(claim)).toBe(false);
    proofs.add(claim, { by: "jana", at: 0, outlet: "1" });
    expect(new MapProofs(state).has({ ...claim })).toBe(true);
    for (const field of Object.keys(claim))
      expect(proofs.has({ ...claim, [field]: "other" })).toBe(false);
  });

  test("the device is asked who it is before each write: a swapped one is not written to", async () => {
    const { device, power, prove } = await rig("raritan-px1");
    expect(await prove("1")).toMatchObject({ result: "done" });
    const sets = device.sets.length;
    device.serial = "OTHER";
    const report = await power.switchHost(hostWith("pdu-a/3"), "off", {
      id: "x",
      by: "jana",
      reason: "",
    });
    expect(report).toMatchObject({ result: "refused" });
    expect(device.sets).toHaveLength(sets);
  });

  test("the journal has intent and outcome, the intent first", async () => {
    const { prove, disk } = await rig("raritan-px1");
    await prove("1");
    const types = disk.events.map(({ type }) => type).filter((type) => type.startsWith("power."));
    expect(types).toEqual(["power.intent", "power.outcome"]);
  });
});
