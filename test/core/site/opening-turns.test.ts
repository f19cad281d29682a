import { expect, it } from "vitest";
import type { DeviceEntry } from "../../../src/config/site-config.ts";
import { Registry } from "../../../src/core/registry/registry.ts";
import { OpeningTurns } from "../../../src/core/site/opening-turns.ts";
import { ManualClock } from "../../../src/lib/clock.ts";

/** How many of 20 consoles begin to open at once. */
async function begun(entry: DeviceEntry): Promise<number> {
  const registry = new Registry();
  for (const driver of ["tcp", "ssh", "menu"]) await registry.console(driver);
  const turns = new OpeningTurns(registry, new ManualClock());
  const request = {
    signal: new AbortController().signal,
    progress: () => undefined,
    reopening: false,
  };
  let count = 0;
  for (let i = 0; i < 20; i++) {
    const opening = turns.open(entry, request, () => {
      count++;
      return Promise.reject(new Error("refused"));
    });
    opening.catch(() => undefined);
  }
  await new Promise((resolve) => setImmediate(resolve));
  return count;
}

it("OpeningTurns lets all consoles open at once whose drivers start nothing", async () => {
  expect(await begun({ driver: "tcp", options: { host: "ts1", port: 7001 } })).toBe(20);
});

it("OpeningTurns gives turns to programs, also where something goes through them", async () => {
  const ssh = { driver: "ssh", options: { host: "ts1" } };
  expect(await begun(ssh)).toBe(8);
  expect(await begun({ driver: "menu", options: {}, via: ssh })).toBe(8);
});
