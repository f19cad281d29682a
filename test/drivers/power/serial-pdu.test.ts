import { describe, expect, it } from "vitest";
import { failureOf } from "../console/socket-suite.ts";
import { type Bench, type BenchSetup, bench, PASSWORD } from "./serial-pdu-wire.ts";

type Family = BenchSetup["family"];
const NAMES = ["web1", "Off", "RPC-3>", "pm>", "db1", "ON", "OFF", "NPS>"];
const PLAIN = NAMES.map((name) => name.replaceAll(" ", "-"));
const LOGINS: Readonly<Partial<Record<Family, BenchSetup["login"]>>> = {
  "baytech-rpc3": { password: PASSWORD },
  "apc-masterswitch": { user: "oob", password: PASSWORD },
  "wti-nps": { password: PASSWORD },
  "cyclades-pm": { user: "oob", password: PASSWORD },
  "servertech-sentry": { user: "oob", password: PASSWORD },
};
const FAMILIES: readonly Family[] = [
  "baytech-rpc3",
  "apc-masterswitch",
  "wti-nps",
  "wti-rps",
  "cyclades-pm",
  "servertech-sentry",
];

function start(family: Family, more: Partial<BenchSetup> = {}): Promise<Bench> {
  const login = LOGINS[family];
  return bench({ family, names: PLAIN, ...(login && { login }), ...more });
}

const statesOf = async ({ pdu, done }: Bench) =>
  (await done(pdu.read())).outlets.map(({ instance, name, state }) => [instance, name, state]);

describe.each(FAMILIES)("serial PDU %s", (family) => {
  const named = family !== "wti-rps";
  const expected = (device: Bench) =>
    device.mock.outlets.map(({ id, name, on }) => [
      id,
      named ? name : undefined,
      on ? "on" : "off",
    ]);

  it("reads every outlet with its name, whatever the name says", async () => {
    const device = await start(family);
    for (const outlet of device.mock.outlets)
      outlet.on = outlet.id.charCodeAt(outlet.id.length - 1) % 2 === 0;
    expect(await statesOf(device)).toEqual(expected(device));
    expect(await statesOf(device)).toEqual(expected(device));
  });

  it("switches one outlet once, and reads it back", async () => {
    const device = await start(family);
    const [first, second] = device.mock.outlets;
    const id = second?.id ?? "";
    await device.done(device.pdu.command(id, "off"));
    expect(device.mock.commands).toEqual([{ outlet: id, on: false }]);
    expect(second?.on).toBe(false);
    expect(first?.on).toBe(true);
    expect((await device.done(device.pdu.readOutlet(id))).state).toBe("off");
    await device.done(device.pdu.command(id, "on"));
    expect((await device.done(device.pdu.readOutlet(id))).state).toBe("on");
    expect(device.mock.commands).toHaveLength(2);
  });

  it("leaves when it is closed, so that its one session is free", async () => {
    const device = await start(family);
    await device.done(device.pdu.read());
    await device.done(device.pdu.close());
    expect(device.mock.sessions).toBe(0);
    expect(device.line.closed).toBe(true);
  });
});
