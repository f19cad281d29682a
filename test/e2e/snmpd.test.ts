import { afterAll, beforeAll, describe, expect, test } from "vitest";
import snmp from "../../drivers/power/snmp.ts";
import { readOptions } from "../../src/config/option-values.ts";
import { Power } from "../../src/core/power/power.ts";
import { systemClock } from "../../src/lib/clock.ts";
import type { Pdu } from "../../src/sdk/power.ts";
import { Disk, hostWith } from "../core/power/power-sim.ts";
import { contextWith } from "../drivers/power/context.ts";
import { freePort, type Snmpd, startSnmpd } from "./pdu/snmpd.ts";

const SECRETS = {
  "url-read": "public",
  "url-write": "private",
  "url-wrong": "wrong",
  auth: "authpass1",
  priv: "privpass1",
  bad: "badbadbad1",
};

let peer: Snmpd;

beforeAll(async () => {
  peer = await startSnmpd();
});

afterAll(() => peer?.stop());

type Login = Record<string, unknown> & { readonly community?: string };

/** Opens the agent with the driver's own options. */
async function open({ community, ...raw }: Login): Promise<Pdu> {
  const all = { host: "127.0.0.1", port: peer.port, timeout: "3s", tries: 2, ...raw };
  const { values, problems } = readOptions(snmp.options, all);
  expect(problems).toEqual([]);
  const options =
    community === undefined ? values : { ...values, community: { secret: community } };
  return snmp.open(options, contextWith(SECRETS));
}

const V3 = {
  version: "3",
  user: "admin",
  auth: "secret:auth",
  priv: "secret:priv",
  "auth-protocol": "sha256",
};

const { priv: _, ...NO_PRIV } = V3;

describe.each([
  ["version 1", { version: "1", community: "url-write" }],
  ["version 2c", { version: "2c", community: "url-write" }],
  ["version 3 SHA-256 AES", V3],
  ["version 3 SHA without privacy", { ...NO_PRIV, user: "old", "auth-protocol": "sha" }],
])("%s", (_name, login) => {
  test("outlets are read, switched and read back", async () => {
    const pdu = await open(login);
    const reading = await pdu.read();
    expect(reading).toMatchObject({ family: "apc-rpdu", model: "AP7900", serial: "E2E0001" });
    expect(reading.outlets.map(({ instance, name, state }) => [instance, name, state])).toEqual(
      Array.from({ length: 8 }, (_, i) => [String(i + 1), `host${i + 1}`, "on"]),
    );
    await pdu.command("8", "off");
    expect(peer.relays()["8"]).toBe(false);
    expect(await pdu.readOutlet("8")).toMatchObject({
      state: "off",
      name: "host8",
      serial: "E2E0001",
    });
    await pdu.command("8", "on");
    expect(peer.relays()["8"]).toBe(true);
    await pdu.close();
  });
});

test("a wrong community is silence, and the hint says so", async () => {
  await expect(open({ version: "2c", community: "url-wrong" })).rejects.toMatchObject({
    code: "PDU_SILENT",
    hint: expect.stringContaining("wrong community"),
  });
});

test("a dead address is silence, within the time that was given", async () => {
  const before = systemClock.monotonic();
  const port = await freePort();
  await expect(open({ port, version: "2c", community: "url-write" })).rejects.toMatchObject({
    code: "PDU_SILENT",
  });
  // Far below what the library alone would take; a busy machine adds its own.
  expect(systemClock.monotonic() - before).toBeLessThan(25_000);
});

test.each([
  ["2c", "no right to write"],
  ["1", "no right to write, or no such outlet"],
])("a read-only community of version %s cannot switch, and says why", async (version, words) => {
  const pdu = await open({ version, community: "url-read" });
  await expect(pdu.command("1", "off")).rejects.toMatchObject({
    code: "PDU_REFUSED",
    message: expect.stringContaining(words),
  });
  expect(peer.relays()["1"]).toBe(true);
  await pdu.close();
});

test.each([
  [
    "a wrong authentication password",
    { auth: "secret:bad" },
    "LOGIN_REFUSED",
    "authentication password",
  ],
  ["an unknown user", { user: "nobody" }, "LOGIN_REFUSED", "does not know this user"],
  ["a wrong privacy password", { priv: "secret:bad" }, "PDU_SILENT", "no answer"],
])("%s is an error in words, without the password", async (_name, wrong, code, words) => {
  const failure = await open({ ...V3, ...wrong }).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code, message: expect.stringContaining(words) });
  expect(String(failure)).not.toContain("badbadbad1");
});

test("an outlet that does not exist is OUTLET_UNKNOWN", async () => {
  const pdu = await open({ version: "2c", community: "url-write" });
  await expect(pdu.readOutlet("99")).rejects.toMatchObject({ code: "OUTLET_UNKNOWN" });
  await pdu.close();
});

test("switchHost() cycles an outlet of snmpd once, with its latency said", async () => {
  const power = new Power({
    pdus: new Map([["a", { driver: "snmp", options: {} }]]),
    open: () => open(V3),
    audit: new Disk().open({ dead: false }, systemClock),
    clock: systemClock,
  });
  const host = { ...hostWith("a/host3"), offFor: 500 };
  const took: Record<string, number> = {};
  const timed = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    const before = systemClock.monotonic();
    const value = await work();
    took[what] = Math.round(systemClock.monotonic() - before);
    return value;
  };
  await timed("first status", () => power.readHost(host));
  expect(await timed("status", () => power.readHost(host))).toMatchObject({ power: "on" });
  const order = (id: string) => ({ id, by: "e2e", reason: "test" });
  const off = await timed("off, read back", () => power.switchHost(host, "off", order("1")));
  expect(off).toMatchObject({ result: "done", power: "off" });
  expect(peer.relays()["3"]).toBe(false);
  const on = await timed("on, read back", () => power.switchHost(host, "on", order("2")));
  expect(on).toMatchObject({ result: "done", power: "on" });
  const cycle = await timed("cycle of 0.5s", () => power.switchHost(host, "cycle", order("3")));
  expect(cycle).toMatchObject({ result: "done", power: "on" });
  expect(peer.relays()["3"]).toBe(true);
  await power.close();
  console.log("milliseconds against snmpd, version 3 authPriv:", JSON.stringify(took));
});

test("an agent that stops answering is unknown, never off", async () => {
  const pdu = await open(V3);
  peer.freeze();
  await expect(pdu.readOutlet("1")).rejects.toMatchObject({ code: "PDU_SILENT" });
  await pdu.close();
});
