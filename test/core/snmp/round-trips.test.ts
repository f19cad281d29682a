import { afterEach, describe, expect, test } from "vitest";
import { MockSnmpPdu } from "../../../mocks/snmp-pdu.ts";
import { openSnmpPdu } from "../../../src/core/snmp/snmp-pdu.ts";
import { type OpenWire, openSession, type WireSession } from "../../../src/core/snmp/snmp-wire.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import type { SnmpProfile } from "../../../src/sdk/snmp-profile.ts";
import { shippedProfiles } from "./shipped-profiles.ts";

const profiles = await shippedProfiles();
const cleanup: (() => Promise<void>)[] = [];
/** About what an answer of 1472 bytes holds. */
const DATAGRAM = 52;
const FEW = 24;

afterEach(async () => {
  for (const close of cleanup.splice(0)) await close();
});

function profile(name: string): SnmpProfile {
  const found = profiles.get(name);
  if (!found) throw new Error(`no profile ${name}`);
  return found;
}

interface How {
  readonly version?: "1" | "2c";
  /** GETs that are never answered. */
  readonly deafTo?: (oids: readonly string[]) => boolean;
}

/** A device with 24 outlets, our view of it, and how many requests it was asked. */
async function start(name: string, { version = "2c", deafTo }: How = {}) {
  const family = profile(name);
  const device = await MockSnmpPdu.start({ family, outlets: 24, clock: systemClock });
  const seen = { requests: 0 };
  let last = "";
  /** A repetition of what was asked last is no further request: a busy machine is slow to hear answers. */
  const count = (oids: readonly string[]) => {
    if (last !== oids.join()) seen.requests++;
    last = oids.join();
  };
  const open: OpenWire = (target, timeout, writing) => {
    const wire = openSession(target, timeout, writing);
    const counted =
      <Args extends unknown[]>(send: (oids: string[], ...args: Args) => unknown) =>
      (oids: string[], ...args: Args) => {
        count(oids);
        send(oids, ...args);
      };
    const get = (oids: string[], done: (error: Error) => void) => {
      count(oids);
      if (!deafTo?.(oids)) wire.get(oids, done as never);
      else done(Object.assign(new Error("silent"), { name: "RequestTimedOutError" }));
    };
    const getNext = counted(wire.getNext.bind(wire));
    const getBulk = counted(wire.getBulk.bind(wire));
    const close = () => wire.close();
    return { get, getNext, getBulk, set: wire.set.bind(wire), close } as unknown as WireSession;
  };
  const login = { version, community: "private" } as const;
  const target = { host: "127.0.0.1", port: device.port, login, timeout: 1000, tries: 5 };
  const pdu = await openSnmpPdu(target, new Map([[name, family]]), systemClock, open);
  cleanup.push(
    () => pdu.close(),
    () => device.close(),
  );
  return { device, pdu, seen };
}

/** What is said of each outlet, but for what it draws. */
const states = ({
  outlets,
}: Awaited<ReturnType<Awaited<ReturnType<typeof start>>["pdu"]["read"]>>) =>
  outlets.map(({ instance, label, name, state }) => [instance, label, name, state]);

test.each([...profiles.keys()])(
  "%s: read() of 24 outlets takes three requests at most once the tables are known",
  async (name) => {
    const { device, pdu, seen } = await start(name);
    device.faults.maxObjects = DATAGRAM;
    const first = states(await pdu.read());
    expect(first).toHaveLength(24);
    device.press(device.instances[5] ?? "", "off");
    seen.requests = 0;
    const second = states(await pdu.read());
    expect(seen.requests).toBeLessThanOrEqual(3);
    expect(second[5]?.[3]).toBe("off");
    expect(second.toSpliced(5, 1)).toEqual(first.toSpliced(5, 1));
  },
);

describe("an agent that takes no large GET", () => {
  test.each<[string, How, Partial<MockSnmpPdu["faults"]>]>([
    ["finds it too big", {}, { maxObjects: FEW }],
    ["is silent", { deafTo: (oids) => oids.length > FEW }, {}],
    ["gives a part of it", {}, { cutsGet: FEW }],
  ])("%s: read() gives the same, and does not try again", async (_, how, faults) => {
    const { device, pdu, seen } = await start("raritan-px2", how);
    const first = await pdu.read();
    Object.assign(device.faults, faults);
    expect(await pdu.read()).toEqual(first);
    seen.requests = 0;
    expect(await pdu.read()).toEqual(first);
    const asked = seen.requests;
    seen.requests = 0;
    expect(await pdu.read()).toEqual(first);
    expect(seen.requests).toBe(asked);
  });
});

describe("over version 1", () => {
  test("read() asks behind all known rows at once", async () => {
    const { device, pdu, seen } = await start("apc-rpdu2", { version: "1" });
    const first = states(await pdu.read());
    expect(seen.requests).toBeGreaterThan(24);
    seen.requests = 0;
    device.press("7", "off");
    const second = states(await pdu.read());
    expect(seen.requests).toBeLessThan(16);
    expect(second[6]?.[3]).toBe("off");
    expect(second.toSpliced(6, 1)).toEqual(first.toSpliced(6, 1));
  });

  test("read() finds rows that went and rows that came between known ones", async () => {
    const { device, pdu } = await start("apc-rpdu2", { version: "1" });
    const objects = device.objects.bind(device);
    const shown = async (gone: RegExp) => {
      device.objects = () => objects().filter(([oid]) => !gone.test(oid));
      return (await pdu.read()).outlets.map(({ instance }) => Number(instance));
    };
    const all = Array.from({ length: 24 }, (_, i) => i + 1);
    expect(await shown(/\.9\.2\.\d\.1\.\d+\.([5-8]|24)$/)).toEqual(
      all.filter((n) => n < 5 || (n > 8 && n < 24)),
    );
    expect(await shown(/\.9\.2\.\d\.1\.\d+\.(1|6|23)$/)).toEqual(
      all.filter((n) => ![1, 6, 23].includes(n)),
    );
    expect(await shown(/never/)).toEqual(all);
  });
});

describe("variables that are read where they stood", () => {
  const names = profile("rittal-cmc3").dictionary?.names ?? "";

  test("are found anew where their names say something else", async () => {
    const { device, pdu } = await start("rittal-cmc3");
    const objects = device.objects.bind(device);
    device.press(device.instances[0] ?? "", "off");
    const before = (await pdu.read()).outlets.map(({ label, state }) => [label, state]);
    expect(before.slice(0, 2)).toEqual([
      ["1", "off"],
      ["2", "on"],
    ]);
    // Sockets 1 and 2 change places; values stay where they are.
    const swap = (text: string) => text.replace(/Socket 0([12])/, (_, n) => `Socket 0${3 - n}`);
    device.objects = () =>
      objects().map(([oid, object]) =>
        oid.startsWith(`${names}.`)
          ? [oid, { ...object, value: swap(String(object.value)) }]
          : [oid, object],
      );
    const after = (await pdu.read()).outlets.map(({ label, state }) => [label, state]);
    expect(after.slice(0, 2)).toEqual([
      ["2", "off"],
      ["1", "on"],
    ]);
  });

  test("count for nothing once the device has another serial number", async () => {
    const { device, pdu, seen } = await start("rittal-cmc3");
    await pdu.read();
    seen.requests = 0;
    await pdu.read();
    const known = seen.requests;
    device.serial = "OTHER";
    seen.requests = 0;
    expect((await pdu.read()).serial).toBe("OTHER");
    expect(seen.requests).toBeGreaterThan(known);
  });
});
