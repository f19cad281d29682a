import { mkdtempSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, expect, test } from "vitest";
import qemu from "../../../drivers/power/qemu.ts";
import { readOptions } from "../../../src/config/option-values.ts";
import type { Pdu } from "../../../src/sdk/power.ts";
import { contextWith } from "./context.ts";

const folder = mkdtempSync(join(tmpdir(), "oob-qmp-"));
let server: Server | undefined;
let made = 0;

afterEach(() => {
  server?.close();
  server = undefined;
});

/** A QMP socket that answers with what `answer` returns; undefined: no answer. */
async function machine(answer: (command: string) => object | undefined): Promise<string> {
  const path = join(folder, `${made++}.sock`);
  const serve = (socket: Socket) => {
    const say = (message: object) => socket.write(`${JSON.stringify(message)}\r\n`);
    socket.on("error", () => undefined);
    say({ QMP: { version: { qemu: { major: 7, minor: 2, micro: 0 } }, capabilities: [] } });
    createInterface(socket).on("line", (line) => {
      const { execute, id } = JSON.parse(line);
      say({ event: "RTC_CHANGE", data: { offset: 1 } });
      const reply = execute === "qmp_capabilities" ? { return: {} } : answer(execute);
      if (reply) say({ ...reply, id });
    });
  };
  server = createServer(serve);
  await new Promise<void>((resolve) => server?.listen(path, resolve));
  return path;
}

function open(raw: Record<string, unknown>): Promise<Pdu> {
  return Promise.resolve(qemu.open(readOptions(qemu.options, raw).values, contextWith()));
}

const status = (is: string) => (command: string) => {
  if (command === "query-status") return { return: { status: is, running: is === "running" } };
  if (command === "query-name") return { return: { name: "web1" } };
  if (command === "query-uuid") return { return: { UUID: "00000000-0000-0000-0000-000000000000" } };
  return { return: {} };
};

test.each([
  ["running", "on"],
  ["paused", "on"],
  ["guest-panicked", "on"],
  ["prelaunch", "off"],
  ["shutdown", "off"],
  ["postmigrate", "unknown"],
  ["constructor", "unknown"],
] as const)("a machine that is %s reads %s", async (is, state) => {
  const pdu = await open({ path: await machine(status(is)) });
  expect((await pdu.read()).outlets).toMatchObject([{ instance: "machine", name: "web1", state }]);
});

test("off stops and resets; on after a shutdown resets first", async () => {
  const asked: string[] = [];
  let is = "running";
  const path = await machine((command) => {
    asked.push(command);
    return status(is)(command);
  });
  const pdu = await open({ path });
  await pdu.command("machine", "off");
  is = "shutdown";
  await pdu.command("machine", "on");
  expect(asked).toEqual(["stop", "system_reset", "query-status", "system_reset", "cont"]);
});

test("a command that QEMU refuses is PDU_REFUSED with its words", async () => {
  const path = await machine(() => ({ error: { class: "GenericError", desc: "not now" } }));
  await expect((await open({ path })).command("machine", "soft")).rejects.toMatchObject({
    code: "PDU_REFUSED",
    message: expect.stringContaining("not now"),
  });
});

test("a machine that does not answer is silent, not off", async () => {
  const path = await machine(() => undefined);
  await expect((await open({ path, timeout: "100ms" })).read()).rejects.toMatchObject({
    code: "PDU_SILENT",
    hint: expect.stringContaining("one client at a time"),
  });
});

test("a socket that is gone is unknown, and off only where the configuration says so", async () => {
  const path = join(folder, "nobody.sock");
  await expect(
    (await open({ path, absent: "off", timeout: "100ms" })).command("machine", "on"),
  ).rejects.toMatchObject({
    code: "PDU_SILENT",
  });
  await expect((await open({ path })).read()).rejects.toMatchObject({ code: "PDU_SILENT" });
  const [outlet] = (await (await open({ path, absent: "off" })).read()).outlets;
  expect(outlet).toMatchObject({ state: "off", refuses: expect.stringContaining("start QEMU") });
});

test("open() wants a path, or host and port", () => {
  expect(() => qemu.open({ host: "h" }, contextWith())).toThrowError(/either a path/);
});
