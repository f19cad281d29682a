import { createServer } from "node:http";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import dli from "../../../drivers/power/dli.ts";
import gude from "../../../drivers/power/gude.ts";
import netio from "../../../drivers/power/netio.ts";
import shelly from "../../../drivers/power/shelly.ts";
import tasmota from "../../../drivers/power/tasmota.ts";
import { type HttpFamily, type HttpPduSetup, MockHttpPdu } from "../../../mocks/http-pdu.ts";
import { readOptions } from "../../../src/config/option-values.ts";
import { Power } from "../../../src/core/power/power.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import { OobError } from "../../../src/lib/errors.ts";
import type { Pdu, PowerDriver } from "../../../src/sdk/power.ts";
import { Disk, hostWith } from "../../core/power/power-sim.ts";
import { failureOf } from "../console/socket-suite.ts";
import { contextWith } from "./context.ts";

const DRIVERS: Readonly<Record<HttpFamily, PowerDriver>> = {
  ...{ netio, gude, dli, shelly1: shelly, shelly2: shelly, tasmota },
};
const FAMILIES = Object.keys(DRIVERS) as HttpFamily[];
const METERED: readonly HttpFamily[] = ["netio", "shelly1", "shelly2", "tasmota"];
const PASSWORD = "hunter2 &%ü";
const RELAYS = [
  { name: "web1", on: true, watts: 120 },
  { name: "db1", on: false, watts: 80 },
];

const mocks: MockHttpPdu[] = [];
afterEach(async () => {
  for (const mock of mocks.splice(0)) await mock.close();
});

async function stand(family: HttpFamily, more: Partial<HttpPduSetup> = {}) {
  const mock = new MockHttpPdu({ family, relays: RELAYS, password: PASSWORD, ...more });
  mocks.push(mock);
  return { mock, port: await mock.listen() };
}

function open(
  family: HttpFamily,
  port: number,
  more: Record<string, unknown> = {},
  password = PASSWORD,
): Promise<Pdu> {
  const driver = DRIVERS[family];
  const { values, problems } = readOptions(driver.options, {
    ...{ host: "127.0.0.1", port, insecure: true, user: "admin", password: "secret:pdu" },
    ...more,
  });
  expect(problems).toEqual([]);
  return driver.open(values, contextWith({ pdu: password }));
}

describe.each(FAMILIES)("%s", (family) => {
  const first = "1";
  let mock: MockHttpPdu;
  let port = 0;
  let pdu: Pdu;
  beforeEach(async () => {
    ({ mock, port } = await stand(family));
    pdu = await open(family, port);
  });

  test("read() gives outlets, names, states and who the device is", async () => {
    const reading = await pdu.read();
    expect(reading.serial).toBe(mock.mac);
    expect(reading.outlets).toMatchObject([
      { instance: first, label: "1", name: "web1", state: "on", pending: false },
      { label: "2", name: "db1", state: "off", pending: false },
    ]);
    expect(await pdu.readOutlet(first)).toMatchObject({ state: "on", serial: mock.mac });
  });

  test("a load is there if the device gives it, and absent if not", async () => {
    const [web1] = (await pdu.read()).outlets;
    expect(web1?.watts).toBe(METERED.includes(family) ? 120 : undefined);
    expect(web1?.kwh).toBe(METERED.includes(family) ? 17.5 : undefined);
    const plain = await stand(family, { relays: RELAYS.map(({ name, on }) => ({ name, on })) });
    const without = await (await open(family, plain.port)).read();
    expect(without.totals).toBeUndefined();
    for (const outlet of without.outlets) {
      expect(outlet).not.toHaveProperty("watts");
      expect(outlet).not.toHaveProperty("amps");
      expect(outlet).not.toHaveProperty("kwh");
    }
  });

  test("command() sends once, and a reading shows it", async () => {
    await pdu.command(first, "off");
    expect(await pdu.readOutlet(first)).toMatchObject({ state: "off" });
    await pdu.command(first, "on");
    expect(await pdu.readOutlet(first)).toMatchObject({ state: "on" });
    expect(mock.commands).toEqual(["1 off", "1 on"]);
  });

  test("a device that says OK and does nothing still reads on", async () => {
    mock.faults.ignores = true;
    await pdu.command(first, "off");
    expect(await pdu.readOutlet(first)).toMatchObject({ state: "on" });
    expect(mock.commands).toEqual(["1 off"]);
  });

  test("a late relay shows the old state until it moves", async () => {
    await pdu.read();
    mock.faults.lateBy = 20;
    await pdu.command(first, "off");
    expect((await pdu.readOutlet(first)).state).toBe("on");
    let looks = 0;
    while ((await pdu.readOutlet(first)).state !== "off") expect(++looks).toBeLessThan(30);
    expect(mock.commands).toEqual(["1 off"]);
  });

  test.each([[2], ["2"], [null], [undefined], ["Aus"], ["constructor"], [[]], [{}], [-0.5]])(
    "the state %j is unknown",
    async (strange) => {
      mock.faults.strange = strange;
      // Tasmota names its relays by their states.
      if (strange === undefined && family === "tasmota")
        return expect((await failureOf(pdu.readOutlet(first))).code).toBe("OUTLET_UNKNOWN");
      const { state, note } = await pdu.readOutlet(first);
      expect(state).toBe("unknown");
      expect(note).toBeDefined();
    },
  );

  test("an outlet that the device does not list is refused, and nothing is sent", async () => {
    for (const instance of ["9", "0", "-1", "1&cmd=42", "../x", ""]) {
      expect((await failureOf(pdu.readOutlet(instance))).code).toBe("OUTLET_UNKNOWN");
      expect((await failureOf(pdu.command(instance, "off"))).code).toBe("OUTLET_UNKNOWN");
    }
    expect((await failureOf(pdu.command(first, "cycle"))).code).toBe("PDU_REFUSED");
    expect(mock.commands).toEqual([]);
  });

  test("a wrong password is refused, and no error shows one", async () => {
    const wrong = await open(family, port, {}, "s3cret?");
    for (const doing of [wrong.read(), wrong.command(first, "off")]) {
      const failure = await failureOf(doing);
      expect(failure.code).toBe("LOGIN_REFUSED");
      expect(`${failure.message} ${failure.hint} ${failure.stack}`).not.toMatch(/s3cret|hunter/);
    }
    expect(mock.commands).toEqual([]);
    // Not offered again, so that no account is locked; the right one is.
    const tried = mock.service.refused + mock.service.asked.length;
    const again = await failureOf(wrong.readOutlet("1"));
    expect(again.hint).toContain("Not offered again for 15m");
    expect(mock.service.refused + mock.service.asked.length).toBe(tried);
    await pdu.read();
  });

  test.each(["drops", "cuts", "endless"] as const)(
    "%s: the command may have happened, was sent once, and no error shows the password",
    async (fault) => {
      await pdu.read();
      mock.service.faults[fault] = true;
      const failure = await failureOf(pdu.command(first, "off"));
      expect(failure.code).toBe("PDU_SILENT");
      expect(`${failure.message} ${failure.hint} ${failure.stack}`).not.toMatch(/hunter|password=/);
      expect(mock.commands.length).toBeLessThanOrEqual(1);
    },
  );

  test("a device that hangs is silent", async () => {
    const hasty = await open(family, port, { timeout: "150ms" });
    mock.service.faults.mute = true;
    expect((await failureOf(hasty.read())).code).toBe("PDU_SILENT");
  });

  test("firmware without the interface is said", async () => {
    for (const instead of [{ status: 404 }, { body: "<html>Web UI</html>" }, { body: {} }]) {
      mock.service.faults.instead = instead;
      const failure = await failureOf(pdu.read());
      expect(failure.code).toBe("PDU_UNKNOWN");
      expect(failure.hint).toMatch(/driver|switched on|Tasmota/);
    }
  });

  test("serial: another unit at the address is refused", async () => {
    const bound = await open(family, port, { serial: mock.mac.replaceAll(":", "").toLowerCase() });
    await bound.read();
    mock.mac = "24:A4:2C:00:00:01";
    expect((await failureOf(bound.readOutlet(first))).message).toContain('is "24:A4:2C:00:00:01"');
    expect((await pdu.readOutlet(first)).serial).toBe("24:A4:2C:00:00:01");
    const unread = await open(family, port, { serial: "AA:BB" });
    expect((await failureOf(unread.command(first, "off"))).code).toBe("PDU_REFUSED");
    expect(mock.commands).toEqual([]);
  });

  test("whatever it answers: no exception but ours, and off only where it says off", async () => {
    const words = fc.constantFrom(
      ..."Outputs ID State outputs state switch:0 output relays ison meters gen type POWER1 StatusSTS StatusSNS ENERGY Power physical_state name __proto__ toString OFF ON mac".split(
        " ",
      ),
    );
    const leaf = fc.oneof(fc.jsonValue({ maxDepth: 1 }), words, fc.constantFrom(0, 1, true, "ON"));
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 5 },
        leaf,
        fc.array(tie("tree"), { maxLength: 3 }),
        fc.dictionary(words, tie("tree"), { maxKeys: 4 }),
      ),
    }));
    await fc.assert(
      fc.asyncProperty(tree, async (answer) => {
        mock.service.faults.instead = { body: JSON.stringify(answer) };
        const text = JSON.stringify(answer);
        const outlets = await pdu.read().then(
          (reading) => reading.outlets,
          (error: unknown) => {
            expect(error).toBeInstanceOf(OobError);
            return [];
          },
        );
        for (const { state, watts = 0, amps = 0 } of outlets) {
          if (state === "off") expect(text).toMatch(/0|false|OFF/);
          expect(Number.isFinite(watts) && Number.isFinite(amps)).toBe(true);
        }
      }),
      { numRuns: 80 },
    );
  });
});

test.each(FAMILIES)(
  "%s: a cycle whose answers are lost is read back, and sent once",
  async (family) => {
    const { mock, port } = await stand(family);
    mock.faults.loses = true;
    const power = new Power({
      pdus: new Map([["p", { driver: family, options: {} }]]),
      open: () => open(family, port),
      audit: new Disk().open({ dead: false }, systemClock),
      clock: systemClock,
      onFor: 3000,
    });
    const host = { ...hostWith("p/name:web1"), offFor: 300 };
    const order = { id: family, by: "test", reason: "test" };
    expect((await power.switchHost(host, "cycle", order)).result).toBe("done");
    expect(mock.commands).toEqual(["1 off", "1 on"]);
    expect(mock.relays[0]?.on).toBe(true);
  },
);

test.each(["netio", "gude", "tasmota"] as const)(
  "%s: check() and open() want consent to a password in clear text",
  async (family) => {
    const options = { host: "p", password: { secret: "pdu" } };
    const opening = DRIVERS[family].open(options, contextWith({ pdu: PASSWORD }));
    expect((await failureOf(opening)).code).toBe("CONFIG_INVALID");
    expect(DRIVERS[family].check?.(options)).toMatchObject([{ option: "password" }]);
    expect(DRIVERS[family].check?.({ ...options, insecure: true })).toEqual([]);
    expect(DRIVERS[family].check?.({ ...options, tls: true })).toEqual([]);
  },
);

test("check() looks at the pin", () => {
  const tls = { host: "p", tls: true };
  const digits = "8D:E5".padEnd(95, ":00");
  expect(dli.check?.({ ...tls, pin: `sha256:${digits}` })).toEqual([]);
  expect(dli.check?.({ ...tls, pin: "sha256:12" })).toHaveLength(1);
  expect(dli.check?.({ host: "p", pin: `sha256:${digits}` })).toHaveLength(1);
});

test("shelly: the first generation wants consent when its login turns out to be Basic", async () => {
  const { port } = await stand("shelly1");
  const failure = await failureOf((await open("shelly1", port, { insecure: false })).read());
  expect(failure.message).toContain("in clear text");
  const later = await stand("shelly2");
  await (await open("shelly2", later.port, { insecure: false, user: "" })).read();
});

test("shelly: one meter for two relays is nobody's load", async () => {
  const [web1] = RELAYS;
  const { port } = await stand("shelly1", {
    relays: [
      { ...web1, name: "a", on: true },
      { name: "b", on: true },
    ],
  });
  for (const { watts } of (await (await open("shelly1", port)).read()).outlets)
    expect(watts).toBeUndefined();
});

test("gude: older firmware is read and switched by its own pages", async () => {
  const { mock, port } = await stand("gude");
  mock.faults.older = true;
  const pdu = await open("gude", port);
  await pdu.command("2", "on");
  expect((await pdu.readOutlet("2")).state).toBe("on");
  expect(mock.service.asked.map(({ path }) => path)).toEqual([
    ...["/status.json", "/statusjsn.js", "/ov.html", "/statusjsn.js"],
  ]);
});

test("netio: an answer with errors is a refusal", async () => {
  const { mock, port } = await stand("netio");
  const pdu = await open("netio", port);
  await pdu.read();
  mock.service.faults.instead = { body: { Errors: ["write access denied"] } };
  expect((await failureOf(pdu.command("1", "off"))).code).toBe("PDU_REFUSED");
});

test("dli: a locked outlet says so, and a refusal of the device is one", async () => {
  const [web1] = RELAYS;
  const { mock, port } = await stand("dli", {
    relays: [{ name: "web1", on: true, ...web1, locked: true }],
  });
  const pdu = await open("dli", port);
  expect(await pdu.readOutlet("1")).toMatchObject({ refuses: "locked" });
  expect((await failureOf(pdu.command("1", "off"))).code).toBe("PDU_REFUSED");
  expect(mock.commands).toEqual([]);
});

describe("dli without REST", () => {
  const THREE = [...RELAYS, { name: "nas", on: true }];
  const legacy = (port: number) => open("dli", port, { api: "legacy" });

  test("outlets are bits; a command goes out once, and a reading shows it", async () => {
    const { mock, port } = await stand("dli", { relays: THREE });
    const pdu = await legacy(port);
    const states = async () => (await pdu.read()).outlets.map(({ state }) => state);
    expect(await states()).toEqual(["on", "off", "on"]);
    expect(await pdu.readOutlet("3")).toEqual({
      ...{ instance: "3", label: "3", state: "on", pending: false },
    });
    await pdu.command("3", "off");
    expect(await states()).toEqual(["on", "off", "off"]);
    mock.faults.ignores = true;
    await pdu.command("3", "on");
    expect(await states()).toEqual(["on", "off", "off"]);
    expect(mock.commands).toEqual(["3 off", "3 on"]);
    expect((await failureOf(pdu.command("4", "off"))).code).toBe("OUTLET_UNKNOWN");
  });

  test("an outlet that the user may not see is none, although its bit says off", async () => {
    const relays = [{ name: "web1", on: true, hidden: true }, ...RELAYS];
    const { port } = await stand("dli", { relays });
    const { outlets } = await (await legacy(port)).read();
    expect(outlets.map(({ instance, state }) => [instance, state])).toEqual([
      ["2", "on"],
      ["3", "off"],
    ]);
  });

  test("a locked outlet says so", async () => {
    const { port } = await stand("dli", { relays: [{ name: "web1", on: true, locked: true }] });
    expect(await (await legacy(port)).readOutlet("1")).toMatchObject({ refuses: "locked" });
  });

  test.each([["b"], ["b5b5"], ["0x01"], [""], ["zz"], ['01</div><div id="state">00']])(
    "states written as %j are no reading",
    async (strange) => {
      const { mock, port } = await stand("dli");
      mock.faults.strange = strange;
      expect((await failureOf((await legacy(port)).read())).code).toBe("PDU_UNKNOWN");
    },
  );

  test("a page that does not say what the user may see is no reading, as 0 may then be anything", async () => {
    const { mock, port } = await stand("dli");
    mock.faults.older = true;
    expect((await failureOf((await legacy(port)).read())).code).toBe("PDU_UNKNOWN");
  });

  test("a command that is led to a login has not been carried out", async () => {
    const { mock, port } = await stand("dli");
    const pdu = await legacy(port);
    await pdu.read();
    mock.service.faults.instead = { status: 302, headers: { location: "/login.htm" }, body: "" };
    await failureOf(pdu.command("1", "off"));
    expect(mock.commands).toEqual([]);
  });

  test("the password in clear text wants insecure: true", () => {
    const options = { host: "p", api: "legacy", password: "secret:pdu" };
    const { values } = readOptions(dli.options, options);
    expect(dli.check?.(values)).toHaveLength(1);
    expect(dli.check?.({ ...values, insecure: true })).toEqual([]);
  });
});

test("dli: a relay that does not follow its transient state yet is pending", async () => {
  const { mock, port } = await stand("dli");
  mock.faults.strange = false;
  expect(await (await open("dli", port)).readOutlet("1")).toMatchObject({
    ...{ state: "off", pending: true },
  });
});

describe("tasmota", () => {
  test("renamed words are unknown, and said", async () => {
    const { mock, port } = await stand("tasmota");
    mock.faults.strange = "AUS";
    expect(await (await open("tasmota", port)).readOutlet("1")).toMatchObject({
      ...{ state: "unknown", note: 'it says "AUS", neither ON nor OFF: see StateText' },
    });
  });

  test("a single relay is POWER on the wire, and outlet 1", async () => {
    const { mock, port } = await stand("tasmota", { relays: RELAYS.slice(0, 1) });
    const pdu = await open("tasmota", port);
    await pdu.command("1", "off");
    expect(await pdu.readOutlet("1")).toMatchObject({ state: "off", watts: 0 });
    expect(mock.commands).toEqual(["1 off"]);
  });

  test.each(["POWER0", "POWER01"])(
    "%s is no relay: told off, it may be all of them",
    async (key) => {
      const asked: string[] = [];
      const server = createServer((request, response) => {
        const words = new URL(request.url ?? "", "http://x").searchParams.get("cmnd") ?? "";
        asked.push(words);
        const states = { [key]: "ON", POWER2: "ON" };
        response.end(JSON.stringify(words === "Status 0" ? { StatusSTS: states } : states));
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const address = server.address();
      const pdu = await open("tasmota", typeof address === "object" ? (address?.port ?? 0) : 0);
      expect((await pdu.read()).outlets.map(({ instance }) => instance)).toEqual(["2"]);
      for (const outlet of ["0", "01"])
        expect((await failureOf(pdu.command(outlet, "off"))).code).toBe("OUTLET_UNKNOWN");
      server.close();
      expect(asked.filter((words) => words.startsWith("Power"))).toEqual([]);
    },
  );

  test("before 8.2.3 a wrong password is answered with 200", async () => {
    const { mock, port } = await stand("tasmota");
    mock.faults.older = true;
    const wrong = await open("tasmota", port, {}, "no");
    expect((await failureOf(wrong.command("1", "off"))).code).toBe("LOGIN_REFUSED");
  });

  test.each([
    [{ Interlock: "ON", Groups: "1,2" }, undefined, "turns 2 off"],
    [{ Interlock: "ON", Groups: "2,3" }, undefined, "turns others off"],
    [{ Interlock: "EIN", Groups: "1,2" }, undefined, 'interlocked ("EIN")'],
    [undefined, { Set: 105, Remaining: 0 }, "PulseTime"],
    [undefined, "15 (active 15)", "PulseTime"],
  ])("Interlock %j, PulseTime %j: it refuses, %s", async (interlock, pulse, words) => {
    const { mock, port } = await stand("tasmota");
    Object.assign(mock.faults, interlock && { interlock }, pulse !== undefined && { pulse });
    const { state, refuses } = await (await open("tasmota", port)).readOutlet("1");
    expect(state).toBe("on");
    expect(refuses).toContain(words);
  });

  test.each([
    [{ Interlock: "ON", Groups: "1 2,3" }, "0 (disabled)"],
    [{ Command: "Unknown" }, { Set: 0, Remaining: 0 }],
  ])("Interlock %j, PulseTime %j are no trap", async (interlock, pulse) => {
    const { mock, port } = await stand("tasmota");
    Object.assign(mock.faults, { interlock, pulse });
    expect((await (await open("tasmota", port)).readOutlet("1")).refuses).toBeUndefined();
  });
});
