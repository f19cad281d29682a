/**
 * Everything at once, for long: 48 ports that print, 20 people of whom some do not read, telnet options without end and
 * resets, a disk that is full for a moment, daemons that are killed. Nothing is lost, memory and descriptors stay flat.
 *
 *   OOB_SOAK=30 npx vitest run --config vitest.e2e.config.ts test/e2e/soak.test.ts      minutes; prints a table
 */
import { execFileSync } from "node:child_process";
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Attachment } from "../../src/core/site/site.ts";
import { TestSite } from "./rig/daemon.ts";
import { keeperPid } from "./rig/keeper-process.ts";
import { OptionStorm } from "./rig/option-storm.ts";
import { PtyFeeder } from "./rig/pty-feeder.ts";
import { pause, until } from "./rig/rack-site.ts";
import { compare, sequence } from "./rig/sequence.ts";

const MINUTES = Number(process.env.OOB_SOAK ?? 0);
const PTYS = 44;
const STORMS = 4;
const PEOPLE = 20;
/** Every third does not read. */
const READS = (n: number) => n % 3 !== 0;
/** Bytes a second and port: ten minutes and more of 19200 baud would fill the disk of the test. */
const RATE = 1000;
const ROUND_MS = MINUTES > 0 ? 30_000 : 4000;
const ROUNDS = MINUTES > 0 ? Math.max(4, (MINUTES * 60_000) / ROUND_MS) : 3;
/** Rounds of one daemon's life. */
const LIFE = MINUTES > 0 ? 10 : 2;
const FULL_MS = 2000;
const PIECE_BYTES = 64 << 10;
const MIB = 1 << 20;

const isRoot = process.getuid?.() === 0;
if (!isRoot) process.stderr.write("soak: skipped, mounting a small disk needs root\n");

interface Use {
  readonly mib: number;
  readonly files: number;
}

/** A daemon and its keeper after a round; `age`: rounds that this daemon has lived. */
interface Row {
  readonly round: number;
  readonly age: number;
  readonly daemon: Use;
  readonly keeper: Use;
}

function useOf(pid: number): Use {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const kib = Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]);
  return { mib: (kib * 1024) / MIB, files: readdirSync(`/proc/${pid}/fd`).length };
}

describe.skipIf(!isRoot)("a soak", () => {
  let feeder: PtyFeeder;
  let test: TestSite;
  let state: string;
  const storms: OptionStorm[] = [];
  const rows: Row[] = [];

  beforeAll(async () => {
    feeder = await PtyFeeder.start(PTYS, RATE);
    for (let n = 0; n < STORMS; n++) storms.push(await OptionStorm.start());
    const hosts = [
      ...feeder.paths.map((path, n) => `k${n}: { console: { driver: serial, path: ${path} } }`),
      ...storms.map(
        ({ port }, n) => `s${n}: { console: { driver: telnet, host: 127.0.0.1, port: ${port} } }`,
      ),
    ];
    test = new TestSite(`hosts:\n${hosts.map((one) => `  ${one}\n`).join("")}`);
    state = join(test.folder, "state");
    mkdirSync(state, { mode: 0o750 });
    execFileSync("/bin/mount", [
      "-t",
      "tmpfs",
      "-o",
      `size=${64 + 12 * MINUTES}m,mode=0750`,
      "oob-test",
      state,
    ]);
    await test.start();
    // What is measured after the first round is to be everything at work.
    await until("every console up", 300_000, async () =>
      (await test.site.status([], { power: false })).every(
        (one) => one.console.is === "up" || one.host.startsWith("s"),
      ),
    );
  });

  afterAll(async () => {
    await test?.end();
    await feeder?.close();
    for (const storm of storms) storm.close();
    if (state) execFileSync("/bin/umount", ["-l", state]);
    await test?.stop();
  });

  const raw = (host: string): Buffer => {
    const folder = join(state, "console", host);
    const names = readdirSync(folder).filter((name) => /^\d.*\.raw$/.test(name));
    return Buffer.concat(names.sort().map((name) => readFileSync(join(folder, name))));
  };

  async function comeAll(): Promise<void> {
    const come = Array.from({ length: PEOPLE }, async (_, n) => {
      const host = n < STORMS ? `s${n}` : `k${n}`;
      const view = { mode: "read", reason: "soak", replayLines: 0, filter: "safe" } as const;
      const one = await test.site.attach({ host, ...view, columns: 100, rows: 30 });
      if (READS(n)) void readAll(one).catch(() => undefined);
    });
    await Promise.all(come);
  }

  async function readAll(one: Attachment): Promise<void> {
    for await (const event of one.events) if (event.is === "ended") return;
  }

  /** The disk takes nothing for a moment. */
  async function fillDisk(): Promise<void> {
    const filler = join(state, "filler");
    const fd = openSync(filler, "w");
    try {
      for (const piece = Buffer.alloc(PIECE_BYTES); ; ) writeSync(fd, piece);
    } catch (error) {
      expect(error).toMatchObject({ code: "ENOSPC" });
    } finally {
      closeSync(fd);
    }
    await pause(FULL_MS);
    rmSync(filler);
  }

  /** A log that grows has its files open, which are counted then. */
  async function allLog(): Promise<void> {
    const sizes = feeder.paths.map((_, n) => raw(`k${n}`).length);
    await until(
      "every console logs, by a keeper",
      300_000,
      () => sizes.every((size, n) => raw(`k${n}`).length > size) && keeperPid(state) !== undefined,
    );
  }

  it(
    `${ROUNDS} rounds: nothing is lost or doubled, memory and descriptors are flat`,
    async () => {
      let age = 0;
      // Before the disk was ever full: that closes files for a while, and fewer would be no level to compare with.
      let before: Pick<Row, "daemon" | "keeper"> | undefined;
      for (let round = 0; round < ROUNDS; round++) {
        if (age === LIFE) {
          await test.kill();
          await test.start();
          age = 0;
        }
        if (age === 0) await comeAll();
        if (round === 0) {
          await allLog();
          before = { daemon: useOf(test.pid), keeper: useOf(keeperPid(state) ?? 0) };
        }
        await fillDisk();
        await pause(ROUND_MS);
        age++;
        await allLog();
        rows.push({ round, age, daemon: useOf(test.pid), keeper: useOf(keeperPid(state) ?? 0) });
      }
      const printed = await feeder.stop();
      const size = () => feeder.paths.reduce((sum, _, n) => sum + raw(`k${n}`).length, 0);
      const wanted = printed.reduce((sum, one) => sum + one, 0);
      await until("the logs hold everything", 120_000, () => size() >= wanted);
      const found = printed.map((bytes, n) => compare(sequence(n, bytes), raw(`k${n}`)));
      const shown = rows.map(
        ({ round, age: lived, daemon, keeper }) =>
          `${round} ${lived} ${daemon.mib.toFixed(0)} ${daemon.files} ${keeper.mib.toFixed(0)} ${keeper.files}`,
      );
      console.info(
        `FIGURE soak: ${wanted} bytes, ${storms.reduce((sum, { resets }) => sum + resets, 0)} resets; round, age of the daemon, ` +
          `its MiB, its descriptors, the keeper's MiB, its descriptors\n${shown.join("\n")}`,
      );
      expect(found.flatMap(({ places }) => places)).toEqual([]);
      const [first, last] = [rows[0], rows.at(-1)];
      if (!before || !first || !last) throw new Error("no round");
      // Gross bounds: a round that leaks a descriptor a person, or keeps what it was sent, is beyond them.
      expect(last.keeper.files - before.keeper.files).toBeLessThan(PEOPLE / 2);
      expect(last.daemon.files - before.daemon.files).toBeLessThan(PEOPLE / 2);
      expect(last.keeper.mib - first.keeper.mib).toBeLessThan(64);
      expect(Math.max(...rows.map(({ daemon }) => daemon.mib))).toBeLessThan(600);
    },
    900_000 + 3 * ROUNDS * ROUND_MS,
  );
});
