import { spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import qemu from "../../drivers/power/qemu.ts";
import { readOptions } from "../../src/config/option-values.ts";
import { Power } from "../../src/core/power/power.ts";
import type { PowerVerb } from "../../src/core/site/site.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { Disk, hostWith } from "../core/power/power-sim.ts";
import { contextWith } from "../drivers/power/context.ts";

const folder = mkdtempSync(join(tmpdir(), "oob-qemu-"));
const path = join(folder, "qmp.sock");
let machine: ReturnType<typeof spawn>;
let orders = 0;

beforeAll(async () => {
  machine = spawn(
    "qemu-system-x86_64",
    [
      ...["-machine", "pc,accel=tcg", "-m", "64", "-display", "none", "-nodefaults"],
      ...["-name", "web1", "-uuid", "6f2ad7d1-3f0b-4f8c-9d5e-0a1b2c3d4e5f", "-no-shutdown"],
      ...["-qmp", `unix:${path},server=on,wait=off`],
    ],
    { stdio: "inherit" },
  );
  for (let tries = 0; tries < 100; tries++) {
    const power = await open("3s")
      .read()
      .catch(() => undefined);
    if (power) return;
    await systemClock.sleep(100);
  }
  throw new Error("QEMU did not come up");
});

afterAll(() => {
  machine?.kill("SIGKILL");
});

function open(timeout: string, more: Record<string, unknown> = {}) {
  const { values } = readOptions(qemu.options, { path, timeout, ...more });
  const pdu = qemu.open(values, contextWith());
  return { read: async () => (await pdu).read(), pdu };
}

const host = { ...hostWith("vm/1"), offFor: 300 };

function start(more: Record<string, unknown> = {}) {
  return new Power({
    pdus: new Map([["vm", { driver: "qemu", options: {} }]]),
    open: () => open("2s", more).pdu,
    audit: new Disk().open({ dead: false }, systemClock),
    clock: systemClock,
    onFor: 5000,
  });
}

async function act(verb: PowerVerb) {
  const order = { id: `q${orders++}`, by: "e2e", reason: "test" };
  return start().switchHost(host, verb, order);
}

test("the machine is read with its name and UUID", async () => {
  expect(await open("2s").read()).toMatchObject({
    family: "qemu",
    serial: "6f2ad7d1-3f0b-4f8c-9d5e-0a1b2c3d4e5f",
    outlets: [{ instance: "machine", name: "web1", state: "on" }],
  });
});

test("off, on and cycle are done and read back", async () => {
  expect(await act("off")).toMatchObject({ result: "done", power: "off" });
  expect(await open("2s").read()).toMatchObject({
    outlets: [{ state: "off", note: 'QEMU says "prelaunch"' }],
  });
  expect(await act("on")).toMatchObject({ result: "done", power: "on" });
  expect(await act("cycle")).toMatchObject({ result: "done", power: "on" });
});

test("reset and nmi are done, and leave it on", async () => {
  expect(await act("reset")).toMatchObject({ result: "done", power: "on" });
  expect(await act("nmi")).toMatchObject({ result: "done", power: "on" });
});

test("a machine whose process is gone is unknown, and off only where that is configured", async () => {
  const ended = new Promise((resolve) => machine.once("exit", resolve));
  machine.kill("SIGKILL");
  await ended;
  const unknown = await start().readHost(host);
  expect(unknown).toMatchObject({ power: "unknown", outlets: [{ id: "vm/1", state: "unknown" }] });
  expect(await start({ absent: "off" }).readHost(host)).toMatchObject({ power: "off" });
  expect(await act("cycle")).toMatchObject({ result: "failed", error: { code: "PDU_SILENT" } });
});
