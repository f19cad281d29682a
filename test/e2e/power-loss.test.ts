/**
 * The machine that runs oob loses power: its logs lie on a virtual disk of a guest (QEMU), which holds at every moment what
 * a power cut would leave: the guest is stopped, its disk is copied as it is, and it goes on; at last it is killed. Each disk is
 * then mended as at a boot, and every log compared with what its line printed.
 *
 *   OOB_LOSSES=500 npx vitest run --config vitest.e2e.config.ts test/e2e/power-loss.test.ts
 */
import { execFileSync, spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { connect } from "node:net";
import { tmpdir, uptime } from "node:os";
import { basename, join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ConsoleLog } from "../../src/core/log/console-log.ts";
import { GroupSync } from "../../src/core/log/group-sync.ts";
import { DayKeys } from "../../src/core/seal/day-keys.ts";
import { keyFiles, sealFolder } from "../../src/core/seal/seal-files.ts";
import { verifyLog } from "../../src/core/seal/verify-log.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { sharedFolder } from "../shared/shared-folder.ts";
import { TestSite } from "./rig/daemon.ts";
import { Machine } from "./rig/machine.ts";
import { packProduct } from "./rig/pack-product.ts";
import { pause, until } from "./rig/rack-site.ts";
import { compare, sequence } from "./rig/sequence.ts";

const LOSSES = Number(process.env.OOB_LOSSES ?? 8);
const CONSOLES = 4;
/** Bytes a second: 38400 baud each. An emulated machine is busy with it. */
const RATE = 3840;
/** log.sync, and what security's figure 2 allows on top. */
const SYNC_MS = 1000;
const ALLOWED_MS = 100;
/** An emulated processor is away for so long now and then, and tells the time only afterwards. */
const SLOW_MS = Number(process.env.OOB_LOSS_SLOW ?? 2000);
const MINUTES = 60_000;

const rig = sharedFolder === undefined ? undefined : join(sharedFolder, "rig/testbed");
const testbed = process.env.TB ?? join(tmpdir(), "oob-testbed");
const missing =
  rig !== undefined && existsSync(join(rig, "build-serialguest.sh"))
    ? undefined
    : "shared/rig/testbed";
if (missing !== undefined) console.log(`power-loss is skipped: no ${missing}`);

/** What the guest said last: when (its own clock), and the size of each log. */
interface Told {
  readonly at: number;
  readonly sizes: readonly number[];
}

/** A disk as a power cut leaves it, and all that the guest had told until then. */
interface Loss {
  readonly disk: string;
  readonly told: readonly Told[];
}

const work = mkdtempSync(join(tmpdir(), "oob-power-loss-"));
afterAll(() => rmSync(work, { recursive: true, force: true }));

/** Modules that the guest's own image is without, in their order. */
function copyModules(): readonly string[] {
  const release = readFileSync(join(testbed, "full/release"), "utf8").trim();
  const names = ["virtio_blk", "ext4"].flatMap((module) => {
    const words = ["-d", join(testbed, "full/root"), "-S", release, "--show-depends", module];
    const text = execFileSync("modprobe", words, { encoding: "utf8" });
    return text.split("\n").flatMap((row) => /^insmod (\S+)/.exec(row)?.[1] ?? []);
  });
  for (const path of names) copyFileSync(path, join(work, basename(path)));
  return [...new Set(names.map((path) => basename(path)))];
}

class Guest {
  readonly told: Told[] = [];
  text = "";
  readonly disk = join(work, "state.img");
  readonly #machine: Machine;

  constructor() {
    const share = (path: string, tag: string, more = "") => [
      "-virtfs",
      `local,path=${path},mount_tag=${tag},security_model=none${more}`,
    ];
    this.#machine = new Machine("loss", {
      kernel: join(testbed, "full/vmlinuz"),
      initrd: join(testbed, "sg.gz"),
      append: "console=ttyS0,115200 quiet",
      memoryMib: 1024,
      waitsForConsole: true,
      more: [
        ...share("/", "host", ",readonly=on,multidevs=remap"),
        ...share(work, "work"),
        ...["-drive", `file=${this.disk},format=raw,if=virtio,cache=writeback`],
      ],
    });
  }

  async start(): Promise<void> {
    this.#machine.powerOn();
    await until("QEMU listens", MINUTES, () => existsSync(this.#machine.unixPath));
    const socket = connect(this.#machine.unixPath);
    socket.on("error", () => undefined);
    let row = "";
    socket.on("data", (bytes: Buffer) => {
      const rows = (row + bytes.toString("latin1")).split(/\r*\n/);
      row = rows.pop() ?? "";
      for (const one of rows) this.#heard(one);
    });
  }

  #heard(row: string): void {
    const [, at, sizes] = /^AT (\d+) ([\d ]+)$/.exec(row) ?? [];
    if (at === undefined || sizes === undefined) this.text += `${row}\n`;
    else this.told.push({ at: Number(at), sizes: sizes.split(" ").map(Number) });
  }

  /** The power goes, and in another world it does not. */
  async lose(name: string): Promise<Loss> {
    await this.#machine.qmp("stop");
    const disk = join(work, name);
    copyFileSync(this.disk, disk);
    const told = [...this.told];
    await this.#machine.qmp("cont");
    return { disk, told };
  }

  kill(): Loss {
    this.#machine.powerOff();
    return { disk: this.disk, told: [...this.told] };
  }

  end(): void {
    this.#machine.dispose();
  }
}

/** The state folder of a disk, its file system mended as a boot does it. */
function stateOf(disk: string): string {
  const { status, stdout } = spawnSync("e2fsck", ["-fy", disk], { encoding: "utf8" });
  // 1: mended, which is what a journal is for.
  expect([0, 1], stdout).toContain(status);
  const folder = `${disk}.state`;
  mkdirSync(folder);
  execFileSync("debugfs", ["-R", `rdump / ${folder}`, disk], { stdio: "ignore" });
  return folder;
}

function logOf(state: string, console: number): Buffer {
  const folder = join(state, "console", `k${console}`);
  const names = readdirSync(folder).filter((name) => /^\d.*\.raw$/.test(name));
  return Buffer.concat(names.sort().map((name) => readFileSync(join(folder, name))));
}

/** What the next start makes of a log. This machine did not start anew, as the guest's would have: the files are made older. */
async function recover(state: string, console: number): Promise<void> {
  const host = `k${console}`;
  const before = Date.now() / 1000 - uptime() - 3600;
  const folder = join(state, "console", host);
  for (const name of readdirSync(folder)) utimesSync(join(folder, name), before, before);
  const clock = systemClock;
  const sync = new GroupSync({ clock, interval: SYNC_MS, failed: () => undefined });
  const keys = new DayKeys(sealFolder(state), clock);
  const log = new ConsoleLog({ state, host, clock, sync, segmentBytes: 1 << 30, keys });
  await log.sync(true);
  await log.close();
}

/** What a cut left of one console, against what it had printed; and how old the oldest byte was that it took, in ms. */
async function lookAt(state: string, { told }: Loss, console: number) {
  const left = logOf(state, console).length;
  await recover(state, console);
  const logged = logOf(state, console);
  const { places } = compare(sequence(console, logged.length), logged);
  const last = told.at(-1)?.at ?? 0;
  const unkept = told.find(({ sizes }) => (sizes[console] ?? 0) > logged.length);
  const zeros = left - logged.length;
  const log = `k${console}`;
  const folder = join(state, "console", log);
  const keys = keyFiles(sealFolder(state)).list;
  const { result, problems } = await verifyLog({ folder, log, keys });
  const seal = `${result}${problems.map(({ what }) => `: ${what}`).join("")}`;
  return { bytes: logged.length, zeros, seal, places, lostMs: unkept ? last - unkept.at : 0 };
}

describe.skipIf(missing !== undefined)("power loss", () => {
  let guest: Guest;

  beforeAll(async () => {
    if (rig === undefined) throw new Error(missing);
    const build = `[ -s "$TB/sg.gz" ] || { "$0/build-kernel.sh" && "$0/build-serialguest.sh"; }`;
    const made = spawnSync("flock", [`${testbed}.lock`, "sh", "-c", build, rig], {
      env: { ...process.env, TB: testbed, FULL: "1" },
      encoding: "utf8",
    });
    expect(made.status, made.stderr).toBe(0);
    const own = join(import.meta.dirname, "power-loss");
    packProduct(work, [
      [own, "guest.mjs"],
      [resolve(own, "../rig"), "pty-feeder.py"],
    ]);
    guest = new Guest();
    execFileSync("mke2fs", ["-q", "-t", "ext4", guest.disk, "64M"]);
    const modules = copyModules();
    writeFileSync(
      join(work, "guest-run"),
      [
        ...modules.map((name) => `insmod ./${name} 2>/dev/null`),
        "mkdir /tmp/state /tmp/oob && mount -t ext4 /dev/vda /tmp/state || exit 1",
        "tar -xf product.tar -C /tmp/oob && cd /tmp/oob",
        `node guest.mjs /tmp/state ${CONSOLES} ${RATE} 2>&1`,
        "",
      ].join("\n"),
    );
  }, 15 * MINUTES);
  afterAll(() => guest?.end());

  it(
    `of ${LOSSES} cuts, none leaves a byte twice, torn or out of order, or takes more than one sync interval`,
    async () => {
      await guest.start();
      const isLogging = () => {
        expect(guest.text).not.toMatch(/daemon ended|GUEST-RC/);
        const { at = Infinity } =
          guest.told.find(({ sizes }) => sizes.every((size) => size > 20_000)) ?? {};
        // All that came may have come at once: the first sync has to be over, too, by the guest's own clock.
        return (guest.told.at(-1)?.at ?? 0) - at > SYNC_MS + SLOW_MS;
      };
      await until("the guest logs", 8 * MINUTES, isLogging);
      const losses: Loss[] = [];
      for (let cut = 0; cut < LOSSES - 1; cut++) {
        // Anywhere in a sync interval, and not in step with it.
        await pause(SYNC_MS * (0.7 + Math.random()));
        losses.push(await guest.lose(`cut-${cut}.img`));
      }
      losses.push(guest.kill());
      const found: Awaited<ReturnType<typeof lookAt>>[] = [];
      for (const loss of losses) {
        const state = stateOf(loss.disk);
        for (let console = 0; console < CONSOLES; console++)
          found.push(await lookAt(state, loss, console));
        if (loss !== losses.at(-1)) rmSync(state, { recursive: true });
      }
      const lost = found.map(({ lostMs }) => lostMs).sort((a, b) => a - b);
      const at = (share: number) =>
        lost[Math.min(lost.length - 1, Math.floor(lost.length * share))];
      const bytes = found.reduce((sum, one) => sum + one.bytes, 0);
      const zeros = found.reduce((sum, one) => sum + one.zeros, 0);
      console.info(
        `FIGURE power loss: ${LOSSES} cuts of ${CONSOLES} consoles, ${bytes} bytes kept, ${zeros} zeros taken away; age of the oldest byte lost: ` +
          `median ${at(0.5)} ms, p99 ${at(0.99)} ms, most ${lost.at(-1)} ms`,
      );
      expect(found.flatMap(({ places }) => places)).toEqual([]);
      expect(new Set(found.map(({ seal }) => seal))).toEqual(new Set(["consistent"]));
      expect(Math.min(...found.map((one) => one.bytes))).toBeGreaterThan(0);
      expect(lost.at(-1)).toBeLessThanOrEqual(SYNC_MS + ALLOWED_MS + SLOW_MS);
    },
    (12 + LOSSES / 10) * MINUTES,
  );

  it("a daemon that starts on such a disk goes on with the logs, and its audit trail is whole", {
    timeout: 3 * MINUTES,
  }, async () => {
    const test = new TestSite("hosts:\n  k0: { console: { driver: exec, command: cat } }\n");
    try {
      execFileSync("cp", ["-r", `${guest.disk}.state`, join(test.folder, "state")]);
      const before = logOf(join(test.folder, "state"), 0);
      const { code, stdout } = await test.run("log", "k0", "-n", "20", "--json");
      expect(code).toBe(0);
      const lines = stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line).text as string);
      expect(before.toString("latin1")).toContain(`${lines.at(-2)}\r\n`);
      await test.start();
      const events = await test.run("events", "--json");
      expect(events.code).toBe(0);
      expect(events.stdout).toContain("daemon");
      expect(logOf(join(test.folder, "state"), 0).subarray(0, before.length).equals(before)).toBe(
        true,
      );
    } finally {
      await test.stop();
    }
  });
});
