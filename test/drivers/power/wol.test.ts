import { createSocket } from "node:dgram";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import wol from "../../../drivers/power/wol.ts";
import { readOptions } from "../../../src/config/option-values.ts";
import { Power } from "../../../src/core/power/power.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import type { Pdu } from "../../../src/sdk/power.ts";
import { Disk, hostWith } from "../../core/power/power-sim.ts";
import { failureOf, Peer } from "../console/socket-suite.ts";
import { contextWith } from "./context.ts";

const MAC = "00:25:90:1b:2c:3d";
const ADDRESS = [0x00, 0x25, 0x90, 0x1b, 0x2c, 0x3d];
const MAGIC = [255, 255, 255, 255, 255, 255, ...Array.from({ length: 16 }, () => ADDRESS).flat()];

let network: ReturnType<typeof createSocket>;
let got: number[][];

beforeEach(async () => {
  got = [];
  network = createSocket("udp4");
  network.on("message", (packet) => got.push([...packet]));
  network.bind(0, "127.0.0.1");
  await once(network, "listening");
});
afterEach(() => network.close());

function open(more: Record<string, unknown> = {}, secret = ""): Promise<Pdu> {
  const { values, problems } = readOptions(wol.options, {
    ...{ machines: [`web1=${MAC}`], to: "127.0.0.1", port: network.address().port },
    ...more,
  });
  expect(problems).toEqual([]);
  return wol.open(values, contextWith({ wol: secret }));
}

let orders = 0;
function switchOn(pdu: () => Promise<Pdu>, verb: "on" | "off" | "cycle" = "on") {
  const power = new Power({
    pdus: new Map([["lan", { driver: "wol", options: {} }]]),
    open: pdu,
    audit: new Disk().open({ dead: false }, systemClock),
    clock: systemClock,
  });
  return power.switchHost(hostWith("lan/web1"), verb, { id: `w${orders++}`, by: "t", reason: "t" });
}

test("sends one magic packet of 102 bytes", async () => {
  const came = once(network, "message");
  await (await open()).command("web1", "on");
  await came;
  expect(got).toEqual([MAGIC]);
});

test.each([
  ["00:11:22:33:44:55\n", [0, 0x11, 0x22, 0x33, 0x44, 0x55]],
  ["192.168.1.1", [192, 168, 1, 1]],
])("puts the SecureOn password %j behind it", async (secret, bytes) => {
  const came = once(network, "message");
  await (await open({ password: "secret:wol" }, secret)).command("web1", "on");
  await came;
  expect(got).toEqual([[...MAGIC, ...bytes]]);
});

test("a password that is none is not sent, nor told", async () => {
  const pdu = await open({ password: "secret:wol" }, "300.1.1.1");
  const failure = await failureOf(pdu.command("web1", "on"));
  expect(failure.code).toBe("CONFIG_INVALID");
  expect(failure.message + failure.hint).not.toContain("300");
  expect(got).toEqual([]);
});

test("on goes out once and is never called done: nothing can be read", async () => {
  const report = await switchOn(() => open());
  expect(report).toMatchObject({
    result: "unknown",
    power: "unknown",
    error: {
      code: "POWER_UNKNOWN",
      message: expect.stringContaining("Wake-on-LAN cannot read whether the machine woke"),
    },
  });
  expect(got).toEqual([MAGIC]);
});

test.each(["off", "cycle"] as const)("%s is refused before anything is sent", async (verb) => {
  expect(await switchOn(() => open(), verb)).toMatchObject({ result: "refused" });
  expect((await failureOf((await open()).command("web1", "off"))).code).toBe("PDU_REFUSED");
  expect(got).toEqual([]);
});

test("a port of the machine that takes a connection is the second source: then on is done", async () => {
  // An address of its own: nothing else on this machine takes the port while nobody listens there.
  const host = "127.77.0.1";
  const machine = new Peer();
  const spare = new Peer();
  await new Promise<void>((resolve) => spare.server.listen(0, host, resolve));
  const { port } = spare.server.address() as AddressInfo;
  await spare.close();
  const options = { answers: [`web1=${host}:${port}`], boot: "20s" };
  expect(await (await open(options)).readOutlet("web1")).toMatchObject({
    state: "unknown",
    note: expect.stringContaining(`${host}:${port} takes no connection`),
  });
  // It wakes at the packet.
  network.once("message", () => void machine.server.listen(port, host));
  expect(await switchOn(() => open(options))).toMatchObject({ result: "done", power: "on" });
  expect(got).toEqual([MAGIC]);
  expect(await switchOn(() => open(options))).toMatchObject({ result: "done" });
  expect(got).toHaveLength(1);
  await machine.close();
  expect(await (await open(options)).readOutlet("web1")).toMatchObject({ state: "unknown" });
});

test.each([
  [{ machines: [] }, "machines"],
  [{ machines: ["web1"] }, "machines"],
  [{ machines: ["web1=00:25:90:1b:2c"] }, "machines"],
  [{ machines: [`web1=${MAC}`, `web1=${MAC}`] }, "machines"],
  [{ machines: [`-x=${MAC}`] }, "machines"],
  [{ answers: ["web1=10.9.0.40"] }, "answers"],
  [{ answers: ["web2=10.9.0.40:22"] }, "answers"],
])("check() refuses %j", (raw, option) => {
  const { values } = readOptions(wol.options, { machines: [`web1=${MAC}`], ...raw });
  expect(wol.check?.(values).map((fault) => fault.option)).toEqual([option]);
});
