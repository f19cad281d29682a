import { afterEach, describe, expect, test } from "vitest";
import { type MockPduSetup, MockSnmpPdu } from "../../../mocks/snmp-pdu.ts";
import { bindOutlet, checkSame } from "../../../src/core/power/power-outlets.ts";
import { isMark, markIn } from "../../../src/core/snmp/snmp-mark.ts";
import { openSnmpPdu } from "../../../src/core/snmp/snmp-pdu.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import type { Pdu } from "../../../src/sdk/power.ts";
import type { SnmpTarget } from "../../../src/sdk/snmp-profile.ts";
import { shippedProfiles } from "./shipped-profiles.ts";

const profiles = await shippedProfiles();
const nameless = [...profiles].filter(([, { serial }]) => serial === undefined);
const OURS = [0x00, 0xc0, 0xb7, 0x5e, 0x10, 0x4a];
const ANOTHER = [0x00, 0xc0, 0xb7, 0x5e, 0x10, 0x4b];
const cleanup: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of cleanup.splice(0)) await close();
});

async function mock(name: string, setup: Partial<MockPduSetup> = {}): Promise<MockSnmpPdu> {
  const family = profiles.get(name);
  if (!family) throw new Error(`no profile ${name}`);
  const made = { family, outlets: 8, clock: systemClock, mac: OURS, ...setup };
  const device = await MockSnmpPdu.start(made);
  cleanup.push(() => device.close());
  return device;
}

async function open(port: number, more: Partial<SnmpTarget> = {}): Promise<Pdu> {
  const login = { version: "2c", community: "private" } as const;
  const target = { host: "127.0.0.1", port, login, timeout: 2000, tries: 3, ...more };
  const pdu = await openSnmpPdu(target, profiles, systemClock);
  cleanup.push(() => pdu.close());
  return pdu;
}

const ENTRY = { pdu: "pdu-a", reference: "3" };

describe.each(nameless)("%s, which has no serial number", (name) => {
  test("is known by the address of its network interface, and noticed when it is exchanged", async () => {
    const device = await mock(name);
    const instance = device.instances[2] ?? "";
    const pdu = await open(device.port);
    const reading = await pdu.read();
    expect(reading.mark).toBe("mac 00:c0:b7:5e:10:4a");
    expect(reading.serial).toBeUndefined();
    const outlet = bindOutlet(reading, { ...ENTRY, reference: `instance:${instance}` });
    checkSame(outlet, await pdu.readOutlet(instance));
    expect((await pdu.read()).mark).toBe("mac 00:c0:b7:5e:10:4a");
    device.mac = ANOTHER;
    const now = await pdu.readOutlet(instance);
    expect(() => checkSame(outlet, now)).toThrow(
      expect.objectContaining({ code: "PDU_REFUSED", message: expect.stringContaining("10:4b") }),
    );
    expect((await pdu.read()).mark).toBe("mac 00:c0:b7:5e:10:4b");
  });
});

test("readOutlet() refuses a device that no longer says which it is", async () => {
  const marked = await mock("ict");
  const pdu = await open(marked.port);
  await pdu.read();
  marked.mac = undefined;
  await expect(pdu.readOutlet("2")).rejects.toMatchObject({
    code: "PDU_REFUSED",
    message: expect.stringContaining("no longer gives mac 00:c0:b7:5e:10:4a"),
  });
});

test("a device with a serial number is asked for no mark", async () => {
  const device = await mock("apc-rpdu2");
  const { serial, mark } = await (await open(device.port)).read();
  expect([serial, mark]).toEqual(["MOCK0001", undefined]);
});

test.each(["N/A", "0", "  "])("a serial number %j is none: the mark is taken", async (serial) => {
  const device = await mock("apc-rpdu2", { serial });
  const reading = await (await open(device.port)).read();
  expect(reading.mark).toBe("mac 00:c0:b7:5e:10:4a");
  const outlet = bindOutlet(reading, ENTRY);
  expect(() => checkSame(outlet, { serial, mark: "mac 00:c0:b7:5e:10:4b" })).toThrow(
    expect.objectContaining({ code: "PDU_REFUSED" }),
  );
});

test("a device without interface table is read all the same", async () => {
  const device = await mock("ict");
  device.mac = undefined;
  const reading = await (await open(device.port)).read();
  expect(reading.mark).toBeUndefined();
  expect(reading.outlets).toHaveLength(8);
});

test("serial: of the configuration may be the mark", async () => {
  const device = await mock("ict");
  const pdu = await open(device.port, { serial: "00-C0-B7-5E-10-4A" });
  await pdu.read();
  device.mac = ANOTHER;
  await expect(pdu.readOutlet("2")).rejects.toMatchObject({ code: "PDU_REFUSED" });
  await expect(pdu.read()).rejects.toMatchObject({ code: "PDU_REFUSED" });
});

const ADDRESS = "1.3.6.1.2.1.2.2.1.6.2";
const ENGINE = "1.3.6.1.6.3.10.2.1.1.0";
const text = (value: string) => new TextEncoder().encode(value);

test.each<[string, string, Uint8Array | number | undefined, string | undefined]>([
  ["an Ethernet address", ADDRESS, Uint8Array.from(OURS), "mac 00:c0:b7:5e:10:4a"],
  ["the same as text", ADDRESS, text("00-C0-B7-5E-10-4A"), "mac 00:c0:b7:5e:10:4a"],
  ["an address of zeros", ADDRESS, new Uint8Array(6), undefined],
  ["a broadcast address", ADDRESS, new Uint8Array(6).fill(0xff), undefined],
  ["one made up by software", ADDRESS, Uint8Array.of(2, 66, 1, 2, 3, 4), undefined],
  ["none", ADDRESS, new Uint8Array(0), undefined],
  ["a number", ADDRESS, 7, undefined],
  ["nothing", ADDRESS, undefined, undefined],
  ["an engine ID", ENGINE, Uint8Array.of(0x80, 0, 0x1f, 0x88, 4), "engine 80001f8804"],
  ["an engine ID that is too short", ENGINE, Uint8Array.of(0x80, 0), undefined],
])("markIn() of %s", (_, oid, cell, mark) => {
  expect(markIn(oid, cell)).toBe(mark);
});

test.each([
  ["00:c0:b7:5e:10:4a", true],
  ["00C0B75E104A", true],
  ["mac 00:c0:b7:5e:10:4a", true],
  ["00:c0:b7:5e:10:4b", false],
  ["", false],
])("isMark() of %j", (wanted, is) => {
  expect(isMark(wanted, "mac 00:c0:b7:5e:10:4a")).toBe(is);
});
