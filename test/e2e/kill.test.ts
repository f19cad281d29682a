/**
 * `kill -9` of the daemon while consoles print. Lines of a sequence come on ptys at the pace of 115200 baud; whatever a
 * line took has to stand in the log, once and in order, at whatever moment the daemon was killed.
 *
 *   OOB_KILLS=100 OOB_UPGRADES=200 npx vitest run --config vitest.e2e.config.ts test/e2e/kill.test.ts
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { TestSite } from "./rig/daemon.ts";
import { isRunning, keeperPid } from "./rig/keeper-process.ts";
import { PtyFeeder } from "./rig/pty-feeder.ts";
import { pause, until } from "./rig/rack-site.ts";
import { compare, sequence } from "./rig/sequence.ts";
import { Typist } from "./rig/typist.ts";

const KILLS = Number(process.env.OOB_KILLS ?? 20);
const UPGRADES = Number(process.env.OOB_UPGRADES ?? 3);
const KEEPER_KILLS = Number(process.env.OOB_KEEPER_KILLS ?? 5);
const CONSOLES = Number(process.env.OOB_KILL_CONSOLES ?? 8);
/** Bytes a second: 115200 baud, 8n1. */
const RATE = 11_500;
/** The daemon reads this long before it is killed, at most. */
const READS_MS = 600;
/** From its first instruction to ready takes about this long: some kills fall into it. */
const STARTS_MS = 700;

let feeder: PtyFeeder;
let test: TestSite;
let began: number;

beforeAll(async () => {
  feeder = await PtyFeeder.start(CONSOLES, RATE);
  const hosts = feeder.paths.map(
    (path, n) => `  k${n}: { console: { driver: serial, path: ${path} } }`,
  );
  test = new TestSite(`hosts:\n${hosts.join("\n")}\n`);
  began = Date.now();
});

afterAll(async () => {
  await test?.stop();
  await feeder?.close();
});

const segments = (console: number): string[] => {
  const folder = join(test.folder, "state", "console", `k${console}`);
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => /^\d.*\.raw$/.test(name));
  return names.sort().map((name) => join(folder, name));
};

const logged = (console: number): Buffer =>
  Buffer.concat(segments(console).map((path) => readFileSync(path)));

const sum = (all: readonly number[]): number => all.reduce((total, one) => total + one, 0);

const sizeOfAll = (): number =>
  sum(feeder.paths.flatMap((_, n) => segments(n)).map((path) => statSync(path).size));

/** Waits until the logs have that many bytes, or do not grow any more. */
async function caughtUp(bytes: number): Promise<void> {
  for (let still = 0, size = -1; still < 20 && sizeOfAll() < bytes; still++) {
    await pause(100);
    if (sizeOfAll() !== size) still = 0;
    size = sizeOfAll();
  }
}

/** Stops the printing, and compares what every line took with what its log holds. */
async function count(what: string) {
  const printed = await feeder.stop();
  await caughtUp(sum(printed));
  const found = printed.map((bytes, n) => compare(sequence(n, bytes), logged(n)));
  const lost = sum(found.map((one) => one.lost));
  const doubled = sum(found.map((one) => one.doubled));
  const places = found.flatMap((one, n) => one.places.map((place) => `k${n}, ${place}`));
  const figures = `${what}, ${CONSOLES} consoles, ${sum(printed)} bytes: ${lost} lost, ${doubled} doubled`;
  process.stderr.write(`${figures}\n`);
  return { lost, doubled, places, figures };
}

it(
  `the log holds every byte once and in order over ${KILLS} kills of the daemon`,
  async () => {
    for (let kill = 0; kill < KILLS; kill++) {
      const ready = test.launch();
      if (kill % 5 === 4) {
        ready.catch(() => undefined);
        await pause(Math.random() * STARTS_MS);
      } else {
        const before = sizeOfAll();
        await ready;
        while (sizeOfAll() === before) await pause(5);
        await pause(Math.random() * READS_MS);
      }
      await test.kill();
    }
    await test.launch();
    const { places, figures } = await count(`${KILLS} kills of the daemon`);
    expect(places, figures).toEqual([]);
  },
  180_000 + KILLS * 10_000,
);

it("oob log shows the lines with times of arrival after the last kill", async () => {
  const { code, stdout } = await test.run("log", "k0", "-n", "50", "--json");
  expect(code).toBe(0);
  const lines = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines.length).toBeGreaterThanOrEqual(50);
  for (const { at } of lines) {
    expect(Date.parse(at)).toBeGreaterThan(began - 1000);
    expect(Date.parse(at)).toBeLessThan(Date.now() + 1000);
  }
});

/** Waits for a keeper whose reads reach the log; gives its process id. */
async function keeperReads(): Promise<number> {
  const before = sizeOfAll();
  let pid: number | undefined;
  await until("the keeper reads", 20_000, () => {
    pid = keeperPid(join(test.folder, "state"));
    return pid !== undefined && sizeOfAll() > before;
  });
  return pid ?? 0;
}

it(
  `the log holds every byte once and in order over ${UPGRADES} upgrades of daemon and keeper`,
  async () => {
    feeder.go();
    for (let upgrade = 0; upgrade < UPGRADES; upgrade++) {
      // Stopped in order, which ends the keeper too, and the next one is started: what a line holds meanwhile is 20 kB.
      await test.end();
      await test.launch();
      await keeperReads();
      await pause(Math.random() * READS_MS);
    }
    const { places, figures } = await count(`${UPGRADES} upgrades of daemon and keeper`);
    expect(places, figures).toEqual([]);
  },
  120_000 + UPGRADES * 20_000,
);

it("a daemon that hangs does not stop the log, and goes on with it afterwards", async () => {
  await test.end();
  await test.start();
  feeder.go();
  await keeperReads();
  test.signal("SIGSTOP");
  const before = sizeOfAll();
  await pause(2000);
  expect(sizeOfAll()).toBeGreaterThan(before + CONSOLES * RATE);
  test.signal("SIGCONT");
  const person = await Typist.at(test.site, "k0");
  await person.sees(/\d{10} [0-9a-f]{48}/, 10_000);
  await person.leave();
  const { places, figures } = await count("after a daemon that hung for 2 s");
  expect(places, figures).toEqual([]);
});

it(
  `kill -9 of the process that holds the ports, ${KEEPER_KILLS} times: it comes back, nothing is doubled`,
  async () => {
    feeder.go();
    for (let kill = 0; kill < KEEPER_KILLS; kill++) {
      const pid = await keeperReads();
      await pause(Math.random() * READS_MS);
      process.kill(pid, "SIGKILL");
    }
    await keeperReads();
    const { lost, doubled, figures } = await count(`${KEEPER_KILLS} kills of the keeper`);
    expect(doubled, figures).toBe(0);
    // At most the read that was under way at each port.
    expect(lost, figures).toBeLessThanOrEqual(KEEPER_KILLS * CONSOLES * 4095);
    const status = await test.site.status([], { power: false });
    expect(status.map((one) => one.console.is)).toEqual(feeder.paths.map(() => "up"));
  },
  60_000 + KEEPER_KILLS * 10_000,
);

it("without a daemon, a command is told who has the port; the next daemon has it again", async () => {
  feeder.go();
  await test.kill();
  const { code, stderr } = await test.run("send", "k0", "x");
  expect(code).toBe(5);
  expect(stderr).toMatch(/"oob-keeper" \(pid \d+\) has it/);
  const pid = keeperPid(join(test.folder, "state"));
  await test.start();
  expect(keeperPid(join(test.folder, "state"))).toBe(pid);
});

it("a daemon that is ended gives the ports free, and loses nothing", async () => {
  const pid = keeperPid(join(test.folder, "state")) ?? 0;
  expect(pid).not.toBe(0);
  await test.end();
  expect(isRunning(pid)).toBe(false);
  await test.launch();
  const { places } = await count("after a restart");
  expect(places.filter((place) => place.includes("doubled"))).toEqual([]);
});
