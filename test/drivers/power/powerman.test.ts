import { afterEach, beforeEach, expect, test } from "vitest";
import powerman from "../../../drivers/power/powerman.ts";
import { readOptions } from "../../../src/config/option-values.ts";
import type { Pdu } from "../../../src/sdk/power.ts";
import { failureOf } from "../console/socket-suite.ts";
import { contextWith } from "./context.ts";
import { LineServer } from "./line-server.ts";

/** Answers of powermand 2.3.27, by what it was asked. */
const ANSWERS: Record<string, string> = {
  exprange: "105 Hostrange expansion ON\r\npowerman> ",
  status: "303 web1: on\r\n303 web2: off\r\n303 web3: unknown\r\n103 Query complete\r\npowerman> ",
  "status web1": "303 web1: on\r\n103 Query complete\r\npowerman> ",
  "off web1": "102 Command completed successfully\r\npowerman> ",
};

let server: LineServer;
let port: number;

beforeEach(async () => {
  server = new LineServer();
  server.greeting = "001 2.3.27\r\npowerman> ";
  server.answer = (line) => ANSWERS[line];
  port = await server.listen();
});
afterEach(() => server.close());

function open(timeout = "5s"): Promise<Pdu> {
  const raw = { host: "127.0.0.1", port, timeout };
  const { values, problems } = readOptions(powerman.options, raw);
  expect(problems).toEqual([]);
  return powerman.open(values, contextWith());
}

const saying = (answers: Record<string, string>) => {
  server.answer = (line) => ({ ...ANSWERS, ...answers })[line];
};

test("nodes are outlets, and unknown stays unknown", async () => {
  expect((await (await open()).read()).outlets).toEqual([
    { instance: "web1", label: "web1", state: "on", pending: false },
    { instance: "web2", label: "web2", state: "off", pending: false },
    {
      ...{ instance: "web3", label: "web3", state: "unknown", pending: false },
      note: 'powerman says "unknown"',
    },
  ]);
});

test("a command is sent once, one node a request, with ranges expanded", async () => {
  const pdu = await open();
  await pdu.command("web1", "off");
  expect(server.asked).toEqual(["exprange", "off web1"]);
  expect(await pdu.readOutlet("web1")).toMatchObject({ state: "on" });
});

test.each(["web[1-8]", "web1,web2", "web1 web2", "-h", "", "web1\r\noff web2", "@all"])(
  "%j is no name of one node, and nothing is asked",
  async (node) => {
    const pdu = await open();
    expect((await failureOf(pdu.command(node, "off"))).code).toBe("OUTLET_UNKNOWN");
    expect((await failureOf(pdu.readOutlet(node))).code).toBe("OUTLET_UNKNOWN");
    expect(server.asked).toEqual([]);
  },
);

test.each([
  ["209 No such nodes: web1", "OUTLET_UNKNOWN"],
  ["213 Command cannot be handled by power control device(s)", "PDU_REFUSED"],
  ["201 Unknown command", "PDU_REFUSED"],
  // Its device timed out in the middle: it may have happened.
  [
    "308 b: action timed out waiting for expected response\r\n210 Command completed with errors",
    "PDU_SILENT",
  ],
  ["308 b: connect timeout\r\n102 Command completed successfully", "PDU_SILENT"],
  ["204 Internal powermand error: x.c::1", "PDU_SILENT"],
] as const)("off that ends with %j is %s", async (said, code) => {
  saying({ "off web1": `${said}\r\npowerman> ` });
  expect((await failureOf((await open()).command("web1", "off"))).code).toBe(code);
});

test("a node whose device does not answer is silent; with others it is unknown, and why", async () => {
  const answers: Record<string, string> = {
    ...ANSWERS,
    status:
      "308 b: connect timeout\r\n303 web1: on\r\n303 web2: unknown\r\n211 Query completed with errors\r\n",
    "status web2":
      "308 b: connect timeout\r\n303 web2: unknown\r\n211 Query completed with errors\r\n",
  };
  const answered = (line: string) => answers[line];
  server.answer = answered;
  const pdu = await open();
  expect((await pdu.read()).outlets).toMatchObject([
    { label: "web1", state: "on" },
    { label: "web2", state: "unknown", note: 'powerman says "b: connect timeout"' },
  ]);
  const half =
    "308 b: action timed out waiting for expected response\r\n303 web1: off\r\n211 Query completed with errors\r\n";
  server.answer = (line) => (line === "status web1" ? half : answered(line));
  expect((await failureOf(pdu.readOutlet("web1"))).code).toBe("PDU_SILENT");
  expect(await failureOf(pdu.readOutlet("web2"))).toMatchObject({
    code: "PDU_SILENT",
    message: `Cannot read "web2" at powerman 127.0.0.1:${port}: it says "b: connect timeout"`,
  });
});

test.each([
  ["two states", "303 web1: off\r\n303 web1: on\r\n303 web1: off\r\n103 Query complete\r\n"],
  ["a word of its own", "303 web1: offline\r\n103 Query complete\r\n"],
  ["nothing", "103 Query complete\r\n"],
])("a reading with %s is unknown, never off", async (_what, said) => {
  saying({ "status web1": said });
  expect(await (await open()).readOutlet("web1")).toMatchObject({ state: "unknown" });
});

test.each([
  ["several nodes", "303 web1: off\r\n303 web2: off\r\n", "web1, web2"],
  ["another node", "303 web2: off\r\n", "web2"],
])("a name that is an alias of %s is no outlet", async (_what, said, means) => {
  saying({ "status web1": `${said}103 Query complete\r\n` });
  expect(await failureOf((await open()).readOutlet("web1"))).toMatchObject({
    code: "OUTLET_UNKNOWN",
    message: `Cannot use "web1" at powerman 127.0.0.1:${port}: it means ${means} there`,
  });
});

test("silence, a hang-up and an unreachable daemon are PDU_SILENT; another service is not powermand", async () => {
  saying({ "off web1": "" });
  const late = await failureOf((await open("200ms")).command("web1", "off"));
  expect(late).toMatchObject({ code: "PDU_SILENT", message: expect.stringContaining("200ms") });
  server.answer = (line) => (line === "off web1" ? { hangsUp: true } : ANSWERS[line]);
  expect(await failureOf((await open()).command("web1", "off"))).toMatchObject({
    code: "PDU_SILENT",
    message: expect.stringContaining("it hung up"),
  });
  server.greeting = "SSH-2.0-OpenSSH_9.2\r\n";
  expect((await failureOf((await open()).read())).code).toBe("PDU_UNKNOWN");
  await server.close();
  expect(await failureOf((await open()).read())).toMatchObject({
    code: "PDU_SILENT",
    message: `Cannot talk to powerman 127.0.0.1:${port}: connection refused`,
    hint: expect.stringContaining("powermand"),
  });
});

test("a daemon that says little in very many lines is left", async () => {
  saying({ status: "399 x\r\n".repeat(2000) + "x\r\n".repeat(100_000) });
  expect(await failureOf((await open()).read())).toMatchObject({
    code: "PDU_SILENT",
    message: expect.stringContaining("more than 65536 lines"),
  });
});

test("a daemon that never stops talking is left", async () => {
  const line = `303 ${"n".repeat(200)}: on\r\n`.repeat(1000);
  server.answer = (_line, socket) => {
    const pour = () => {
      while (!socket.destroyed && socket.write(line));
    };
    socket.on("drain", pour);
    pour();
    return undefined;
  };
  expect(await failureOf((await open()).read())).toMatchObject({
    code: "PDU_SILENT",
    message: expect.stringContaining("more than 8 MiB"),
  });
});
