import fc from "fast-check";
import { expect, test } from "vitest";
import { MockSnmpPdu } from "../../../mocks/snmp-pdu.ts";
import { openSnmpPdu } from "../../../src/core/snmp/snmp-pdu.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import { OobError } from "../../../src/lib/errors.ts";
import type { SnmpProfile } from "../../../src/sdk/snmp-profile.ts";
import { shippedProfiles } from "./shipped-profiles.ts";

const profiles = await shippedProfiles();
const FAMILIES = [...profiles.keys()];
const RUNS = 25;

type Objects = ReturnType<MockSnmpPdu["objects"]>;
type Edit = (objects: Objects, profile: SnmpProfile, device: MockSnmpPdu) => Objects;

/** What the instances of a column begin with; the dot keeps column 1 from meaning column 10 too. */
const columnOf = (oid: string | undefined) => `${oid?.split(/\.?[#{]/)[0] ?? "-"}.`;

/** What real and damaged devices do to a tree. */
const EDITS: Readonly<Record<string, Edit>> = {
  "as it is": (objects) => objects,
  "rows missing": (objects, _, { instances }) =>
    objects.filter(([oid]) => !instances.some((one, i) => i % 3 === 1 && oid.endsWith(`.${one}`))),
  "no names": (objects, { name }) => objects.filter(([oid]) => !oid.startsWith(columnOf(name))),
  "no labels": (objects, { label }) => objects.filter(([oid]) => !oid.startsWith(columnOf(label))),
  "no delays": (objects, { delays }) =>
    objects.filter(([oid]) => !oid.startsWith(columnOf(delays?.cycle))),
  "hostile names": (objects, { name, dictionary }) =>
    objects.map(([oid, object]) =>
      !dictionary && object.type === "string" && oid.startsWith(columnOf(name))
        ? [oid, { ...object, value: "\u001b]0;x\u0007off\r\n\u0000\u202e" }]
        : [oid, object],
    ),
  "strange states": (objects, { read }) =>
    objects.map(([oid, object], i) =>
      oid.startsWith(columnOf(read.oid)) && typeof object.value === "number" && i % 2 === 0
        ? [oid, { ...object, value: 77 }]
        : [oid, object],
    ),
  "meters gone mad": (objects, { outletAmps, outletWatts }) =>
    objects.map(([oid, object]) =>
      [outletAmps, outletWatts].some((one) => one && oid.startsWith(`${one.oid}.`))
        ? [oid, { ...object, value: -2_147_483_648 }]
        : [oid, object],
    ),
};

test("read() of a device of any family tells no outlet off that is on, and no control characters", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...FAMILIES),
      fc.constantFrom(...Object.keys(EDITS)),
      fc.constantFrom<"1" | "2c">("1", "2c"),
      fc.integer({ min: 1, max: 9 }),
      async (name, edit, version, outlets) => {
        const family = profiles.get(name);
        if (!family) throw new Error(name);
        const device = await MockSnmpPdu.start({ family, outlets, clock: systemClock });
        const objects = device.objects.bind(device);
        device.objects = () => EDITS[edit]?.(objects(), family, device) ?? [];
        const login = { version, community: "private" } as const;
        const target = { host: "127.0.0.1", port: device.port, login, timeout: 2000, tries: 3 };
        try {
          const pdu = await openSnmpPdu(target, new Map([[name, family]]), systemClock);
          for (const _ of [1, 2, 3]) {
            const { outlets: seen } = await pdu.read();
            for (const { instance, state, name: given = "", label, amps = 0, watts = 0 } of seen) {
              expect([device.relay(instance), "unknown"], `${name} ${instance}`).toContain(state);
              expect(`${given}${label}`).not.toMatch(/[\u0000-\u001f\u202e]/);
              expect(Math.min(amps, watts)).toBeGreaterThanOrEqual(0);
            }
            device.press(device.instances[0] ?? "", "off");
          }
          await pdu.close();
        } catch (thrown) {
          if (!(thrown instanceof OobError)) throw thrown;
        } finally {
          await device.close();
        }
      },
    ),
    { numRuns: Number(process.env.OOB_LONG ? 2000 : RUNS) },
  );
});

test("read() of a bank with 80 outlets, and of the same over version 1, has them all", async () => {
  const family = profiles.get("apc-rpdu2");
  if (!family) throw new Error("no profile");
  const device = await MockSnmpPdu.start({ family, outlets: 80, clock: systemClock });
  const read = async (version: "1" | "2c") => {
    const login = { version, community: "private" } as const;
    const target = { host: "127.0.0.1", port: device.port, login, timeout: 2000, tries: 3 };
    const pdu = await openSnmpPdu(target, profiles, systemClock);
    const twice = [await pdu.read(), await pdu.read()];
    await pdu.close();
    return twice.map(({ outlets }) => outlets.map(({ instance, state }) => `${instance} ${state}`));
  };
  device.press("79", "off");
  const all = Array.from({ length: 80 }, (_, i) => `${i + 1} ${i === 78 ? "off" : "on"}`);
  expect(await read("2c")).toEqual([all, all]);
  expect(await read("1")).toEqual([all, all]);
  await device.close();
});
