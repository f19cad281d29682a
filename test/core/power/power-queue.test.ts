import { expect, test } from "vitest";
import { PduQueue } from "../../../src/core/power/power-queue.ts";
import { ManualClock } from "../../../src/lib/clock.ts";
import { OobError } from "../../../src/lib/errors.ts";
import type { Pdu } from "../../../src/sdk/power.ts";

/** A device that says when it is opened and left. */
function device(clock: ManualClock, leaving = 2000, opening = 0) {
  const told: string[] = [];
  const open = async (): Promise<Pdu> => {
    told.push("open");
    if (opening > 0) await clock.sleep(opening);
    return {
      label: "pdu1",
      commands: [],
      settle: 0,
      read: () => Promise.resolve({ family: "x", outlets: [] }),
      readOutlet: () => Promise.reject(new Error("no outlets")),
      command: () => Promise.reject(new Error("no commands")),
      async close() {
        told.push("leaves");
        if (leaving > 0) await clock.sleep(leaving);
        told.push("left");
      },
    };
  };
  return { told, open };
}

test("PduQueue leaves a device behind others a minute after the last request, and opens it again when it is left", async () => {
  const clock = new ManualClock();
  const { told, open } = device(clock);
  const queue = new PduQueue("pdu1", open, clock, true);
  await queue.read();
  await clock.advance(50_000);
  await queue.read();
  await clock.advance(59_000);
  expect(told).toEqual(["open"]);
  await clock.advance(1500);
  expect(told).toEqual(["open", "leaves"]);
  const again = queue.read();
  await clock.advance(1000);
  expect(told).toEqual(["open", "leaves"]);
  await clock.advance(1000);
  await again;
  expect(told).toEqual(["open", "leaves", "left", "open"]);
});

test("PduQueue does not wait for ever for a device that does not close", async () => {
  const clock = new ManualClock();
  const { told, open } = device(clock, 3_600_000);
  const queue = new PduQueue("pdu1", open, clock, true);
  await queue.read();
  await clock.advance(60_000);
  const again = queue.read();
  await clock.advance(6000);
  await again;
  expect(told).toEqual(["open", "leaves", "open"]);
});

test("PduQueue gives a device behind others the time of a call, and keeps others open", async () => {
  const clock = new ManualClock();
  const far = device(clock, 0, 90_000);
  const near = device(clock, 0, 90_000);
  const answers = [true, false].map((slow) => {
    const { open } = slow ? far : near;
    return new PduQueue("pdu1", open, clock, slow).read().then(
      () => "read",
      ({ code }: { code: string }) => code,
    );
  });
  await clock.advance(100_000);
  expect(await Promise.all(answers)).toEqual(["read", "PDU_SILENT"]);
  const idle = device(clock);
  const queue = new PduQueue("pdu1", idle.open, clock);
  await queue.read();
  await clock.advance(600_000);
  expect(idle.told).toEqual(["open"]);
});

test("PduQueue tells which PDU of the configuration it is where a device knows its address alone", async () => {
  const saying = (message: string, name = "pdu-a") => {
    const error = new OobError("PDU_SILENT", message, { hint: "look" });
    const open = () => Promise.reject(error);
    return new PduQueue(name, open, new ManualClock(), false, "10.9.0.21").read();
  };
  await expect(saying("Cannot read 10.9.0.21:161: no answer")).rejects.toMatchObject({
    ...{ code: "PDU_SILENT", hint: "look" },
    message: "Cannot read pdu-a (10.9.0.21:161): no answer",
  });
  const told = ["Cannot read x: no answer", "Cannot read pdu-a at 10.9.0.21: no answer"];
  for (const message of told) await expect(saying(message)).rejects.toMatchObject({ message });
});

/** A device whose readings take two requests of a second each; between them it looks whether somebody waits. */
function slowDevice(clock: ManualClock) {
  const told: string[] = [];
  const request = async (what: string) => {
    await clock.sleep(1000);
    told.push(what);
  };
  const open = (): Promise<Pdu> =>
    Promise.resolve({
      label: "pdu1",
      commands: ["off"],
      settle: 0,
      async read(yields?: AbortSignal) {
        await request("half");
        yields?.throwIfAborted();
        await request("whole");
        return { family: "x", outlets: [] };
      },
      readOutlet: () => Promise.reject(new Error("no outlets")),
      command: () => request("off"),
      close: () => Promise.resolve(),
    });
  return { told, open };
}

test("readUnhurried() gives way after the request under way to whoever comes", async () => {
  const clock = new ManualClock();
  const { told, open } = slowDevice(clock);
  const queue = new PduQueue("pdu1", open, clock);
  const unhurried = queue.readUnhurried();
  await clock.advance(500);
  const off = queue.run((pdu) => pdu.command("1", "off"));
  await clock.advance(1500);
  await off;
  expect(told).toEqual(["half", "off"]);
  expect(await unhurried).toBeUndefined();
});

test("readUnhurried() reads where nobody waits, asks nothing where somebody does, and tells what fails", async () => {
  const clock = new ManualClock();
  const { told, open } = slowDevice(clock);
  const queue = new PduQueue("pdu1", open, clock);
  const alone = queue.readUnhurried();
  await clock.advance(2000);
  expect(await alone).toEqual({ family: "x", outlets: [] });
  const off = queue.run((pdu) => pdu.command("1", "off"));
  expect(await queue.readUnhurried()).toBeUndefined();
  await clock.advance(1000);
  await off;
  expect(told).toEqual(["half", "whole", "off"]);
  const dead = new PduQueue("pdu1", () => Promise.reject(new Error("dead")), clock);
  await expect(dead.readUnhurried()).rejects.toThrow("dead");
});
