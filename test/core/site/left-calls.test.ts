import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { bareConfig, bareHost } from "../../../src/config/bare-config.ts";
import type { DeviceEntry } from "../../../src/config/site-config.ts";
import { CallLog } from "../../../src/core/site/call-log.ts";
import { endLeftCalls } from "../../../src/core/site/left-calls.ts";
import { ManualClock } from "../../../src/lib/clock.ts";
import { minutes, seconds } from "../../../src/lib/durations.ts";
import { OobError } from "../../../src/lib/errors.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const modem: DeviceEntry = { driver: "modem", options: { number: "1" } };

/** A process was killed in a call of this host or PDU; `ask` is what the modem does now. */
function start(called: string, ask: (entry: DeviceEntry) => Promise<readonly string[]>) {
  const state = mkdtempSync(join(tmpdir(), "oob-left-"));
  folders.push(state);
  const clock = new ManualClock(1_795_000_000_000);
  const noted: string[] = [];
  const audit = {
    note: (event: { type: string; text: string }) => {
      noted.push(event.text);
      return { ...event, seq: 1, at: 0, by: "oob" };
    },
  };
  const line = { is: "begin", id: "a", host: called, number: "1", at: clock.now() };
  if (called !== "") appendFileSync(join(state, "calls.jsonl"), `${JSON.stringify(line)}\n`);
  const calls = new CallLog(state, clock, audit);
  const far = bareHost("far1", { ...modem, onDemand: { hangupAfter: minutes(5) } });
  const config = {
    ...bareConfig({}),
    hosts: new Map([["far1", far]]),
    pdus: new Map([["pdu1", { driver: "snmp", options: {}, via: modem }]]),
  };
  const devices = { claim: async () => ({ release: async () => {} }), ask };
  const stop = new AbortController();
  const begin = () => endLeftCalls({ calls, config, devices, audit, clock, signal: stop.signal });
  return { begin, stop, state, clock, noted, calls };
}

const settle = async (clock: ManualClock, time: number) => {
  for (let gone = 0; gone < time; gone += 100) {
    await clock.advance(100);
    await new Promise((resolve) => setImmediate(resolve));
  }
};

test("a line that cannot be hung up at the first try is tried until it is, and told of once", async () => {
  let tries = 0;
  const { begin, clock, noted, calls } = start("far1", async () => {
    tries++;
    if (tries < 4) throw new OobError("PORT_BUSY", "the port is busy");
    return [];
  });
  const done = begin();
  await settle(clock, seconds(5));
  await done;
  expect(tries).toBe(4);
  expect(noted).toEqual([
    "the line to 1 may still be open since a process was killed, it is tried again: the port is busy",
    "the call of 1 that a killed process had left open is hung up",
  ]);
  expect(calls.all()[0]?.outcome).toBe("hung-up");
});

test("tries end with the process", async () => {
  const { begin, stop, clock, noted } = start("far1", () => Promise.reject(new Error("no modem")));
  const done = begin();
  await settle(clock, minutes(3));
  stop.abort();
  await done;
  expect(noted).toHaveLength(1);
});

test("the way to a PDU is hung up too", async () => {
  const asked: DeviceEntry[] = [];
  const { begin, calls } = start("pdu1", async (entry) => {
    asked.push(entry);
    return [];
  });
  await begin();
  expect(asked).toEqual([modem]);
  expect(calls.all()[0]?.outcome).toBe("hung-up");
});

test("calls that cannot be read end no process", async () => {
  const { begin, state, noted } = start("", async () => []);
  mkdirSync(join(state, "calls.jsonl"));
  await begin();
  expect(noted).toEqual([expect.stringContaining("Cannot read the calls")]);
});
