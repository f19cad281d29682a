import { afterEach, beforeEach, expect, test } from "vitest";
import nut from "../../../drivers/power/nut.ts";
import { readOptions } from "../../../src/config/option-values.ts";
import type { Pdu } from "../../../src/sdk/power.ts";
import { failureOf } from "../console/socket-suite.ts";
import { contextWith } from "./context.ts";
import { LineServer } from "./line-server.ts";

let server: LineServer;
let port: number;
let variables: Record<string, string>;
let commands: string[];
let answers: Record<string, string>;

const list = (kind: string, lines: readonly string[]) =>
  [`BEGIN LIST ${kind} pdu1`, ...lines, `END LIST ${kind} pdu1`, ""].join("\n");

/** As upsd 2.8.0 answers. */
function upsd(line: string): string {
  const vars = Object.entries(variables).map(([name, value]) => `VAR pdu1 ${name} "${value}"`);
  const said: Record<string, string> = {
    "LIST VAR pdu1": list("VAR", vars),
    "LIST CMD pdu1": list(
      "CMD",
      commands.map((name) => `CMD pdu1 ${name}`),
    ),
    "SET TRACKING ON": "OK\n",
    "INSTCMD pdu1 outlet.1.load.off": "OK TRACKING 12-AB\n",
    "GET TRACKING 12-AB": "SUCCESS\n",
    ...answers,
  };
  return said[line] ?? (/^(?:USERNAME|PASSWORD) /.test(line) ? "OK\n" : "ERR UNKNOWN-COMMAND\n");
}

beforeEach(async () => {
  server = new LineServer();
  server.answer = upsd;
  port = await server.listen();
  answers = {};
  commands = ["outlet.1.load.off", "outlet.1.load.on", "outlet.2.load.off", "outlet.2.load.on"];
  variables = {
    "device.model": "PDU8",
    "device.serial": "4711",
    "driver.name": "dummy-ups",
    "driver.parameter.pollinterval": "15",
    "driver.parameter.pollfreq": "30",
    "outlet.1.desc": "web 1",
    "outlet.1.status": "on",
    "outlet.1.current": "1.20",
    "outlet.2.status": "off",
  };
});
afterEach(() => server.close());

function open(more: Record<string, unknown> = {}): Promise<Pdu> {
  const raw = { host: "127.0.0.1", port, ups: "pdu1", user: "admin", password: "secret:nut" };
  const { values, problems } = readOptions(nut.options, { ...raw, ...more });
  expect(problems).toEqual([]);
  return Promise.resolve(nut.open(values, contextWith({ nut: 'pw "of" nut' })));
}

test("reads outlets with name, load, serial number, and how old they may be", async () => {
  const pdu = await open();
  const reading = await pdu.read();
  expect(reading).toMatchObject({ family: "nut", model: "PDU8", serial: "4711" });
  expect(reading.outlets).toEqual([
    {
      ...{ instance: "outlet.1", label: "1", name: "web 1", state: "on", pending: false },
      ...{ amps: 1.2, delays: { on: 30_000, off: 30_000 }, age: 30_000 },
    },
    {
      ...{ instance: "outlet.2", label: "2", state: "off", pending: false },
      ...{ delays: { on: 30_000, off: 30_000 }, age: 30_000 },
    },
  ]);
  expect(await pdu.readOutlet("outlet.1")).toMatchObject({ serial: "4711", state: "on" });
  expect((await failureOf(pdu.readOutlet("outlet.9"))).code).toBe("OUTLET_UNKNOWN");
});

test("outlet.0 is all outlets of the device, and none of them", async () => {
  variables["outlet.0.status"] = "on";
  variables["device.2.outlet.0.status"] = "on";
  commands.push("outlet.0.load.off", "outlet.0.load.on");
  answers["INSTCMD pdu1 outlet.0.load.off"] = "OK\n";
  const pdu = await open();
  expect((await pdu.read()).outlets.map(({ instance }) => instance)).toEqual([
    "outlet.1",
    "outlet.2",
  ]);
  expect((await failureOf(pdu.readOutlet("outlet.0"))).code).toBe("OUTLET_UNKNOWN");
  expect((await failureOf(pdu.command("outlet.0", "off"))).code).toBe("PDU_REFUSED");
  expect(server.asked).not.toContain("INSTCMD pdu1 outlet.0.load.off");
});

test("a chain has units, and an option says how old data may be", async () => {
  variables = { "device.2.outlet.3.status": "on", "driver.name": "dummy-ups" };
  const [outlet] = (await (await open()).read()).outlets;
  expect(outlet).toMatchObject({
    ...{ instance: "device.2.outlet.3", label: "2.3", delays: { off: 2000 } },
    refuses: 'not switchable: its driver has no "load.on" for it',
  });
  const [own] = (await (await open({ poll: "500ms" })).read()).outlets;
  expect(own?.delays).toEqual({ on: 500, off: 500 });
});

test("what a driver remembers for longer than it says is unknown, unless the entry says how long", async () => {
  variables["driver.name"] = "snmp-ups";
  for (const [outlet, said] of [
    ["outlet.1", "on"],
    ["outlet.2", "off"],
  ] as const) {
    expect(await (await open()).readOutlet(outlet)).toMatchObject({
      state: "unknown",
      note: `upsd says "${said}", which snmp-ups may have read minutes ago: see poll`,
    });
    const told = await (await open({ poll: "2m" })).readOutlet(outlet);
    expect(told).toMatchObject({ state: said, delays: { on: 120_000, off: 120_000 } });
  }
});

test.each(["ON", "yes", "offline", "", "unknown"])("status %j is unknown", async (word) => {
  variables["outlet.1.status"] = word;
  expect(await (await open()).readOutlet("outlet.1")).toMatchObject({
    state: "unknown",
    note: `upsd says "${word}"`,
  });
});

test("logs in, orders once and waits until the driver says so", async () => {
  answers["GET TRACKING 12-AB"] = "PENDING\n";
  let looks = 0;
  server.answer = (line) => (line.startsWith("GET") && ++looks > 2 ? "SUCCESS\n" : upsd(line));
  await (await open()).command("outlet.1", "off");
  expect(server.asked.slice(0, 4)).toEqual([
    "USERNAME admin",
    'PASSWORD "pw \\"of\\" nut"',
    "SET TRACKING ON",
    "INSTCMD pdu1 outlet.1.load.off",
  ]);
  expect(looks).toBe(3);
});

test.each([
  ["SET TRACKING ON", "ERR FEATURE-NOT-SUPPORTED\n"],
  ["INSTCMD pdu1 outlet.1.load.off", "OK\n"],
])("an older upsd that answers %s with %j is taken at its OK", async (line, said) => {
  answers = { "INSTCMD pdu1 outlet.1.load.off": "OK\n", [line]: said };
  await (await open()).command("outlet.1", "off");
});

test.each([
  ["INSTCMD pdu1 outlet.1.load.off", "ERR ACCESS-DENIED", "LOGIN_REFUSED"],
  ["INSTCMD pdu1 outlet.1.load.off", "ERR CMD-NOT-SUPPORTED", "PDU_REFUSED"],
  ["INSTCMD pdu1 outlet.1.load.off", "ERR DRIVER-NOT-CONNECTED", "PDU_SILENT"],
  // The driver may have sent it and got no answer.
  ["GET TRACKING 12-AB", "ERR FAILED", "PDU_SILENT"],
  ["GET TRACKING 12-AB", "ERR UNKNOWN", "PDU_SILENT"],
  ["GET TRACKING 12-AB", "PENDING", "PDU_SILENT"],
  ["GET TRACKING 12-AB", 'VAR "', "PDU_UNKNOWN"],
] as const)("%s answered by %s is %s, and no secret is told", async (line, said, code) => {
  answers[line] = `${said}\n`;
  const failure = await failureOf((await open({ timeout: "700ms" })).command("outlet.1", "off"));
  expect(failure.code).toBe(code);
  expect(failure.message + failure.hint).not.toContain("pw ");
  expect(server.asked.filter((one) => one.startsWith("INSTCMD"))).toHaveLength(1);
});

test.each([
  ["ERR DATA-STALE", "PDU_SILENT"],
  ["ERR DRIVER-NOT-CONNECTED", "PDU_SILENT"],
  ["ERR UNKNOWN-UPS", "PDU_UNKNOWN"],
  ["ERR ACCESS-DENIED", "LOGIN_REFUSED"],
] as const)("a list that is %s is %s", async (said, code) => {
  answers["LIST VAR pdu1"] = `${said}\n`;
  expect((await failureOf((await open()).readOutlet("outlet.1"))).code).toBe(code);
});

test("a driver that waits for its device has no states, and a list that breaks off neither", async () => {
  variables["ups.status"] = "WAIT";
  expect((await failureOf((await open()).read())).code).toBe("PDU_SILENT");
  answers["LIST VAR pdu1"] = 'BEGIN LIST VAR pdu1\nVAR pdu1 outlet.1.status "off"\n';
  expect((await failureOf((await open({ timeout: "300ms" })).read())).code).toBe("PDU_SILENT");
});

test.each(["x", "ERR ACCESS-DENIED\n"])(
  "what stands in clear text behind the agreement on TLS is taken for no answer: %j",
  async (more) => {
    answers.STARTTLS = `OK STARTTLS\n${more}`;
    expect(await failureOf((await open({ tls: true })).command("outlet.1", "off"))).toMatchObject({
      code: "PDU_SILENT",
      message: expect.stringContaining("it said more than that in clear text"),
    });
  },
);

test("a server without TLS gets no password where TLS was asked for", async () => {
  answers.STARTTLS = "ERR FEATURE-NOT-CONFIGURED\n";
  const pdu = await open({ tls: true });
  expect(await failureOf(pdu.command("outlet.1", "off"))).toMatchObject({
    code: "LOGIN_REFUSED",
    message: expect.stringContaining("FEATURE-NOT-CONFIGURED"),
  });
  expect(server.asked).toEqual(["STARTTLS"]);
});

test("only outlets are ordered, and only on and off", async () => {
  const pdu = await open();
  expect((await failureOf(pdu.command("outlet.1.load.on\nSET", "off"))).code).toBe("PDU_REFUSED");
  expect((await failureOf(pdu.command("outlet.1", "reset"))).code).toBe("PDU_REFUSED");
  expect(server.asked).toEqual([]);
});

test("check() wants consent to a password in clear text, and sound names", () => {
  const faults = (raw: Record<string, unknown>) =>
    nut.check?.(readOptions(nut.options, { ups: "pdu1", ...raw }).values).map((one) => one.option);
  const far = { host: "10.9.0.5", password: "secret:nut" };
  expect(faults(far)).toEqual(["password"]);
  expect(faults({ ...far, insecure: true })).toEqual([]);
  expect(faults({ ...far, tls: true })).toEqual([]);
  expect(faults({ host: "10.9.0.5" })).toEqual([]);
  expect(faults({ host: "h", ups: "a b" })).toEqual(["ups"]);
  expect(faults({ host: "h", tls: true, pin: "sha256:" })).toEqual(["pin"]);
  expect(faults({ host: "h", pin: `sha256:${"a".repeat(64)}` })).toEqual(["pin"]);
});
