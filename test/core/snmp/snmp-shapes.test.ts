import { afterEach, expect, test } from "vitest";
import { type MockPduSetup, MockSnmpPdu } from "../../../mocks/snmp-pdu.ts";
import { openSnmpPdu } from "../../../src/core/snmp/snmp-pdu.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import type { SnmpProfile } from "../../../src/sdk/snmp-profile.ts";
import { shippedProfiles } from "./shipped-profiles.ts";

const profiles = await shippedProfiles();
const cleanup: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of cleanup.splice(0)) await close();
});

function profile(name: string): SnmpProfile {
  const found = profiles.get(name);
  if (!found) throw new Error(`no profile ${name}`);
  return found;
}

type Objects = ReturnType<MockSnmpPdu["objects"]>;

/** A device of the family, its tree changed by `edit`, and our view of it. */
async function start(
  family: string,
  edit: (objects: Objects) => Objects = (objects) => objects,
  setup: Partial<MockPduSetup> = {},
) {
  const made = { family: profile(family), outlets: 4, clock: systemClock, ...setup };
  const device = await MockSnmpPdu.start(made);
  const objects = device.objects.bind(device);
  device.objects = () => edit(objects());
  const login = { version: "2c", community: "private" } as const;
  const target = { host: "127.0.0.1", port: device.port, login, timeout: 1000, tries: 5 };
  const pdu = await openSnmpPdu(target, profiles, systemClock);
  cleanup.push(
    () => pdu.close(),
    () => device.close(),
  );
  return { device, pdu };
}

/** Gives the objects below an OID another value. */
const setting =
  (below: string, value: number | string) =>
  (objects: Objects): Objects =>
    objects.map(([oid, object]) =>
      oid.startsWith(`${below}.`) || oid === below ? [oid, { ...object, value }] : [oid, object],
    );

const without =
  (below: string) =>
  (objects: Objects): Objects =>
    objects.filter(([oid]) => !oid.startsWith(below));

test.each(["apc-cpdu", "hpe-g2a", "panduit-g5", "enlogic"])(
  "%s: rows that fill the table up are no outlets, with the device's count and without it",
  async (family) => {
    const { padding } = profile(family);
    for (const edit of [(objects: Objects) => objects, without(padding?.count ?? "")]) {
      const { device, pdu } = await start(family, edit);
      const { outlets } = await pdu.read();
      expect(outlets.map(({ instance }) => instance)).toEqual(device.instances);
      await expect(pdu.readOutlet("1.5")).rejects.toMatchObject({ code: "OUTLET_UNKNOWN" });
    }
  },
);

test("an outlet without a name in the middle of a padded table stays one", async () => {
  const { device, pdu } = await start(
    "apc-cpdu",
    without(profile("apc-cpdu").padding?.count ?? ""),
    {
      names: ["web1", "", "web3", "web4"],
    },
  );
  device.press("1.2", "off");
  expect((await pdu.read()).outlets.map(({ state }) => state)).toEqual(["on", "off", "on", "on"]);
});

test("a unit with meters and without outlets has none, and says its load", async () => {
  const { pdu } = await start("vertiv-v5", (objects) => [
    ...without("1.3.6.1.4.1.21239.5.2.3")(objects),
    ["1.3.6.1.4.1.21239.5.2.3.1.1.9.1", { type: "gauge", value: 1017 }],
  ]);
  expect(await pdu.read()).toMatchObject({
    family: "vertiv-v5",
    outlets: [],
    totals: { watts: 1017 },
  });
});

test("outlets that vanish while the meters stay are an error, not zero outlets", async () => {
  let gone = false;
  const { pdu } = await start("vertiv-v5", (objects) =>
    gone ? without("1.3.6.1.4.1.21239.5.2.3.5")(objects) : objects,
  );
  await pdu.read();
  gone = true;
  await expect(pdu.read()).rejects.toMatchObject({ code: "PDU_REFUSED" });
});

test("sensed: told off and sensed on is unknown", async () => {
  const { pdu } = await start("geist-v3", setting("1.3.6.1.4.1.21239.2.16.1.3", 0));
  const { outlets } = await pdu.read();
  expect(outlets[0]).toMatchObject({ state: "unknown", note: "told off, senses on" });
});

test("remarks: a failed relay is unknown, a blown fuse is said", async () => {
  const relay = "1.3.6.1.4.1.55108.1.4.1.1.5.1.1";
  const failed = await start("riedo-updu", (objects) => [
    ...objects,
    [relay, { type: "integer", value: 1 }],
  ]);
  expect(await failed.pdu.readOutlet("1.1")).toMatchObject({
    state: "unknown",
    note: "the relay has failed",
  });
  const fuse = "1.3.6.1.4.1.39145.10.8.1.4.0";
  const blown = await start("ict", (objects) => [
    ...objects,
    [fuse, { type: "integer", value: 2 }],
  ]);
  expect(await blown.pdu.readOutlet("0")).toMatchObject({ state: "on", note: "fuse blown" });
});

test.each([
  [1, 3, { state: "on" }],
  [1, 2, { state: "on", note: "no power is drawn" }],
  [1, 4, { state: "on", note: "fault: no power is delivered" }],
  [2, 1, { state: "off" }],
  [2, 6, { state: "off", note: "fault: no power is delivered" }],
  [2, 3, { state: "unknown", note: "it still delivers power" }],
])(
  "remarks against one state: a PoE port allowed %i with status %i",
  async (admin, status, told) => {
    const port = "1.3.6.1.2.1.105.1.1.1";
    const { pdu } = await start("poe-switch", (objects) => [
      ...setting(`${port}.3.1.1`, admin)(objects),
      [`${port}.6.1.1`, { type: "integer", value: status }],
    ]);
    const { state, note } = await pdu.readOutlet("1.1");
    expect({ state, ...(note !== undefined && { note }) }).toEqual(told);
  },
);

test("believedIf: other firmware gives no states", async () => {
  const { pdu } = await start("ibm-pdu", setting("1.3.6.1.4.1.2.6.223.7.3.0", "sIBM 1.3_3"));
  expect((await pdu.read()).outlets.map(({ state }) => state)).toEqual(Array(4).fill("unknown"));
});

test("only: a row of another kind is no outlet", async () => {
  const { pdu } = await start("rittal-cmc-tc", setting("1.3.6.1.4.1.2606.4.2.3.6.2.1.2.2", 4));
  expect((await pdu.read()).outlets.map(({ label }) => label)).toEqual(["1", "3", "4"]);
  await expect(pdu.readOutlet("3.2")).rejects.toMatchObject({ code: "OUTLET_UNKNOWN" });
});

test("unlock: it is written first, and only once", async () => {
  const { device, pdu } = await start("schleifenbauer");
  await pdu.command("1.2", "off");
  const column = "1.3.6.1.4.1.31034.12.1.1.2.7.3.1";
  expect(device.sets).toEqual([
    { oid: `${column}.4.1.2`, value: 1 },
    { oid: `${column}.2.1.2`, value: 0 },
  ]);
  expect(device.relay("1.2")).toBe("off");
});

test("unlessAny: what somebody else has marked is not carried out", async () => {
  const { device, pdu } = await start("wti");
  device.marked = "4";
  await expect(pdu.command("1", "off")).rejects.toMatchObject({
    code: "PDU_REFUSED",
    message: expect.stringContaining('marked at outlet "4"'),
  });
  expect(device.sets).toEqual([]);
  device.marked = undefined;
  await pdu.command("1", "off");
  expect(device.relay("1")).toBe("off");
});

test("lists: one item changes, and what is just switched by others stays", async () => {
  const { device, pdu } = await start("digipower");
  await pdu.read();
  device.press("4", "off");
  await pdu.command("2", "off");
  expect(device.sets.map(({ value }) => value)).toEqual(["1,0,1,0,-1,-1"]);
});

test("lists: nothing is written over an outlet without a state, or over a garbled list", async () => {
  let list = "1,-2,0,-1";
  const { device, pdu } = await start("digipower", (objects) =>
    setting("1.3.6.1.4.1.17420.1.2.9.1.13.0", list)(objects),
  );
  const { outlets } = await pdu.read();
  expect(outlets.map(({ state }) => state)).toEqual(["on", "unknown", "off"]);
  expect(outlets[1]?.note).toBe("fault");
  await expect(pdu.command("2", "off")).rejects.toMatchObject({ code: "PDU_REFUSED" });
  await expect(pdu.command("4", "off")).rejects.toMatchObject({ code: "OUTLET_UNKNOWN" });
  for (list of ["1,-2,0", "1,,0,-1", "1,x,0,-1"])
    await expect(pdu.command("1", "off")).rejects.toMatchObject({ code: "PDU_REFUSED" });
  expect(device.sets).toEqual([]);
});

test("variables: after a renumbering nothing is read or written at the old place", async () => {
  let shifted = false;
  const names = "1.3.6.1.4.1.2606.7.4.2.2.1.3";
  const { device, pdu } = await start("rittal-cmc3", (objects) =>
    objects.map(([oid, object]) =>
      shifted && oid.startsWith(`${names}.`)
        ? [oid, { ...object, value: String(object.value).replace("Socket 01", "Socket 07") }]
        : [oid, object],
    ),
  );
  const [first = ""] = device.instances;
  await pdu.read();
  shifted = true;
  await expect(pdu.command(first, "off")).rejects.toMatchObject({ code: "OUTLET_UNKNOWN" });
  expect(device.sets).toEqual([]);
  expect(await pdu.readOutlet(first)).toMatchObject({ label: "7" });
  shifted = false;
  await expect(pdu.readOutlet(first)).rejects.toMatchObject({ code: "OUTLET_UNKNOWN" });
});

test('variables: a status of "ok" leaves it to the relay, any other status is unknown', async () => {
  for (const [status, state] of [
    [4, "off"],
    [37, "unknown"],
  ] as const) {
    const value = "1.3.6.1.4.1.2606.7.4.2.2.1.11";
    const { pdu } = await start("rittal-cmc3", (objects) => [
      ...setting(`${value}.2.160`, status)(objects),
      [`${value}.2.158`, { type: "integer", value: 0 }],
    ]);
    expect(await pdu.readOutlet("2.158")).toMatchObject({ state });
  }
});

test("chains with a table each: every unit's outlets are found", async () => {
  const status = "1.3.6.1.4.1.42610.1.4.4.1.6.2.3.2.1.2.1";
  const { pdu } = await start("powertek", (objects) => [
    ...objects,
    [status, { type: "integer", value: 1 }],
  ]);
  const { outlets } = await pdu.read();
  expect(outlets.map(({ instance, state }) => `${instance} ${state}`)).toEqual([
    ...["1.1 on", "1.2 on", "1.3 on", "1.4 on"],
    "3.1 off",
  ]);
});

test("a number that differs by model is found, or is one of those that are known", async () => {
  const gude = await start("gude");
  expect((await gude.pdu.read()).family).toBe("gude");
  const conteg = { ...profile("schleifenbauer") };
  const match = { ...conteg.match, arc: { known: [28402] } };
  const { pdu } = await start("schleifenbauer", undefined, { family: { ...conteg, match } });
  expect((await pdu.read()).outlets).toHaveLength(4);
});

test("command() of an outlet that only fills up the table is refused", async () => {
  const { device, pdu } = await start("panduit-g5");
  await expect(pdu.command("1.6", "off")).rejects.toMatchObject({ code: "OUTLET_UNKNOWN" });
  expect(device.sets).toEqual([]);
});

test("labels: the outlet's number, wherever it stands in the instance", async () => {
  for (const [family, label] of [
    ["chatsworth", "2"],
    ["bachmann", "2"],
    ["eaton-revelation", "2"],
    ["aten-pe", "2"],
    ["rittal-cmc3", "2"],
  ] as const) {
    const { pdu } = await start(family, without(profile(family).label ?? "-"));
    expect((await pdu.read()).outlets[1]?.label, family).toBe(label);
  }
});
