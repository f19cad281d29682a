import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { DeviceEntry } from "../../../src/config/site-config.ts";
import { Registry } from "../../../src/core/registry/registry.ts";
import { SiteDevices } from "../../../src/core/site/site-devices.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import { OobError } from "../../../src/lib/errors.ts";

let locks: string;
beforeEach(async () => {
  locks = await mkdtemp(join(tmpdir(), "oob-shared-"));
});
afterEach(() => rm(locks, { recursive: true }));

const devices = () =>
  new SiteDevices({
    registry: new Registry(),
    secrets: () => Promise.reject(new Error("none")),
    clock: systemClock,
    locks,
    who: "test",
  });

const menu = (port: string, via?: DeviceEntry): DeviceEntry => ({
  driver: "menu",
  options: { profile: "mrv-lx", port, ...(via ? {} : { host: "cs1", "tcp-port": 23 }) },
  ...(via ? { via } : {}),
});
const telnet: DeviceEntry = { driver: "telnet", options: { host: "cs1", port: 23 } };
const serial: DeviceEntry = { driver: "serial", options: { path: "/dev/ttyUSB9" } };

/** Whether two entries may be open at once. */
async function both(one: DeviceEntry, other: DeviceEntry): Promise<boolean> {
  const first = await devices().claim(one);
  try {
    await (await devices().claim(other)).release();
    return true;
  } catch (thrown) {
    if (thrown instanceof OobError && thrown.code === "PORT_BUSY") return false;
    throw thrown;
  } finally {
    await first.release();
  }
}

test("claim(): two ports of one menu server are open at once, the same port is not", async () => {
  expect(await both(menu("1"), menu("2"))).toBe(true);
  expect(await both(menu("1"), menu("1"))).toBe(false);
  expect(await both(menu("1", telnet), menu("2", telnet))).toBe(true);
  expect(await both(menu("1", telnet), menu("1", telnet))).toBe(false);
});

test("claim(): a serial line to the menu, or a port of another server before it, is one console's alone", async () => {
  expect(await both(menu("1", serial), menu("2", serial))).toBe(false);
  const outer = menu("9", telnet);
  expect(await both(menu("1", outer), menu("2", outer))).toBe(false);
  expect(await both(menu("1", outer), menu("1", menu("8", telnet)))).toBe(true);
});
