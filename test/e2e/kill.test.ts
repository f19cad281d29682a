/**
 * `kill -9` of the daemon while consoles print. Lines of a sequence come on ptys at the pace of 115200 baud; whatever a
 * line took has to stand in the log, once and in order, at whatever moment the daemon was killed.
 *
 *   OOB_KILLS=100 npx vitest run --config vitest.e2e.config.ts test/e2e/kill.test.ts
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { TestSite } from "./rig/daemon.ts";
import { PtyFeeder } from "./rig/pty-feeder.ts";
import { compare, sequence } from "./rig/sequence.ts";

const KILLS = Number(process.env.OOB_KILLS ?? 20);
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

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

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
    const printed = await feeder.stop();
    await caughtUp(sum(printed));
    const found = printed.map((bytes, n) => compare(sequence(n, bytes), logged(n)));
    const lost = sum(found.map((one) => one.lost));
    const doubled = sum(found.map((one) => one.doubled));
    const figures = `${KILLS} kills, ${CONSOLES} consoles, ${sum(printed)} bytes: ${lost} lost, ${doubled} doubled`;
    process.stderr.write(`${figures}\n`);
    expect(
      found.flatMap(({ places }, n) => places.map((place) => `k${n}, ${place}`)),
      figures,
    ).toEqual([]);
  },
  60_000 + KILLS * 10_000,
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
