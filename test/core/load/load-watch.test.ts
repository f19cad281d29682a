import { expect, test } from "vitest";
import { bareHost } from "../../../src/config/bare-config.ts";
import type { DeviceEntry, LoadPolicy } from "../../../src/config/site-config.ts";
import type { Draw } from "../../../src/core/load/load-book.ts";
import { LoadWatch } from "../../../src/core/load/load-watch.ts";
import { ManualClock } from "../../../src/lib/clock.ts";
import { hours, minutes, seconds } from "../../../src/lib/durations.ts";
import type { OutletReading, PduReading } from "../../../src/sdk/power.ts";

const CONSOLE: DeviceEntry = { driver: "telnet", options: {} };
const PDU: DeviceEntry = { driver: "snmp", options: {} };
const outlet = (label: string, more: Partial<OutletReading> = {}): OutletReading => ({
  instance: label,
  label,
  state: "on",
  pending: false,
  ...more,
});

interface Rig {
  readonly pdus?: Record<string, DeviceEntry>;
  readonly load?: Partial<LoadPolicy>;
  /** undefined: somebody uses the PDU. */
  readonly read?: (pdu: string) => PduReading | undefined;
  readonly append?: () => Promise<void>;
}

function rig({ pdus = { "pdu-a": PDU }, load = {}, read, append }: Rig = {}) {
  const clock = new ManualClock();
  const asked: string[] = [];
  const kept: [string, Record<string, Draw>][] = [];
  const notes: string[] = [];
  const policy: LoadPolicy = { every: minutes(1), keepDays: 14, ratings: new Map(), ...load };
  const hosts = Object.keys(pdus).map((pdu, i) => ({
    ...bareHost(`web${i + 1}`, CONSOLE),
    outlets: [
      { pdu, reference: "1" },
      { pdu, reference: "name:db" },
    ],
  }));
  const usual: PduReading = {
    family: "x",
    outlets: [outlet("1", { watts: 90 }), outlet("2", { name: "db", state: "off" }), outlet("3")],
  };
  const watch = new LoadWatch({
    pdus: new Map(Object.entries(pdus)),
    hosts: new Map(hosts.map((host) => [host.name, host])),
    load: policy,
    power: {
      async readUnhurried(pdu) {
        asked.push(pdu);
        return read === undefined ? usual : read(pdu);
      },
    },
    book: {
      async append(pdu, draws) {
        await append?.();
        kept.push([pdu, Object.fromEntries(draws)]);
      },
      pruneAll: () => Promise.resolve(),
    },
    clock,
    note: (type, text, host) => notes.push([type, host, text].filter(Boolean).join(" ")),
  });
  return { clock, asked, kept, notes, watch };
}

test("LoadWatch reads every minute, and keeps the outlets that hosts name", async () => {
  const { clock, kept, watch } = rig();
  watch.start();
  await clock.advance(minutes(2) + 1);
  expect(kept).toHaveLength(3);
  expect(kept[0]).toEqual([
    "pdu-a",
    { "1": { state: "on", watts: 90 }, "name:db": { state: "off" } },
  ]);
  watch.stop();
  await clock.advance(minutes(5));
  expect(kept).toHaveLength(3);
});

test("LoadWatch reads no PDU behind others unless it is named, and none where it is switched off", async () => {
  const pdus = { "pdu-a": PDU, far: { ...PDU, via: CONSOLE } };
  const usual = rig({ pdus });
  usual.watch.start();
  await usual.clock.advance(minutes(2));
  expect(new Set(usual.asked)).toEqual(new Set(["pdu-a"]));
  expect(usual.watch.whyNot("far")).toContain("not named under load: pdus:");
  const named = rig({ pdus, load: { pdus: ["far"] } });
  named.watch.start();
  await named.clock.advance(minutes(2));
  expect(new Set(named.asked)).toEqual(new Set(["far"]));
  const never = rig({ pdus, load: { every: 0 } });
  never.watch.start();
  await never.clock.advance(hours(3));
  expect(never.asked).toEqual([]);
});

test("LoadWatch spreads many PDUs over a round", async () => {
  const pdus = Object.fromEntries(Array.from({ length: 6 }, (_, i) => [`pdu-${i}`, PDU]));
  const { clock, asked, watch } = rig({ pdus });
  watch.start();
  await clock.advance(seconds(9));
  expect(asked).toEqual(["pdu-0"]);
  await clock.advance(seconds(20));
  expect(asked).toEqual(["pdu-0", "pdu-1", "pdu-2"]);
});

test("LoadWatch asks a PDU that meters nothing once an hour, and says so", async () => {
  const { clock, asked, kept, watch } = rig({
    read: () => ({
      family: "x",
      outlets: [outlet("1"), outlet("2", { name: "db" }), outlet("3", { watts: 7 })],
    }),
  });
  watch.start();
  await clock.advance(minutes(59));
  expect(asked).toHaveLength(1);
  expect(watch.whyNot("pdu-a")).toBe("pdu-a meters none of these outlets");
  await clock.advance(minutes(2));
  expect(asked).toHaveLength(2);
  expect(kept).toEqual([]);
});

test("LoadWatch comes back soon to a PDU that others use, and later and later to a silent one", async () => {
  const used = rig({ read: () => undefined });
  used.watch.start();
  await used.clock.advance(seconds(21));
  expect(used.asked).toHaveLength(5);
  const silent = rig({
    read: () => {
      throw new Error("no answer");
    },
  });
  silent.watch.start();
  await silent.clock.advance(minutes(3) + 1);
  expect(silent.asked).toHaveLength(3);
  await silent.clock.advance(hours(2));
  expect(silent.asked.length).toBeLessThan(14);
  expect(silent.watch.whyNot("pdu-a")).toBe("no answer");
});

test("LoadWatch goes on where the disk is full, and tells it once", async () => {
  let full = true;
  const { clock, kept, notes, watch } = rig({
    append: () => (full ? Promise.reject(new Error("ENOSPC: no space left")) : Promise.resolve()),
  });
  watch.start();
  await clock.advance(minutes(5));
  expect(notes).toEqual(["load.lost loads of pdu-a are not kept: ENOSPC: no space left"]);
  full = false;
  await clock.advance(minutes(1));
  expect(kept).toHaveLength(1);
});

test("LoadWatch drops readings while the disk hangs, and does not wait for it", async () => {
  let writes = 0;
  const { clock, asked, watch } = rig({
    append: () => {
      writes++;
      return new Promise(() => {});
    },
  });
  watch.start();
  await clock.advance(minutes(10));
  expect(asked.length).toBeGreaterThan(9);
  expect(writes).toBe(1);
});

test("signOf() tells of an outlet that reads on and draws nothing, tells it to the events once, and forgets it in a gap", async () => {
  let watts: number | undefined = 0;
  const { clock, notes, watch } = rig({
    read() {
      if (watts === undefined) throw new Error("no answer");
      return {
        family: "x",
        outlets: [outlet("1", { watts }), outlet("2", { name: "db", watts: 40 })],
      };
    },
  });
  watch.start();
  await clock.advance(1);
  expect(watch.signOf("web1")).toBeUndefined();
  await clock.advance(minutes(3));
  expect(watch.signOf("web1")).toBe("pdu-a/1 draws 0 W");
  expect(watch.signOf("nobody")).toBeUndefined();
  expect(notes).toEqual(["power.load web1 pdu-a/1 reads on and draws 0 W"]);
  watts = undefined;
  await clock.advance(minutes(1));
  expect(watch.signOf("web1")).toBeUndefined();
});
