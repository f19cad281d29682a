/**
 * The disk of the logs is full, for a while: consoles, people and power go on, and what could not be kept is counted to
 * the byte. Mounting a small disk needs root.
 *
 *   OOB_FULL_SECONDS=600 npx vitest run --config vitest.e2e.config.ts test/e2e/full-disk.test.ts
 */
import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import apcRpdu2 from "../../drivers/power/snmp/apc-rpdu2.ts";
import { MockSnmpPdu } from "../../mocks/snmp-pdu.ts";
import { verifyAuditTrail } from "../../src/core/audit/audit-trail.ts";
import { readRecord } from "../../src/core/log/log-index.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { TestSite } from "./rig/daemon.ts";
import { PtyFeeder } from "./rig/pty-feeder.ts";
import { pause, until } from "./rig/rack-site.ts";
import { compare, sequence } from "./rig/sequence.ts";
import { Typist } from "./rig/typist.ts";

const isRoot = process.getuid?.() === 0;
/** How long the disk stays full once more came than the megabyte that each console keeps in memory. */
const FULL_SECONDS = Number(process.env.OOB_FULL_SECONDS ?? 0);
/** What has to come beyond it, so that there is a hole to be counted. */
const MORE_BYTES = 200_000;
const CONSOLES = 2;
const RATE = 60_000;
const DISK = "12m";
/** What is left for the logs when the disk is filled by something else. */
const LEFT_BYTES = 256 << 10;
/** security.md, figure 14. */
const NORMAL_WITHIN_MS = 5000;

if (!isRoot) process.stderr.write("full-disk: skipped, mounting a small disk needs root\n");

describe.skipIf(!isRoot)("a full disk", () => {
  let feeder: PtyFeeder;
  let pdu: MockSnmpPdu;
  let test: TestSite;
  let state: string;
  let cuts = 0;
  let acts = 0;
  let filled = 0;

  beforeAll(async () => {
    feeder = await PtyFeeder.start(CONSOLES, RATE);
    pdu = await MockSnmpPdu.start({
      family: apcRpdu2,
      outlets: CONSOLES,
      clock: systemClock,
      onSwitch: (_, to) => {
        if (to === "off") cuts++;
      },
    });
    const hosts = feeder.paths.map(
      (path, n) =>
        `  k${n}: { console: { driver: serial, path: ${path} }, outlets: [pdu-a/${n + 1}] }\n`,
    );
    test = new TestSite(
      `pdus:
  pdu-a: { driver: snmp, host: 127.0.0.1, port: ${pdu.port}, version: 2c, community: secret:read, write-community: secret:write, insecure: true }
defaults: { off-for: 1s, watch: { mode: observe, budget: { cycles: 100, per: 1h } } }
fleet: { cycles: 100, per: 1h }
hosts:
${hosts.join("")}`,
      { read: "public", write: "private" },
    );
    state = join(test.folder, "state");
    mkdirSync(state, { mode: 0o750 });
    execFileSync("/bin/mount", ["-t", "tmpfs", "-o", `size=${DISK},mode=0750`, "oob-test", state]);
    await test.start();
  });

  afterAll(async () => {
    await test?.end();
    await feeder?.close();
    await pdu?.close();
    if (state) execFileSync("/bin/umount", [state]);
    await test?.stop();
  });

  const files = (console: number, suffix: string): Buffer[] => {
    const folder = join(state, "console", `k${console}`);
    if (!existsSync(folder)) return [];
    const names = readdirSync(folder).filter((name) => /^\d/.test(name) && name.endsWith(suffix));
    return names.sort().map((name) => readFileSync(join(folder, name)));
  };

  const sum = (all: readonly number[]): number => all.reduce((total, one) => total + one, 0);

  const sizes = (): number =>
    feeder.paths.reduce((sum, _, n) => sum + Buffer.concat(files(n, ".raw")).length, 0);

  const free = (): number => {
    const { bavail, bsize } = statfsSync(state);
    return bavail * bsize;
  };

  /** The holes of a console's log: place in the stream, and how many bytes. */
  const gaps = (console: number): { offset: number; bytes: number }[] =>
    files(console, ".idx").flatMap((index) => {
      const found = [];
      let read = readRecord(index, 0);
      for (; read; read = readRecord(index, read.next))
        if (read.record.kind === "gap") found.push(read.record);
      return found;
    });

  it("consoles, people and power go on, and the intent stands in the journal", async () => {
    await until("the consoles are logged", 20_000, () => sizes() > 100_000);
    writeFileSync(join(state, "ballast"), Buffer.alloc(free() - LEFT_BYTES));
    await until("the disk is full", 20_000, () => free() === 0);
    filled = performance.now();
    const person = await Typist.at(test.site, "k0");
    await person.sees(/\d{10} [0-9a-f]{48}/, 5000);
    await person.leave();
    // The last block of the trail may have room for some: until one stands in the blocks kept for intents.
    while (readFileSync(join(state, "audit.spare"))[0] === 0) {
      const { code, stdout, stderr } = await test.run("power", "cycle", "k1", "--yes");
      expect(code, stdout + stderr).toBe(0);
      expect(++acts).toBeLessThan(20);
    }
    expect(cuts).toBe(acts);
    expect(pdu.relay("2")).toBe("on");
    const status = await test.site.status([], { power: true });
    expect(status.map((one) => `${one.console.is} ${one.power}`)).toEqual(["up on", "up on"]);
  });

  it(
    "room again: logged within 5 s, holes counted to the byte, nothing else missing",
    async () => {
      const heldAtMost = CONSOLES * (1 << 20);
      const waiting = async () => sum(await feeder.count()) - sizes() - heldAtMost;
      await until("more came than is kept", 120_000, async () => (await waiting()) > MORE_BYTES);
      await pause(FULL_SECONDS * 1000);
      const before = sizes();
      rmSync(join(state, "ballast"));
      const from = performance.now();
      await until("the logs grow again", NORMAL_WITHIN_MS, () => sizes() > before);
      const took = Math.round(performance.now() - from);
      await pause(2000);
      const printed = await feeder.stop();
      await pause(1500);
      await test.end();
      let holes = 0;
      for (const [n, bytes] of printed.entries()) {
        const all = sequence(n, bytes);
        const kept: Buffer[] = [];
        let at = 0;
        for (const gap of gaps(n)) {
          kept.push(all.subarray(at, gap.offset));
          at = gap.offset + gap.bytes;
          holes += gap.bytes;
        }
        kept.push(all.subarray(at));
        expect(
          Buffer.concat(files(n, ".raw")).equals(Buffer.concat(kept)),
          `k${n}: ${compare(all, Buffer.concat(files(n, ".raw"))).places.join("; ")}`,
        ).toBe(true);
      }
      process.stderr.write(
        `full for ${Math.round((from - filled) / 1000)} s: ${sum(printed)} bytes printed, ${holes} counted as lost, logged again after ${took} ms\n`,
      );
      expect(holes).toBeGreaterThan(0);
    },
    (FULL_SECONDS + 180) * 1000,
  );

  it("the audit trail is whole, and has the intent and its outcome once", async () => {
    expect(await verifyAuditTrail(state)).toMatchObject({ consistent: true });
    const trail = readFileSync(join(state, "audit.jsonl"), "utf8");
    expect(trail.split('"type":"power.intent"')).toHaveLength(acts + 1);
    expect(trail.split('"type":"power.outcome"')).toHaveLength(acts + 1);
    expect(trail).toMatch(/notes could not be written|audit\.gap/);
  });
});
