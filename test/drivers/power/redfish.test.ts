import { X509Certificate } from "node:crypto";
import { afterAll, describe, expect, test } from "vitest";
import redfish from "../../../drivers/power/redfish.ts";
import { MOCK_CERTIFICATE } from "../../../mocks/http-certificate.ts";
import { RedfishMock, type RedfishOddities } from "../../../mocks/redfish-service.ts";
import { readOptions } from "../../../src/config/option-values.ts";
import { Power } from "../../../src/core/power/power.ts";
import type { PowerVerb } from "../../../src/core/site/site.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import type { Pdu } from "../../../src/sdk/power.ts";
import { Disk, hostWith } from "../../core/power/power-sim.ts";
import { failureOf } from "../console/socket-suite.ts";
import { contextWith } from "./context.ts";

const PIN = new X509Certificate(MOCK_CERTIFICATE.cert).fingerprint256;
const UUID = "4c4c4544-0042-3010-8052-000000000001";
const closers: (() => Promise<void>)[] = [];
let made = 0;

afterAll(async () => {
  for (const close of closers.splice(0)) await close();
});

interface Setup {
  readonly oddities?: Partial<RedfishOddities>;
  readonly ids?: readonly string[];
  readonly tls?: boolean;
  readonly options?: Record<string, unknown>;
}

/** A service and the driver at it. Each has a user of its own: what a service refused is remembered. */
async function setUp({ oddities = {}, ids = ["1"], tls = false, options = {} }: Setup = {}) {
  const user = `oob${made++}`;
  const mock = new RedfishMock(systemClock, { user, password: "hunter2" }, { ids, tls });
  Object.assign(mock.oddities, oddities);
  const port = await mock.http.listen();
  closers.push(() => mock.http.close());
  const open = async (more: Record<string, unknown> = {}, secret = "hunter2"): Promise<Pdu> => {
    const { values, problems } = readOptions(redfish.options, {
      ...{ host: "127.0.0.1", port, user, password: "secret:bmc", settle: "400ms", timeout: "1s" },
      ...(tls ? {} : { tls: false, insecure: true }),
      ...{ ...options, ...more },
    });
    expect(problems).toEqual([]);
    return redfish.open(values, contextWith({ bmc: secret }));
  };
  return { mock, open, pdu: await open() };
}

let orders = 0;
async function act(open: () => Promise<Pdu>, verb: PowerVerb) {
  const power = new Power({
    pdus: new Map([["bmc", { driver: "redfish", options: {} }]]),
    open: () => open(),
    audit: new Disk().open({ dead: false }, systemClock),
    clock: systemClock,
    onFor: 1000,
  });
  const host = { ...hostWith("bmc/1"), offFor: 50 };
  const report = await power.switchHost(host, verb, { id: `r${orders++}`, by: "t", reason: "t" });
  await power.close();
  return report;
}

describe.concurrent("through the engine", () => {
  test("off, on and cycle are done and read back; the session is used again, and deleted at the end", async () => {
    const { mock, open } = await setUp();
    expect(await act(open, "off")).toMatchObject({ result: "done", power: "off" });
    expect(mock.isOn()).toBe(false);
    expect(await act(open, "on")).toMatchObject({ result: "done", power: "on" });
    expect(await act(open, "cycle")).toMatchObject({ result: "done", power: "on" });
    expect(mock.resets).toEqual(["ForceOff", "On", "ForceOff", "On"]);
    expect(mock.logins).toBe(3);
    expect(mock.sessions.size).toBe(0);
  });

  test.each(["old", "pending"] as const)(
    "a state that follows later, and shows %s until then",
    async (says) => {
      const { mock, open } = await setUp({
        oddities: { lateBy: 300, says },
        options: { settle: "3s" },
      });
      expect(await act(open, "cycle")).toMatchObject({ result: "done", power: "on" });
      expect(mock.resets).toEqual(["ForceOff", "On"]);
    },
  );

  test("a service that says yes and does nothing: failed, and the machine is on", async () => {
    const { mock, open } = await setUp({ oddities: { liar: true } });
    expect(await act(open, "off")).toMatchObject({
      ...{ result: "failed", power: "on" },
      error: { message: expect.stringContaining("took the command and still reads on") },
    });
    expect(mock.resets).toEqual(["ForceOff"]);
  });

  test("a service that forgets who the machine is while it is off: the cycle brings it back", async () => {
    const { open } = await setUp({
      oddities: { forgets: true },
      options: { serial: UUID.toUpperCase() },
    });
    expect(await act(open, "cycle")).toMatchObject({ result: "done", power: "on" });
  });

  test.each(["off", "cycle"] as const)(
    "the lost answer to a command of %s: sent once, and read",
    async (verb) => {
      const { mock, open } = await setUp();
      let lost = 0;
      mock.oddities.onReset = () => {
        if (lost++ > 0) return;
        mock.http.faults.drops = true;
        setImmediate(() => {
          mock.http.faults.drops = false;
        });
      };
      expect(await act(open, verb)).toMatchObject({ result: "done" });
      expect(mock.resets).toEqual(verb === "off" ? ["ForceOff"] : ["ForceOff", "On"]);
    },
  );

  test("a task that ends in Exception after it moved the machine: what the machine reads counts", async () => {
    const { mock, open } = await setUp({
      oddities: { success: 202, task: "Exception", lateBy: 900 },
      options: { settle: "3s", timeout: "10s" },
    });
    expect(await act(open, "off")).toMatchObject({ result: "done", power: "off" });
    expect(mock.resets).toEqual(["ForceOff"]);
    Object.assign(mock.oddities, { liar: true, lateBy: 0 });
    expect(await act(open, "on")).toMatchObject({
      ...{ result: "failed", power: "off" },
      error: { message: expect.stringMatching(/its task failed, .* still reads off after/) },
    });
  });

  test("a reset whose answer is lost is not known, and not repeated", async () => {
    const { mock, open } = await setUp();
    mock.oddities.onReset = () => {
      mock.http.faults.drops = true;
      setImmediate(() => {
        mock.http.faults.drops = false;
      });
    };
    expect(await act(open, "reset")).toMatchObject({ result: "unknown" });
    expect(mock.resets).toEqual(["ForceRestart"]);
  });
});

test.each([
  ["On", "on"],
  ["Off", "off"],
  ["Standby", "unknown"],
  [null, "unknown"],
  [{ evil: 1 }, "unknown"],
] as const)("power %j reads %s", async (power, state) => {
  const { pdu } = await setUp({ oddities: { power } });
  const [outlet] = (await pdu.read()).outlets;
  expect(outlet).toMatchObject({ instance: "1", label: "1", state });
  expect(await pdu.readOutlet("1")).toMatchObject({ state, serial: UUID });
});

describe("values of ResetType", () => {
  test.each(["values", "action-info", "nowhere"] as const)("that stand in %s", async (lists) => {
    const { mock, pdu } = await setUp({ oddities: { lists } });
    for (const verb of ["off", "on", "reset", "soft", "nmi"] as const) await pdu.command("1", verb);
    expect(mock.resets).toEqual(["ForceOff", "On", "ForceRestart", "GracefulShutdown", "Nmi"]);
  });

  test("that stand in a resource which cannot be read: the power is read, and nothing is sent", async () => {
    const { mock, pdu } = await setUp({ oddities: { lists: "broken-info" } });
    expect((await pdu.read()).outlets).toMatchObject([{ state: "on" }]);
    expect((await failureOf(pdu.command("1", "off"))).code).toBe("PDU_UNKNOWN");
    expect(mock.resets).toEqual([]);
  });

  test("only those that the service lists are sent: OpenBMC without ForceRestart, another with ForceOn", async () => {
    const { mock, pdu } = await setUp({
      oddities: { lists: "action-info", allowed: ["ForceOn", "ForceOff", "PushPowerButton"] },
    });
    await pdu.read();
    expect(pdu.commands).toEqual(["on", "off", "identify"]);
    await pdu.command("1", "on");
    for (const verb of ["reset", "soft", "nmi", "cycle"] as const)
      expect((await failureOf(pdu.command("1", verb))).code).toBe("PDU_REFUSED");
    expect(mock.resets).toEqual(["ForceOn"]);
  });
});

test.each([
  ["LocationIndicatorActive", true],
  ["IndicatorLED", "Blinking"],
  ["none", undefined],
] as const)("identify lights %s, with If-Match where it is wanted", async (lamp, lit) => {
  const { mock, pdu } = await setUp({ oddities: { lamp, wantsTag: true } });
  await pdu.read();
  expect(pdu.commands.includes("identify")).toBe(lit !== undefined);
  const failure = await pdu.command("1", "identify").catch((error: unknown) => error);
  expect(failure).toEqual(
    lit === undefined ? expect.objectContaining({ code: "PDU_REFUSED" }) : undefined,
  );
  expect(mock.lit).toBe(lit);
  expect(mock.resets).toEqual([]);
});

test("a service that lists what fits the moment: each is sent when it is listed, a cycle only where both were seen", async () => {
  const { mock, pdu } = await setUp({ oddities: { allowed: ["ForceOff", "GracefulShutdown"] } });
  await pdu.read();
  expect(pdu.commands).not.toContain("on");
  await pdu.command("1", "off");
  mock.oddities.allowed = ["On"];
  await pdu.command("1", "on");
  expect((await failureOf(pdu.command("1", "off"))).code).toBe("PDU_REFUSED");
  expect(pdu.commands).toEqual(["on", "off", "soft", "identify"]);
  expect(mock.resets).toEqual(["ForceOff", "On"]);
});

describe.concurrent("answers to a command", () => {
  test.each([200, 202, 204] as const)("HTTP %s is taken", async (success) => {
    const { mock, pdu } = await setUp({ oddities: { success } });
    await pdu.command("1", "off");
    expect(mock.isOn()).toBe(false);
  });

  test("a task that fails may have moved the machine, and is told with what it says; one that is gone has ended", async () => {
    const { mock, pdu } = await setUp({ oddities: { success: 202, task: "Exception" } });
    expect(await failureOf(pdu.command("1", "off"))).toMatchObject({
      code: "PDU_SILENT",
      message: expect.stringContaining(
        'its task failed, and it says "The power supply did not answer"',
      ),
    });
    mock.oddities.task = "gone";
    await pdu.command("1", "on");
    expect(mock.resets).toHaveLength(2);
  });

  test.each([
    [409, "Server is already powered ON."],
    [400, "iLO.0.10.InvalidOperationForSystemState (Power is on)"],
  ] as const)(
    "HTTP %s to an on of what is on is PDU_REFUSED, in the service's words",
    async (already, said) => {
      const { pdu } = await setUp({ oddities: { already } });
      expect(await failureOf(pdu.command("1", "on"))).toMatchObject({
        code: "PDU_REFUSED",
        message: expect.stringContaining(`it says "${said}" (HTTP ${already})`),
      });
    },
  );

  test("a service that wants If-Match gets the machine's own, and the command is done once", async () => {
    const { mock, pdu } = await setUp({ oddities: { wantsTag: true } });
    await pdu.command("1", "off");
    expect(mock.resets).toEqual(["ForceOff"]);
  });
});

describe("sessions", () => {
  test("one that has expired is replaced, and the command is done once", async () => {
    const { mock, pdu } = await setUp();
    await pdu.read();
    mock.oddities.expires = 1;
    await pdu.command("1", "off");
    expect(mock.resets).toEqual(["ForceOff"]);
    expect(mock.logins).toBe(2);
    mock.oddities.expires = 9;
    expect((await failureOf(pdu.command("1", "on"))).code).toBe("LOGIN_REFUSED");
    expect(mock.resets).toEqual(["ForceOff"]);
  });

  test.each(["session", "basic"])("a wrong password is offered once (%s)", async (auth) => {
    const { mock, open } = await setUp();
    const pdu = await open({ auth }, "of last year");
    for (let i = 0; i < 3; i++) {
      const failure = await failureOf(pdu.read());
      expect(failure.code).toBe("LOGIN_REFUSED");
      expect(failure.message + failure.hint).not.toContain("of last year");
    }
    const offered = mock.http.asked.filter(
      ({ headers, method }) => method === "POST" || headers.authorization !== undefined,
    );
    expect(offered).toHaveLength(1);
  });

  test("none left is said so; a service that has none wants auth: basic", async () => {
    const { mock, pdu, open } = await setUp({ oddities: { maxSessions: 0 } });
    expect(await failureOf(pdu.read())).toMatchObject({
      code: "PDU_SILENT",
      message: expect.stringContaining("it has no session left"),
    });
    mock.oddities.noSessions = true;
    expect(await failureOf(pdu.read())).toMatchObject({
      code: "PDU_REFUSED",
      hint: expect.stringContaining("auth: basic"),
    });
    const basic = await open({ auth: "basic" });
    await basic.command("1", "off");
    expect(mock.isOn()).toBe(false);
    expect(mock.sessions.size).toBe(0);
  });

  test.each(["url", "none"] as const)(
    "Location as %s: deleted at the service itself",
    async (location) => {
      const { mock, pdu } = await setUp({ oddities: { location } });
      await pdu.read();
      expect(mock.sessions.size).toBe(1);
      await pdu.close();
      expect(mock.sessions.size).toBe(0);
    },
  );
});

describe("TLS", () => {
  test("a certificate that nobody signed is refused with its fingerprint, and nothing is sent", async () => {
    const { mock, pdu } = await setUp({ tls: true });
    const digits = PIN.replaceAll(":", "").toLowerCase();
    expect(await failureOf(pdu.read())).toMatchObject({
      code: "PDU_REFUSED",
      message: expect.stringContaining(`sha256:${digits}`),
      hint: expect.stringContaining("pin:"),
    });
    expect(mock.http.asked).toEqual([]);
  });

  test("it is taken where it is pinned, and another one is not", async () => {
    const { mock, open } = await setUp({ tls: true });
    const pdu = await open({ pin: `sha256:${PIN}` });
    await pdu.command("1", "off");
    expect(mock.isOn()).toBe(false);
    const other = await open({ pin: `sha256:${"0".repeat(64)}` });
    const before = mock.http.asked.length;
    expect((await failureOf(other.read())).code).toBe("PDU_REFUSED");
    expect(mock.http.asked).toHaveLength(before);
  });

  test("a password in clear text is refused before anything is sent, unless allowed", async () => {
    const { mock, open } = await setUp();
    expect((await failureOf(open({ insecure: false }))).code).toBe("CONFIG_INVALID");
    expect(mock.http.asked).toEqual([]);
  });
});

describe("which machine", () => {
  test("several systems are outlets by what they are called; system: takes one", async () => {
    const { mock, pdu, open } = await setUp({ ids: ["Node1", "Node2"] });
    expect((await pdu.read()).outlets.map(({ label }) => label)).toEqual(["Node1", "Node2"]);
    await pdu.command("Node2", "off");
    expect([mock.isOn(0), mock.isOn(1)]).toEqual([true, false]);
    const one = await open({ system: "Node2" });
    expect(await one.read()).toMatchObject({
      serial: UUID.replace(/1$/, "2"),
      outlets: [{ state: "off" }],
    });
    expect((await failureOf(one.readOutlet("Node1"))).code).toBe("OUTLET_UNKNOWN");
    const none = await open({ system: "Node3" });
    expect(await failureOf(none.read())).toMatchObject({
      code: "OUTLET_UNKNOWN",
      message: expect.stringContaining("it has Node1, Node2"),
    });
  });

  test("two systems whose paths end alike are two outlets, by all of their paths", async () => {
    const { mock, pdu, open } = await setUp({ ids: ["Blade1/1", "Blade2/1", "3"] });
    const labels = (await pdu.read()).outlets.map(({ label }) => label);
    expect(labels).toEqual(["Systems/Blade1/1", "Systems/Blade2/1", "3"]);
    await pdu.command("Systems/Blade1/1", "off");
    expect([mock.isOn(0), mock.isOn(1)]).toEqual([false, true]);
    expect(await failureOf(pdu.readOutlet("1"))).toMatchObject({
      code: "OUTLET_UNKNOWN",
      hint: "It has Systems/Blade1/1, Systems/Blade2/1, 3",
    });
    const one = await open({ system: "Systems/Blade2/1" });
    expect(await one.read()).toMatchObject({ outlets: [{ state: "on" }] });
  });

  test("a serial number without the system that it is of is refused: nothing would be compared", async () => {
    const { mock, open } = await setUp({ ids: ["Node1", "Node2"] });
    const pdu = await open({ serial: UUID });
    expect(await failureOf(pdu.read())).toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining("it has 2 systems"),
      hint: "Say system: Node1, or another of Node1, Node2",
    });
    expect((await failureOf(pdu.command("Node1", "off"))).code).toBe("CONFIG_INVALID");
    expect(mock.resets).toEqual([]);
    expect(await (await open({ serial: UUID, system: "Node1" })).read()).toMatchObject({
      serial: UUID,
    });
  });

  test("another machine in its place is refused, and nothing is sent to it", async () => {
    const { mock, pdu, open } = await setUp();
    await pdu.read();
    const [machine] = mock.machines;
    if (machine) machine.uuid = "11111111-2222-3333-4444-555555555555";
    expect((await failureOf(pdu.command("1", "off"))).code).toBe("PDU_REFUSED");
    const bound = await open({ serial: UUID });
    expect(await failureOf(bound.read())).toMatchObject({
      code: "PDU_REFUSED",
      message: expect.stringContaining('it is "11111111-2222-3333-4444-555555555555"'),
    });
    expect(mock.resets).toEqual([]);
    expect(await (await open({ serial: "CZ1" })).read()).toMatchObject({ family: "redfish" });
  });
});

test.each([
  ["mute", { mute: true }, "PDU_SILENT"],
  ["cut off", { cuts: true }, "PDU_SILENT"],
  ["without an end", { endless: true }, "PDU_SILENT"],
  ["a web page", { instead: { body: "<html>Login</html>" } }, "PDU_UNKNOWN"],
  ["HTTP 500", { instead: { status: 500, body: "oops" } }, "PDU_SILENT"],
  [
    "a way to elsewhere",
    { instead: { status: 302, headers: { location: "https://evil.example/" } } },
    "PDU_UNKNOWN",
  ],
] as const)("an answer that is %s: $2", async (_name, faults, code) => {
  const { mock, pdu } = await setUp({ options: { timeout: "500ms" } });
  Object.assign(mock.http.faults, faults);
  expect((await failureOf(pdu.read())).code).toBe(code);
});

test("a resource that is none, once it is in use, is PDU_SILENT and never off", async () => {
  const { mock, pdu } = await setUp();
  await pdu.read();
  for (const body of ["", "<html>", '{"PowerState":"Of', "[]", "null"]) {
    mock.http.faults.instead = { body };
    const read = await pdu.readOutlet("1").catch((error: unknown) => error);
    if (read instanceof Error) expect(read).toMatchObject({ code: "PDU_SILENT" });
    else expect(read).toMatchObject({ state: "unknown" });
  }
});
