/*
 * Hosts in QEMU to which something happens, the real daemon in mode act, outlets on an SNMP agent: each with the right
 * decision. Prints the table with times.
 *
 *   OOB_LONG=1 npx vitest run --config vitest.e2e.config.ts test/e2e/judgement.test.ts       all rows
 *   OOB_ROWS=kdump npx vitest run --config vitest.e2e.config.ts test/e2e/judgement.test.ts   rows whose name has the word
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import apcRpdu2 from "../../drivers/power/snmp/apc-rpdu2.ts";
import { MockSnmpPdu } from "../../mocks/snmp-pdu.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { type Decision, debian, ROWS, type Row } from "./judgement/rows.ts";
import { TestSite } from "./rig/daemon.ts";
import { buildHosts, missing } from "./rig/host-images.ts";
import { freePort, Machine } from "./rig/machine.ts";
import { pause, until } from "./rig/rack-site.ts";
import { Typist } from "./rig/typist.ts";

const long = process.env.OOB_LONG === "1";
const words = process.env.OOB_ROWS;
const rows = ROWS.filter((row) =>
  words === undefined ? long || row.long === undefined : new RegExp(words).test(row.what),
);
/** Machines at a time: one that spins takes a core for itself. */
const AT_ONCE = { heavy: 2, light: 5 };
/** Debian starts in half a minute on a quiet machine, in ten on one that others use. */
const UP_MS = 900_000;
const ASK_AFTER_MS = 10_000;
/** A call is followed by nothing. */
const AFTER_CALL_MS = 20_000;

interface Seen {
  readonly decision: Decision;
  /** Of the incident, or of the last suspicion. */
  readonly story: readonly string[];
  readonly cuts: number;
  /** The incident's page, where there is one. */
  readonly page: string;
  readonly pages: readonly string[];
  /** Seconds from what happened to the outlet's fall, the call, or the end of the wait; and to the recovery. */
  readonly decided: number;
  readonly back?: number;
}

if (missing !== undefined) console.log(`judgement is skipped: ${missing}`);

describe.skipIf(missing !== undefined)("a host to which something happens", () => {
  const seen = new Map<Row, Promise<Seen>>();
  const machines: Machine[] = [];
  let pdu: MockSnmpPdu;
  let test: TestSite;

  beforeAll(async () => {
    const images = await buildHosts({ debian: rows.some((row) => row.long) });
    const ports = new Map<Row, number>();
    for (const row of rows) if (row.breaks) ports.set(row, await freePort());
    const names = rows.map((_, n) => `h${n}`);
    for (const [n, row] of rows.entries())
      machines.push(new Machine(`h${n}`, row.boots(images, `h${n}`), ports.get(row)));
    pdu = await MockSnmpPdu.start({
      family: apcRpdu2,
      outlets: rows.length,
      clock: systemClock,
      onSwitch: (instance, state) => {
        const machine = machines[Number(instance) - 1];
        if (state === "on") machine?.powerOn();
        else machine?.powerOff();
      },
    });
    const hosts = names.map((name, n) => {
      const port = ports.get(rows[n] as Row);
      const console =
        port === undefined
          ? `{ driver: unix, path: ${machines[n]?.unixPath} }`
          : `{ driver: telnet, host: 127.0.0.1, port: ${port} }, watch: { sysrq: true }`;
      return `  ${name}: { console: ${console}, outlets: [pdu-a/${n + 1}] }\n`;
    });
    test = new TestSite(
      `pdus:
  pdu-a: { driver: snmp, host: 127.0.0.1, port: ${pdu.port}, version: 2c, community: secret:read, write-community: secret:write, insecure: true }
defaults:
  os: linux
  off-for: 2s
  watch: { mode: act, ladder: [nudge, cycle, page], confirm-for: 15s, silence: 20s, hands-off: 3s, boot-within: 120s, budget: { cycles: 3, per: 1h }, cool-down: 0s }
fleet: { suspects: 100, within: 1m, cycles: 100, per: 1h }
hosts:
${hosts.join("")}`,
      { read: "public", write: "private" },
    );
    await test.start();
    // In turns, a few at a time; each row waits for its own.
    const begin = new Map<Row, (of: Promise<Seen>) => void>();
    for (const row of rows) {
      const result = new Promise<Seen>((resolve) => begin.set(row, resolve));
      result.catch(() => undefined);
      seen.set(row, result);
    }
    const turn = async (waiting: [number, Row][]) => {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        const [n, row] = next;
        const one = watch(row, n);
        begin.get(row)?.(one);
        await one.catch(() => undefined);
      }
    };
    const isHeavy = ([, row]: [number, Row]) => row.heavy === true || row.boots === debian;
    const heavy = [...rows.entries()].filter(isHeavy);
    const light = [...rows.entries()].filter((entry) => !isHeavy(entry));
    for (let place = 0; place < AT_ONCE.heavy; place++) void turn(heavy);
    for (let place = 0; place < AT_ONCE.light; place++) void turn(light);
  }, 900_000);

  afterAll(async () => {
    await test?.stop();
    await pdu?.close();
    for (const machine of machines) machine.dispose();
    console.log(await table(seen));
  });

  async function watch(row: Row, n: number): Promise<Seen> {
    const host = `h${n}`;
    const machine = machines[n];
    if (!machine) throw new Error(`no machine ${host}`);
    let happened = 0;
    // What it thought of a machine that was slow to start is another story; a cut is none at any time.
    const events = (type: RegExp) => test.ofHost(host, type).filter(({ at }) => at >= happened);
    const cuts = () => machine.edges.filter((edge) => edge.to === "off").length;
    machine.powerOn();
    await comesUp(host, row.up ?? "login:");
    const person = await Typist.at(test.site, host);
    try {
      await row.happens(person, machine);
    } finally {
      await person.leave();
    }
    happened = Date.now();
    const end = happened + row.within * 1000;
    const wait = (what: string, is: () => boolean) => until(what, end - Date.now(), is);
    let failed = "";
    if (row.wanted === "cut")
      await wait("recovered", () => events(/^watch\.recovered$/).length > 0).catch(() => {
        failed = "not seen back";
      });
    else if (row.wanted === "called")
      await wait("a person is called", () => events(/^watch\.page$/).length > 0)
        .then(() => pause(AFTER_CALL_MS))
        .catch(() => {
          failed = "nobody was called";
        });
    else await pause(end - Date.now());
    const fell = machine.edges.find((edge) => edge.to === "off")?.at;
    const called = events(/^watch\.page$/)[0]?.at;
    const back = events(/^watch\.recovered$/).at(-1)?.at;
    const story = events(/^(watch|incident)\./).map((event) => `${event.type} ${event.text}`);
    const count = cuts();
    const [incident] = await test.site.incidents([host]);
    const page = incident ? (await test.site.incident(incident.id)).report : "";
    machine.powerOff();
    const since = (at: number) => Math.round((at - happened) / 1000);
    return {
      decision: fell !== undefined ? "cut" : called !== undefined ? "called" : "left alone",
      story: failed ? [...story, failed] : story,
      cuts: count,
      page,
      pages: events(/^watch\.page$/).map((event) => event.text),
      decided: since(fell ?? called ?? end),
      ...(fell !== undefined && back !== undefined && { back: since(back) }),
    };
  }

  /** A machine that is quick shows its prompt before the console is connected: Enter shows it again. */
  async function comesUp(host: string, prompt: string): Promise<void> {
    let asked = Date.now();
    await until(`${host} at "${prompt}"`, UP_MS, async () => {
      const [status] = await test.site.status([host], { power: false });
      if (status?.lastLine.includes(prompt)) return true;
      if (status?.console.is !== "up" || Date.now() - asked < ASK_AFTER_MS) return false;
      asked = Date.now();
      const person = await Typist.at(test.site, host);
      await person.type("\r");
      await person.leave();
      return false;
    });
  }

  it.each(rows)(
    "$what: $wanted",
    async (row) => {
      const found = await seen.get(row);
      expect(found?.decision, found?.story.join("\n")).toBe(row.wanted);
      expect(found?.cuts).toBe(row.wanted === "cut" ? 1 : 0);
      if (row.wanted === "cut") expect(found?.back, found?.story.join("\n")).toBeGreaterThan(0);
      if (row.incident) expect(found?.page).toMatch(row.incident);
    },
    3_600_000,
  );
});

async function table(seen: ReadonlyMap<Row, Promise<Seen>>): Promise<string> {
  const lines = [
    "what happens                                  wanted      was         after  back after",
  ];
  for (const [row, result] of seen) {
    const found = await result.catch((thrown: unknown) => String(thrown));
    const was =
      typeof found === "string"
        ? found
        : `${found.decision.padEnd(12)}${String(found.decided).padStart(3)} s${found.back === undefined ? "" : `  ${String(found.back).padStart(6)} s`}`;
    lines.push(`${row.what.padEnd(46)}${row.wanted.padEnd(12)}${was}`);
  }
  return lines.join("\n");
}
