import fc from "fast-check";
import type { Varbind } from "net-snmp";
import snmp from "net-snmp";
import { afterEach, describe, expect, test } from "vitest";
import { MockSnmpPdu, type PduFaults } from "../../../mocks/snmp-pdu.ts";
import { openSnmpPdu } from "../../../src/core/snmp/snmp-pdu.ts";
import {
  compareOids,
  type Found,
  type OpenWire,
  openSession,
  type WireSession,
} from "../../../src/core/snmp/snmp-wire.ts";
import { TableWalks } from "../../../src/core/snmp/table-walks.ts";
import { ManualClock, systemClock } from "../../../src/lib/clock.ts";
import type { SnmpLogin, SnmpProfile } from "../../../src/sdk/snmp-profile.ts";
import { shippedProfiles } from "./shipped-profiles.ts";

const profiles = await shippedProfiles();
const cleanup: (() => Promise<void>)[] = [];
/** About what an answer of 1472 bytes holds. */
const DATAGRAM = 52;

afterEach(async () => {
  for (const close of cleanup.splice(0)) await close();
});

function profile(name: string): SnmpProfile {
  const found = profiles.get(name);
  if (!found) throw new Error(`no profile ${name}`);
  return found;
}

/** What becomes of the answer to a GETBULK: objects in their order, or an error. */
type Spoil = (answer: Varbind[], once: number, asked: number) => Varbind[] | Error;

type BulkAnswer = (Varbind | Varbind[])[];
type Done = (error: Error | null, answer?: BulkAnswer) => void;

interface Setup {
  readonly outlets?: number;
  readonly login?: SnmpLogin;
  readonly faults?: Partial<PduFaults>;
  readonly spoil?: Spoil;
  readonly clock?: ManualClock;
}

/** A device of the family, our view of it, and how many requests it was asked. */
async function start(family: string, { outlets = 24, login, faults, spoil, clock }: Setup = {}) {
  const device = await MockSnmpPdu.start({ family: profile(family), outlets, clock: systemClock });
  Object.assign(device.faults, faults);
  const seen = { requests: 0, once: 0 };
  const open: OpenWire = (target, timeout, writing) => {
    const wire = openSession(target, timeout, writing);
    const counted =
      <Args extends unknown[]>(send: (...args: Args) => unknown) =>
      (...args: Args) => {
        seen.requests++;
        send(...args);
      };
    const getBulk = (oids: string[], once: number, repetitions: number, done: Done) => {
      seen.requests++;
      seen.once += once;
      wire.getBulk(oids, once, repetitions, (error: Error | null, answer?: BulkAnswer) => {
        if (error || !answer || !spoil) return done(error, answer);
        const spoilt = spoil(inRows(answer, once), once, oids.length);
        if (spoilt instanceof Error) return done(spoilt);
        done(null, inColumns(spoilt, once, oids.length));
      });
    };
    return {
      get: counted(wire.get.bind(wire)),
      getNext: counted(wire.getNext.bind(wire)),
      getBulk,
      set: wire.set.bind(wire),
      close: () => wire.close(),
    } as unknown as WireSession;
  };
  const target = {
    ...{ host: "127.0.0.1", port: device.port, timeout: 1000, tries: 3 },
    login: login ?? ({ version: "2c", community: "private" } as const),
  };
  const one = new Map([[family, profile(family)]]);
  const pdu = await openSnmpPdu(target, one, clock ?? systemClock, open);
  cleanup.push(
    () => pdu.close(),
    () => device.close(),
  );
  return { device, pdu, seen };
}

/** As the objects stood in the datagram. */
function inRows(answer: BulkAnswer, once: number): Varbind[] {
  const columns = answer.slice(once).map((one) => [one].flat());
  const rows = Math.max(0, ...columns.map(({ length }) => length));
  const repeated = Array.from({ length: rows }, (_, row) => columns.map((column) => column[row]));
  return [...answer.slice(0, once).flat(), ...repeated.flat().filter((one) => one !== undefined)];
}

/** As the library takes a datagram's objects for columns. */
function inColumns(objects: readonly Varbind[], once: number, asked: number): BulkAnswer {
  const columns: BulkAnswer = [...objects.slice(0, once)];
  for (const [i, one] of objects.slice(once).entries()) {
    const column = columns[once + (i % (asked - once))];
    if (Array.isArray(column)) column.push(one);
    else columns.push([one]);
  }
  return columns;
}

const failed = (status: number): Error =>
  Object.assign(new Error("failed"), { name: "RequestFailedError", status });

const TOO_BIG = 1;
const GENERAL_ERROR = 5;

describe.each(["apc-rpdu2", "eaton-g2g3", "sentry4"])("%s with 24 outlets", (family) => {
  test("read() takes three requests at most once the tables are known", async () => {
    const { device, pdu, seen } = await start(family, { faults: { maxObjects: DATAGRAM } });
    const first = await pdu.read();
    seen.requests = 0;
    device.press(device.instances[5] ?? "", "off");
    const second = await pdu.read();
    expect(seen.requests).toBeLessThanOrEqual(3);
    expect(second).toEqual({
      ...first,
      outlets: first.outlets.map((outlet, i) =>
        i === 5 ? { ...outlet, state: "off", ...draws(second.outlets[5]) } : outlet,
      ),
    });
  });

  test.each<[string, Partial<PduFaults>]>([
    ["cut after a few objects", { maxObjects: 7 }],
    ["no GETBULK", { noBulk: true }],
    ["columns at their end left out", { ragged: true }],
  ])("read() gives the same from an agent with %s", async (_, faults) => {
    const { pdu } = await start(family, { outlets: 8 });
    const whole = await pdu.read();
    const other = await start(family, { outlets: 8, faults });
    expect(await other.pdu.read()).toEqual(whole);
    expect(await other.pdu.read()).toEqual(whole);
  });

  test("read() gives the same over version 1", async () => {
    const whole = await (await start(family, { outlets: 8 })).pdu.read();
    const { pdu } = await start(family, {
      outlets: 8,
      login: { version: "1", community: "private" },
    });
    expect(await pdu.read()).toEqual(whole);
    expect(await pdu.read()).toEqual(whole);
  });
});

/** An outlet that is off draws nothing, where it is metered. */
const draws = (outlet: { readonly watts?: number; readonly amps?: number } | undefined) => ({
  ...(outlet?.watts !== undefined && { watts: 0 }),
  ...(outlet?.amps !== undefined && { amps: 0 }),
});

test.each<[string, Spoil]>([
  ["finds what comes once too big", (answer, once) => (once > 0 ? failed(TOO_BIG) : answer)],
  ["fails at what comes once", (answer, once) => (once > 0 ? failed(GENERAL_ERROR) : answer)],
  ["leaves out what comes once", (answer, once) => answer.slice(once)],
  ["repeats what comes once", (answer, once) => [...answer.slice(0, once), ...answer]],
  ["answers nothing", () => []],
  ["answers one object", (answer) => answer.slice(0, 1)],
  ["cuts the row", (answer, once) => answer.slice(0, once + 2)],
  ["says the end of the tree after some rows", (answer) => ended(answer, 9)],
  ["says the end of the tree at once", (answer) => ended(answer, 0)],
])("read() gives the same from an agent that %s", async (_, spoil) => {
  const whole = await (await start("apc-rpdu2", { outlets: 8 })).pdu.read();
  let spoils = false;
  const { device, pdu } = await start("apc-rpdu2", {
    outlets: 8,
    spoil: (...all) => (spoils ? spoil(...all) : all[0]),
  });
  expect(await pdu.read()).toEqual(whole);
  spoils = true;
  expect(await pdu.read()).toEqual(whole);
  device.press("3", "off");
  const { outlets } = await pdu.read();
  expect(outlets.map(({ state }) => state)).toEqual(
    Array.from({ length: 8 }, (__, i) => (i === 2 ? "off" : "on")),
  );
  const other = await start("apc-rpdu2", { outlets: 8, spoil });
  expect(await other.pdu.read()).toEqual(whole);
});

/** The objects from `at` on are the end of the tree. */
const ended = (answer: readonly Varbind[], at: number): Varbind[] =>
  answer.map((one, i) =>
    i < at ? one : { oid: one.oid, type: snmp.ObjectType.EndOfMibView, value: null },
  );

describe("an agent that leaves out what is at the end of its tree", () => {
  const rows = ["1.1.1", "1.1.2", "1.1.3", "1.1.4", "1.1.5"];
  const behind = (oid: string): Found => {
    const next = rows.find((row) => compareOids(row, oid) > 0);
    return { oid: next ?? oid, cell: 1, end: next === undefined };
  };
  const agent = {
    next: (oids: readonly string[]) => Promise.resolve(oids.map(behind)),
    bulk: (alone: readonly string[], cursors: readonly string[], repetitions: number) => {
      const sent = alone.map(behind).filter(({ end }) => !end);
      let row = cursors.map(behind);
      for (let n = 0; n < repetitions; n++) {
        row = row.filter(({ end }) => !end);
        sent.push(...row);
        row = row.map(({ oid }) => behind(oid));
      }
      const wide = alone.length + cursors.length;
      const answer: Found[][] = sent.slice(0, wide).map((one) => [one]);
      for (const [i, one] of sent.slice(wide).entries())
        answer[alone.length + (i % cursors.length)]?.push(one);
      return Promise.resolve(answer);
    },
    unreadable: (why: string) => new Error(why),
  };

  test.each<[string, string[], string[]]>([
    ["what came along", ["1.1"], ["2.1"]],
    ["a column without rows", ["2.1", "1.1"], []],
    ["both", ["2.1", "1.1"], ["2.2"]],
  ])("walk() loses no row where it leaves out %s", async (_, columns, along) => {
    const walks = new TableWalks(agent, true);
    for (let n = 0; n < 3; n++) {
      const walked = await walks.walk(columns, along, () => undefined);
      expect([...walked.cells.keys()]).toEqual(rows);
      expect(walked.first).toEqual(along.map(() => undefined));
    }
  });
});

test("read() never shows a state that another outlet has, whatever is lost of an answer", async () => {
  const lost = fc.array(fc.nat(60), { maxLength: 6 });
  let gone: readonly number[] = [];
  const { device, pdu } = await start("apc-rpdu2", {
    outlets: 12,
    spoil: (answer) => answer.filter((_, i) => !gone.includes(i)),
  });
  for (const instance of device.instances.filter((_, i) => i % 3 === 0))
    device.press(instance, "off");
  await fc.assert(
    fc.asyncProperty(lost, fc.boolean(), async (drop, first) => {
      gone = first ? [] : drop;
      await pdu.read();
      gone = drop;
      const { outlets, serial } = await pdu.read();
      expect(serial).toBe("MOCK0001");
      for (const { instance, state } of outlets)
        expect([instance, state]).toEqual([instance, device.relay(instance)]);
    }),
    { numRuns: 25 },
  );
});

test("read() notices outlets that come and go, and a device that was exchanged", async () => {
  const { device, pdu } = await start("apc-rpdu2");
  const objects = device.objects.bind(device);
  await pdu.read();
  device.objects = () => objects().filter(([oid]) => !/\.2[34]$/.test(oid));
  expect((await pdu.read()).outlets).toHaveLength(22);
  device.objects = objects;
  expect((await pdu.read()).outlets).toHaveLength(24);
  device.serial = "OTHER";
  expect((await pdu.read()).serial).toBe("OTHER");
});

describe("columns that are not read each time", () => {
  const LABEL = profile("apc-rpdu2").label ?? "";
  const UNIT = profile("apc-rpdu2").unit ?? "";

  async function relabelled(unitOf: (row: number) => number) {
    const clock = new ManualClock(0);
    const made = await start("apc-rpdu2", { clock });
    const objects = made.device.objects.bind(made.device);
    let prefix = "";
    made.device.objects = () =>
      objects().map(([oid, object]) => {
        if (oid.startsWith(`${LABEL}.`))
          return [oid, { ...object, value: `${prefix}${String(object.value)}` }];
        if (!oid.startsWith(`${UNIT}.`)) return [oid, object];
        return [oid, { ...object, value: unitOf(Number(oid.split(".").at(-1))) }];
      });
    await made.pdu.read();
    prefix = "9";
    return { ...made, clock };
  }

  test("are read after ten minutes, and of a single outlet each time", async () => {
    const { pdu, clock } = await relabelled(() => 1);
    expect((await pdu.read()).outlets[0]?.label).toBe("1");
    expect((await pdu.readOutlet("1")).label).toBe("91");
    await clock.advance(600_000);
    expect((await pdu.read()).outlets[0]?.label).toBe("91");
  });

  test("are read at once where an outlet has another name or the device another serial number", async () => {
    const renamed = await relabelled(() => 1);
    renamed.device.rename("7", "other");
    expect((await renamed.pdu.read()).outlets[0]?.label).toBe("91");
    const exchanged = await relabelled(() => 1);
    exchanged.device.serial = "OTHER";
    expect((await exchanged.pdu.read()).outlets[0]?.label).toBe("91");
  });

  test("are read each time in a chain of units", async () => {
    const { pdu } = await relabelled((row) => (row > 12 ? 2 : 1));
    expect((await pdu.read()).outlets[0]?.label).toBe("1:91");
  });
});
