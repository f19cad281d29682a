/*
 * Hosts in QEMU to which something happens, the real daemon in mode act, outlets on an SNMP agent: each with the right
 * decision. Prints the table with times.
 *
 *   OOB_JUDGEMENT=long npx vitest run --config vitest.e2e.config.ts test/e2e/judgement.test.ts
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import apcRpdu2 from "../../drivers/power/snmp/apc-rpdu2.ts";
import { MockSnmpPdu } from "../../mocks/snmp-pdu.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { buildHosts, missing } from "./judgement/images.ts";
import { type Decision, ROWS, type Row } from "./judgement/rows.ts";
import { TestSite } from "./rig/daemon.ts";
import { Machine } from "./rig/machine.ts";
import { pause, until } from "./rig/rack-site.ts";
import { Typist } from "./rig/typist.ts";

const long = process.env.OOB_JUDGEMENT === "long";
const rows = ROWS.filter((row) => long || row.long === undefined);
/** Machines at a time: one that spins takes a core for itself. */
const AT_ONCE = 4;
const UP_MS = 240_000;
const ASK_AFTER_MS = 10_000;
/** A call is followed by nothing. */
const AFTER_CALL_MS = 20_000;

interface Seen {
  readonly decision: Decision;
  /** Of the incident, or of the last suspicion. */
  readonly story: readonly string[];
  readonly cuts: number;
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
    const images = buildHosts({ debian: long });
    const names = rows.map((_, n) => `h${n}`);
    for (const [n, row] of rows.entries())
      machines.push(new Machine(`h${n}`, row.boots(images, `h${n}`)));
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
    const hosts = names.map(
      (name, n) =>
        `  ${name}: { console: { driver: unix, path: ${machines[n]?.unixPath} }, outlets: [pdu-a/${n + 1}] }\n`,
    );
    test = new TestSite(
      `pdus:
  pdu-a: { driver: snmp, host: 127.0.0.1, port: ${pdu.port}, version: 2c, community: secret:read, write-community: secret:write, insecure: true }
defaults:
  os: linux
  off-for: 2s
  watch: { mode: act, ladder: [nudge, cycle, page], confirm-for: 15s, silence: 20s, hands-off: 3s, boot-within: 120s, budget: { cycles: 3, per: 1h } }
fleet: { suspects: 100, within: 1m, cycles: 100, per: 1h }
hosts:
${hosts.join("")}`,
      { read: "public", write: "private" },
    );
    await test.start();
    // In turns, a few at a time; each row waits for its own.
    const waiting = [...rows.entries()];
    const begin = new Map<Row, (of: Promise<Seen>) => void>();
    for (const row of rows) seen.set(row, new Promise((resolve) => begin.set(row, resolve)));
    const turn = async () => {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        const [n, row] = next;
        const one = watch(row, n);
        begin.get(row)?.(one);
        await one.catch(() => undefined);
      }
    };
    for (let place = 0; place < AT_ONCE; place++) void turn();
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
    const events = (type: RegExp) => test.ofHost(host, type);
    const cuts = () => machine.edges.filter((edge) => edge.to === "off").length;
    machine.powerOn();
    await comesUp(host, row.up ?? "login:");
    const person = await Typist.at(test.site, host);
    try {
      await row.happens(person, machine);
    } finally {
      await person.leave();
    }
    const happened = Date.now();
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
    machine.powerOff();
    const since = (at: number) => Math.round((at - happened) / 1000);
    return {
      decision: fell !== undefined ? "cut" : called !== undefined ? "called" : "left alone",
      story: failed ? [...story, failed] : story,
      cuts: count,
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
    },
    1_200_000,
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
