import { EventEmitter } from "node:events";
import { expect, test } from "vitest";
import { TrapChild, type TrapProcess } from "../../../src/daemon/traps/trap-child.ts";
import type { TrapOrder } from "../../../src/daemon/traps/trap-talk.ts";
import { Traps } from "../../../src/daemon/traps/traps.ts";
import { ManualClock } from "../../../src/lib/clock.ts";
import { minutes, seconds } from "../../../src/lib/durations.ts";
import type { SnmpTarget } from "../../../src/sdk/snmp-profile.ts";

/** Processes as the machine would start them. */
class Machine {
  readonly started: (EventEmitter & { sent: unknown[]; killed: boolean })[] = [];
  readonly start = (): TrapProcess => {
    const child = Object.assign(new EventEmitter(), { sent: [] as unknown[], killed: false });
    this.started.push(child);
    return Object.assign(child, {
      send: (message: unknown) => child.sent.push(message) > 0,
      kill() {
        child.killed = true;
        queueMicrotask(() => child.emit("exit"));
        return true;
      },
    }) as unknown as TrapProcess;
  };
  get last() {
    return this.started.at(-1);
  }
}

const ORDER: TrapOrder = { address: "127.0.0.1", port: 1162, sources: [] };

function startChild() {
  const clock = new ManualClock();
  const machine = new Machine();
  const notes: string[] = [];
  const child = new TrapChild(ORDER, {
    clock,
    start: machine.start,
    hear: () => {},
    note: (text) => notes.push(text),
  });
  return { clock, machine, notes, child };
}

test("TrapChild starts the process again, later and later, and tells the same reason once", async () => {
  const { clock, machine, notes, child } = startChild();
  const waits: number[] = [];
  for (let i = 0; i < 9; i++) {
    const before = clock.monotonic();
    machine.last?.emit("exit");
    const count = machine.started.length;
    while (machine.started.length === count) await clock.advance(500);
    waits.push((clock.monotonic() - before) / 1000);
  }
  expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
  expect(notes).toEqual(["the process that hears traps: it ended; it is started again after 1s"]);
  child.stop();
  await clock.advance(minutes(5));
  expect(machine.started).toHaveLength(10);
  expect(machine.last?.killed).toBe(true);
});

test("TrapChild ends a process that says nothing, and leaves one that does alone", async () => {
  const { clock, machine, notes, child } = startChild();
  for (let i = 0; i < 30; i++) {
    machine.last?.emit("message", { is: "beat" });
    await clock.advance(seconds(5));
  }
  expect(machine.started).toHaveLength(1);
  await clock.advance(seconds(40));
  expect(machine.started).toHaveLength(2);
  expect(notes.join()).toContain("it did not answer for 30s");
  child.stop();
});

const target = (host: string): SnmpTarget => ({
  ...{ host, port: 161, timeout: 2000, tries: 3 },
  login: { version: "2c", community: "r", writeCommunity: "never-told" },
});

function site() {
  const clock = new ManualClock();
  const machine = new Machine();
  const notes: string[] = [];
  const read: string[] = [];
  const entry = { driver: "snmp", options: {} };
  const addresses: Record<string, string> = { a: "10.0.0.5", b: "10.0.0.6" };
  let reading: Promise<void> = Promise.resolve();
  const traps = new Traps(
    {
      config: {
        pdus: new Map([
          ["pdu-a", entry],
          ["pdu-b", entry],
          ["vm", entry],
          ["lost", entry],
        ]),
      },
      clock,
      start: machine.start,
      news: {
        async target(pdu) {
          if (pdu === "lost") throw new Error("no such secret");
          return pdu === "vm" ? undefined : target(pdu.slice(-1));
        },
        async reread(pdu, why) {
          read.push(`${Math.round(clock.monotonic() / 1000)}s ${pdu}: ${why}`);
          await reading;
        },
      },
      secret: () => Promise.resolve("traps"),
      note: (type, text) => notes.push(`${type} ${text}`),
      addressesOf: (host) => Promise.resolve([addresses[host] ?? ""]),
    },
    { address: "127.0.0.1", port: 1162, community: { secret: "traps" } },
  );
  const trap = (pdu = "pdu-a") =>
    machine.last?.emit("message", { is: "trap", pdu, from: "10.0.0.5", what: "1.3.6.1.4.1.318" });
  const hang = (until: Promise<void>) => {
    reading = until;
  };
  return { clock, machine, notes, read, addresses, traps, trap, hang };
}

test("Traps tells the process of every PDU that speaks SNMP, and never what it is written with", async () => {
  const { clock, machine, notes, traps } = site();
  await clock.advance(1);
  expect(machine.last?.sent).toEqual([
    {
      ...{ address: "127.0.0.1", port: 1162 },
      sources: ["a", "b"].map((host, i) => ({
        pdu: `pdu-${host}`,
        addresses: [`10.0.0.${5 + i}`],
        login: { version: "2c", community: "r" },
        communities: ["r", "traps"],
      })),
    },
  ]);
  expect(JSON.stringify(machine.last?.sent)).not.toContain("never-told");
  expect(notes).toEqual(["trap.deaf traps of lost are not heard: no such secret"]);
  traps.stop();
});

test("Traps has a PDU read a moment after a trap, once for many, and never oftener than each 5 s", async () => {
  const { clock, read, traps, trap } = site();
  await clock.advance(1);
  for (let i = 0; i < 50; i++) trap();
  trap("pdu-b");
  trap("unheard-of");
  await clock.advance(seconds(2));
  expect(read).toEqual([
    "1s pdu-a: trap 1.3.6.1.4.1.318 of pdu-a (10.0.0.5), 50 in all",
    "1s pdu-b: trap 1.3.6.1.4.1.318 of pdu-b (10.0.0.5)",
  ]);
  for (let i = 0; i < 100; i++) {
    trap();
    await clock.advance(seconds(0.6));
  }
  expect(read.filter((one) => one.includes("pdu-a")).length).toBeLessThanOrEqual(13);
  traps.stop();
  trap();
  await clock.advance(minutes(1));
  expect(read.length).toBeLessThanOrEqual(14);
});

test("Traps does not read a PDU again while it is being read for a trap", async () => {
  const { clock, read, traps, trap, hang } = site();
  await clock.advance(1);
  let done = () => {};
  hang(
    new Promise((resolve) => {
      done = resolve;
    }),
  );
  trap();
  await clock.advance(seconds(2));
  trap();
  await clock.advance(minutes(2));
  expect(read).toHaveLength(1);
  done();
  await clock.advance(seconds(6));
  expect(read).toHaveLength(2);
  traps.stop();
});

test("Traps hears a PDU at its new address", async () => {
  const { clock, machine, addresses, traps } = site();
  await clock.advance(minutes(11));
  expect(machine.started.length).toBeGreaterThan(0);
  const before = machine.started.length;
  addresses.a = "10.0.0.77";
  await clock.advance(minutes(10));
  expect(machine.started.length).toBeGreaterThan(before);
  expect(JSON.stringify(machine.last?.sent)).toContain("10.0.0.77");
  traps.stop();
});
