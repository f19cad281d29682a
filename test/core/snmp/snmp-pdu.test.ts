import { afterEach, describe, expect, test } from "vitest";
import { type MockPduSetup, MockSnmpPdu, type PduFaults } from "../../../mocks/snmp-pdu.ts";
import { openSnmpPdu } from "../../../src/core/snmp/snmp-pdu.ts";
import { ManualClock, systemClock } from "../../../src/lib/clock.ts";
import type { Pdu } from "../../../src/sdk/power.ts";
import type { SnmpLogin, SnmpProfile, SnmpTarget } from "../../../src/sdk/snmp-profile.ts";
import { shippedProfiles } from "./shipped-profiles.ts";

const profiles = await shippedProfiles();
const families = [...profiles.keys()];
/** Families of which something is true. */
const those = (is: (profile: SnmpProfile) => unknown) =>
  families.filter((name) => is(profile(name)));
const cleanup: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of cleanup.splice(0)) await close();
});

function profile(name: string): SnmpProfile {
  const found = profiles.get(name);
  if (!found) throw new Error(`no profile ${name}`);
  return found;
}

async function mock(family: string, setup: Partial<MockPduSetup> = {}): Promise<MockSnmpPdu> {
  const made = { family: profile(family), outlets: 8, clock: systemClock, ...setup };
  const pdu = await MockSnmpPdu.start(made);
  cleanup.push(() => pdu.close());
  return pdu;
}

const WRITER: SnmpLogin = { version: "2c", community: "private" };

function target(port: number, more: Partial<SnmpTarget> = {}): SnmpTarget {
  return { host: "127.0.0.1", port, login: WRITER, timeout: 400, tries: 3, ...more };
}

async function open(port: number, more: Partial<SnmpTarget> = {}): Promise<Pdu> {
  const pdu = await openSnmpPdu(target(port, more), profiles, systemClock);
  cleanup.push(() => pdu.close());
  return pdu;
}

/** Faults that a command may meet, and what the relay does with them in the end. */
const FAULTS: readonly (readonly [string, Partial<PduFaults>])[] = [
  ["ignores", { ignores: true }],
  ["refuses", { refuses: "genErr" }],
  ["pending", { pendingMs: 60_000 }],
  ["wrong type", { wrongType: "nonsense" }],
  ["late", { lateMs: 60_000 }],
  ["drops every second answer", { dropsEverySecondAnswer: true }],
  ["reboots as it switches", { rebootsInMidCycle: 60_000 }],
];
/** Those that take no time. */
const QUICK = FAULTS.slice(0, 4);

/** Families of which each has another shape: these meet the faults that take time as well. */
const SHAPES = ["apc-rpdu2", "digipower", "aten-pe", "rittal-cmc3", "gude"];

describe.each(families)("%s", (family) => {
  const { serial, name } = profile(family);

  test.each(["1", "2c"] as const)(
    "version %s: reads outlets, names and states",
    async (version) => {
      const device = await mock(family);
      const pdu = await open(device.port, { login: { version, community: "private" } });
      const reading = await pdu.read();
      expect(reading.family).toBe(family);
      expect(reading.serial).toBe(serial && "MOCK0001");
      expect(reading.outlets.map(({ instance }) => instance)).toEqual(device.instances);
      expect(reading.outlets.map((outlet) => outlet.state)).toEqual(Array(8).fill("on"));
      expect(reading.outlets.map((outlet) => outlet.name)).toEqual(
        Array.from({ length: 8 }, (_, i) => name && `Outlet ${i + 1}`),
      );
      device.press(device.instances[2] ?? "", "off");
      expect(await pdu.readOutlet(device.instances[2] ?? "")).toMatchObject({ state: "off" });
      expect((await pdu.read()).outlets.map(({ state }) => state).indexOf("off")).toBe(2);
    },
  );

  test('a state that means nothing is unknown, and text "1" counts as 1', async () => {
    const device = await mock(family);
    const pdu = await open(device.port);
    device.faults.wrongType = "nonsense";
    const nonsense = await pdu.read();
    expect(nonsense.outlets.map(({ state }) => state)).toEqual(Array(8).fill("unknown"));
    expect(nonsense.outlets[0]?.note).toBe('the device says "Ready"');
    device.faults.wrongType = "text";
    expect((await pdu.read()).outlets.map(({ state }) => state)).toEqual(Array(8).fill("on"));
  });
});

describe.each(those((one) => one.write))("%s is switched:", (family) => {
  const { write, pending, read } = profile(family);

  test.each(["1", "2c"] as const)(
    "off and on over version %s move the relay, no other, and are read back",
    async (version) => {
      const device = await mock(family);
      const pdu = await open(device.port, { login: { version, community: "private" } });
      const instance = device.instances[2] ?? "";
      await pdu.read();
      for (const wanted of ["off", "on"] as const) {
        await pdu.command(instance, wanted);
        expect(device.relay(instance)).toBe(wanted);
        expect(await pdu.readOutlet(instance)).toMatchObject({ state: wanted, pending: false });
      }
      const others = device.instances.filter((one) => one !== instance);
      expect(others.map((one) => device.relay(one))).toEqual(Array(7).fill("on"));
    },
  );

  test.each(SHAPES.includes(family) ? FAULTS : QUICK)(
    "%s: an outlet that is on never reads off, and a command is sent once",
    async (_, faults) => {
      const device = await mock(family, { clock: new ManualClock(0) });
      const instance = device.instances[1] ?? "";
      const pdu = await open(device.port, { tries: 3 });
      await pdu.read();
      Object.assign(device.faults, faults);
      await pdu.command(instance, "off").catch(() => undefined);
      const said = await pdu.readOutlet(instance).catch(() => undefined);
      if (device.relay(instance) === "on") expect(said?.state).not.toBe("off");
      if (faults.pendingMs && (pending || read.pending)) expect(said?.pending).toBe(true);
      const sent = device.sets.map(({ oid, value }) => `${oid}=${value}`);
      expect(sent).toHaveLength(new Set(sent).size);
      expect(sent.length).toBeLessThanOrEqual(write?.unlock ? 2 : 1);
    },
  );
});

test.each(those((one) => one.write?.cycle))(
  "%s: cycle moves the relay off, and on again",
  async (family) => {
    const clock = new ManualClock(0);
    const moves: string[] = [];
    const device = await mock(family, { clock, onSwitch: (one, to) => moves.push(`${one} ${to}`) });
    const pdu = await open(device.port);
    const instance = device.instances[7] ?? "";
    await pdu.read();
    await pdu.command(instance, "cycle");
    expect(await pdu.readOutlet(instance)).toMatchObject({ state: "off" });
    await clock.advance(60_000);
    expect(moves).toEqual([`${instance} off`, `${instance} on`]);
  },
);

test.each(those((one) => !one.write))(
  "%s refuses to be switched, and says so beforehand",
  async (family) => {
    const device = await mock(family);
    const pdu = await open(device.port);
    expect(pdu.commands).toEqual([]);
    expect((await pdu.read()).outlets[0]?.refuses).toBe(
      `read only: ${profile(family).readOnlyBecause}${profile(family).unproven ? ' ("oob pdu map --prove" settles it)' : ""}`,
    );
    await expect(pdu.command(device.instances[0] ?? "", "off")).rejects.toMatchObject({
      code: "PDU_REFUSED",
    });
    expect(device.sets).toEqual([]);
  },
);

test.each(those((one) => one.locked))("%s: a locked outlet says so", async (family) => {
  const device = await mock(family);
  device.faults.locked = true;
  const pdu = await open(device.port);
  expect((await pdu.read()).outlets[0]?.refuses).toBe("locked");
});

test("open() prefers the newer tables of a unit that answers both generations", async () => {
  const device = await mock("apc-rpdu2");
  const older = await mock("apc-rpdu");
  const objects = device.objects.bind(device);
  device.objects = () =>
    [...objects(), ...older.objects().slice(2)].sort(([one], [other]) =>
      one.localeCompare(other, "en", { numeric: true }),
    );
  expect((await (await open(device.port)).read()).family).toBe("apc-rpdu2");
});

test("open() decides by the table, not by sysObjectID", async () => {
  const device = await mock("sentry3");
  const objects = device.objects.bind(device);
  device.objects = () =>
    objects().map(([oid, object]) =>
      oid === "1.3.6.1.2.1.1.2.0"
        ? [oid, { type: "oid", value: "1.3.6.1.4.1.318.1.3.4.6" }]
        : [oid, object],
    );
  expect((await (await open(device.port)).read()).family).toBe("sentry3");
});

test("open() refuses an agent without a known outlet table", async () => {
  const device = await mock("sentry3", { outlets: 0 });
  await expect(open(device.port)).rejects.toMatchObject({
    code: "PDU_UNKNOWN",
    message: expect.stringContaining('it calls itself "mock rack PDU"'),
  });
});

test("read() copes with an agent that answers few objects, or no GETBULK", async () => {
  const device = await mock("apc-rpdu2");
  device.faults.maxObjects = 3;
  expect((await (await open(device.port)).read()).outlets).toHaveLength(8);
  delete device.faults.maxObjects;
  device.faults.noBulk = true;
  expect((await (await open(device.port)).read()).outlets).toHaveLength(8);
});

test.each(families)(
  "read() of %s knows rows by their OID where GETBULK leaves columns out",
  async (family) => {
    const device = await mock(family, { outlets: 20 });
    device.faults.ragged = true;
    const { outlets } = await (await open(device.port)).read();
    expect(outlets.map(({ instance }) => instance)).toEqual(device.instances);
    expect(outlets.map(({ name, state }) => [name, state])).toEqual(
      device.instances.map((_, i) => [profile(family).name && `Outlet ${i + 1}`, "on"]),
    );
  },
);

test("read() repeats what was lost", async () => {
  const device = await mock("apc-rpdu");
  const pdu = await open(device.port, { tries: 3 });
  device.faults.dropsEverySecondAnswer = true;
  expect((await pdu.read()).outlets).toHaveLength(8);
});

test("command() sends a SET once when the answer is lost, and says that it may have happened", async () => {
  const device = await mock("apc-rpdu");
  const pdu = await open(device.port);
  device.faults.mute = true;
  await expect(pdu.command("3", "off")).rejects.toMatchObject({ code: "PDU_SILENT" });
  expect(device.sets).toHaveLength(1);
  expect(device.relay("3")).toBe("off");
});

test("a truncated answer is silence or unknown, never a state", async () => {
  const device = await mock("raritan-px2");
  const pdu = await open(device.port);
  device.faults.truncates = true;
  await expect(pdu.read()).rejects.toMatchObject({ code: "PDU_SILENT" });
});

test.each([
  ["genErr", "PDU_REFUSED"],
  ["noAccess", "PDU_REFUSED"],
  ["wrongValue", "PDU_REFUSED"],
] as const)("command() says when the device answers %s", async (refuses, code) => {
  const device = await mock("eaton-g2g3");
  const pdu = await open(device.port);
  device.faults.refuses = refuses;
  await expect(pdu.command("0.1", "off")).rejects.toMatchObject({
    code,
    message: expect.stringContaining(refuses),
  });
  expect(device.relay("0.1")).toBe("on");
});

test("command() with a read community says that there is no right to write", async () => {
  const device = await mock("apc-rpdu2");
  const pdu = await open(device.port, { login: { version: "2c", community: "public" } });
  await expect(pdu.command("1", "off")).rejects.toMatchObject({
    code: "PDU_REFUSED",
    message: expect.stringContaining("no right to write"),
  });
  const both = { version: "2c", community: "public", writeCommunity: "private" } as const;
  await (await open(device.port, { login: both })).command("1", "off");
  expect(device.relay("1")).toBe("off");
});

test("open() with a wrong community says that it looks like silence", async () => {
  const device = await mock("apc-rpdu2");
  await expect(
    open(device.port, { login: { version: "2c", community: "wrong" } }),
  ).rejects.toMatchObject({
    code: "PDU_SILENT",
    hint: expect.stringContaining("wrong community"),
  });
});

test("readOutlet() of an outlet that is not there is OUTLET_UNKNOWN", async () => {
  const device = await mock("sentry3");
  const pdu = await open(device.port);
  await expect(pdu.readOutlet("1.1.99")).rejects.toMatchObject({ code: "OUTLET_UNKNOWN" });
  await expect(pdu.readOutlet("x; y")).rejects.toMatchObject({ code: "OUTLET_UNKNOWN" });
});

test("read() refuses a device whose serial number is not the configured one", async () => {
  const device = await mock("apc-rpdu2");
  const pdu = await open(device.port, { serial: "MOCK0001" });
  await pdu.read();
  device.serial = "OTHER";
  await expect(pdu.readOutlet("1")).rejects.toMatchObject({ code: "PDU_REFUSED" });
  await expect(pdu.read()).rejects.toMatchObject({ code: "PDU_REFUSED" });
});

test("read() stops at a table that goes backwards", async () => {
  const device = await mock("apc-rpdu2");
  const pdu = await open(device.port);
  device.faults.loops = true;
  await expect(pdu.read()).rejects.toMatchObject({
    code: "PDU_REFUSED",
    message: expect.stringContaining("goes backwards"),
  });
});

describe("version 3", () => {
  const user = {
    name: "oob",
    auth: { protocol: "sha256", secret: "authpass1" },
    priv: { protocol: "aes", secret: "privpass1" },
  } as const;
  const login = { version: "3", user: "oob", auth: user.auth, priv: user.priv } as const;

  test("authPriv reads and switches", async () => {
    const device = await mock("apc-rpdu2", { access: { user } });
    const pdu = await open(device.port, { login });
    await pdu.command("2", "off");
    expect((await pdu.read()).outlets[1]).toMatchObject({ instance: "2", state: "off" });
  });

  test("an unknown user is LOGIN_REFUSED, and no secret is in the message", async () => {
    const device = await mock("apc-rpdu2", { access: { user } });
    const wrong = { ...login, user: "nobody" };
    const failure = await open(device.port, { login: wrong }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "LOGIN_REFUSED" });
    expect(String(failure)).not.toMatch(/authpass1|privpass1/);
  });

  test("a wrong privacy password is an error, never a state", async () => {
    const device = await mock("apc-rpdu2", { access: { user } });
    const wrong = { ...login, priv: { ...user.priv, secret: "wrongpass" } };
    await expect(open(device.port, { login: wrong })).rejects.toMatchObject({ code: "PDU_SILENT" });
  });
});
