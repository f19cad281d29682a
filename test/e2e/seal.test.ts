/**
 * Sealed logs of a daemon and its keeper that are killed while consoles print; each is held against a second verifier,
 * written from docs/guides/evidence.md alone (seal/verify.py). Long form: OOB_SEAL_KILLS=100 OOB_SEAL_TAMPERED=400.
 */
import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { listSegments } from "../../src/core/log/log-folder.ts";
import { packLogs } from "../../src/core/log/log-packer.ts";
import { hours } from "../../src/lib/durations.ts";
import { MANIPULATIONS, readFiles, writeFiles } from "../core/seal/manipulate.ts";
import { sealKit } from "../core/seal/seal-kit.ts";
import { TestSite } from "./rig/daemon.ts";
import { isRunning, keeperPid } from "./rig/keeper-process.ts";
import { PtyFeeder } from "./rig/pty-feeder.ts";
import { pause, until } from "./rig/rack-site.ts";

const VERIFIER = new URL("seal/verify.py", import.meta.url).pathname;
const KILLS = Number(process.env.OOB_SEAL_KILLS ?? 4);
const TAMPERED = Number(process.env.OOB_SEAL_TAMPERED ?? 8);
/** Where bytes are changed: at the same places in every run; OOB_SEED=random looks elsewhere, and says where. */
const { OOB_SEED: seed = "1" } = process.env;
const SEED = seed === "random" ? Math.floor(Math.random() * 2 ** 31) : Number(seed);
const CONSOLES = 3;
const HOSTS = Array.from({ length: CONSOLES }, (_, n) => `k${n}`);
/** Bytes a second: a segment of the least size ends within seconds. */
const RATE = 150_000;
const READS_MS = 1500;

let feeder: PtyFeeder;
let test: TestSite;

beforeAll(async () => {
  feeder = await PtyFeeder.start(CONSOLES, RATE);
  const hosts = feeder.paths.map(
    (path, n) => `  k${n}: { console: { driver: serial, path: ${path} } }`,
  );
  test = new TestSite(`log: { segment: 1M }\nhosts:\n${hosts.join("\n")}\n`);
});

afterAll(async () => {
  await test?.stop();
  await feeder?.close();
});

const state = (...parts: string[]): string => join(test.folder, "state", ...parts);

const namesIn = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder) : []);

const bytesOf = (host: string): number =>
  namesIn(state("console", host))
    .filter((name) => /^\d.*\.raw$/.test(name))
    .reduce((sum, name) => sum + statSync(state("console", host, name)).size, 0);

/** Mulberry32: the same numbers from 0 to 1 for the same seed. */
function numbers(from: number): () => number {
  let at = from >>> 0;
  return () => {
    at = (at + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(at ^ (at >>> 15), at | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What the second verifier says. */
const second = (
  folder: string,
  keys: string,
  ...more: string[]
): Promise<Record<string, unknown>> =>
  new Promise((resolve, reject) => {
    const args = [VERIFIER, folder, keys, ...more];
    execFile("python3", args, (error, stdout) =>
      error ? reject(error) : resolve(JSON.parse(stdout)),
    );
  });

/** What ours says of logs. */
async function ours(...args: string[]): Promise<Record<string, unknown>[]> {
  const { stdout } = await test.run("log", "verify", ...args, "--json");
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

/** Waits until a keeper's reads reach the log. */
async function reads(): Promise<number> {
  const size = () => HOSTS.reduce((sum, host) => sum + bytesOf(host), 0);
  const before = size();
  let pid: number | undefined;
  await until("the keeper reads", 120_000, () => {
    pid = keeperPid(state());
    return pid !== undefined && size() > before;
  });
  return pid ?? 0;
}

it(
  `logs are consistent after ${KILLS} kills of keeper and daemon; what no entry covered is adopted`,
  async () => {
    await test.launch();
    expect(test.talk).toMatch(/first key ed25519:[0-9a-f]{64}; keep it elsewhere/);
    for (let kill = 0; kill < KILLS; kill++) {
      const pid = await reads();
      await pause(Math.random() * READS_MS);
      process.kill(pid, "SIGKILL");
      // Until it is gone its lock would be taken for that of the next one.
      await until("the killed keeper is gone", 120_000, () => !isRunning(pid));
      if (kill % 3 !== 2) continue;
      await test.kill();
      await test.launch();
    }
    await reads();
    await feeder.stop();
    const live = await ours(...HOSTS);
    expect(live.map(({ result, problems }) => [result, problems])).toEqual(
      HOSTS.map(() => ["consistent", []]),
    );
    await test.end();
    const anchors = await test.run("log", "anchor", ...HOSTS);
    expect(anchors.code).toBe(0);
    writeFileSync(join(test.folder, "anchors"), anchors.stdout);
    const sealed = await ours(...HOSTS, "--anchor", join(test.folder, "anchors"));
    for (const [n, host] of HOSTS.entries())
      expect(sealed[n]).toMatchObject({
        result: "verified",
        bytes: bytesOf(host),
        unsealedTail: 0,
      });
    expect(sealed.some(({ recovered }) => Number(recovered) > 0)).toBe(true);
  },
  200_000 + KILLS * 40_000,
);

it("a verifier written from the guide alone says the same of every log", async () => {
  const anchor = join(test.folder, "anchors");
  const [first] = await ours("k0", "--anchor", anchor);
  for (const host of HOSTS) {
    const [one] = await ours(host, "--anchor", anchor, "--key", String(first?.key));
    const { result, entries, bytes, verifiedTo, signedTo } = one ?? {};
    const other = await second(
      state("console", host),
      state("seal", "keys"),
      "--anchor",
      anchor,
      "--key",
      String(first?.key),
    );
    expect(other.problems).toEqual([]);
    expect({ result, entries, bytes, verifiedTo, signedTo }).toMatchObject({
      ...{ result: other.result, entries: other.entries, bytes: other.bytes },
      ...{ verifiedTo: other.verifiedTo, signedTo: other.signedTo },
    });
  }
});

it("and of a log whose older segments are compressed, and of one where that was changed before", async () => {
  const kit = sealKit({ segmentBytes: 2000 });
  const log = kit.open();
  for (let n = 0; n < 100; n++) {
    log.append(Buffer.from(`[${n}.104233] sd 0:0:0:0: timing out command\r\n`));
    if (n % 10 === 0) await log.sync(true);
  }
  await log.close();
  const pack = () => packLogs(kit.state, Date.now() + hours(9000), async () => {});
  const keys = join(kit.state, "seal", "keys");
  const [first = ""] = listSegments(kit.folder);
  const changed = readFileSync(join(kit.folder, `${first}.raw`)).fill("x", 70, 71);
  await pack();
  expect(existsSync(join(kit.folder, `${first}.raw`))).toBe(false);
  expect((await kit.verify()).result).toBe("consistent");
  expect((await second(kit.folder, keys)).result).toBe("consistent");
  writeFileSync(join(kit.folder, `${first}.raw`), changed);
  await pack();
  expect((await kit.verify()).result).toBe("broken");
  expect((await second(kit.folder, keys)).result).toBe("broken");
});

it("and of a log of many segments, as it was and tampered with, with an anchor and without", async () => {
  const kit = sealKit({ segmentBytes: 2000 });
  const log = kit.open();
  for (let n = 0; n < 100; n++) {
    log.append(Buffer.from(`[${n}.104233] sd 0:0:0:0: timing out command\r\n`));
    if (n % 20 === 0) log.mark("power", `cycle of pdu-a/${n}`);
    if (n % 10 === 0) await log.sync(true);
    await kit.clock.advance(hours(2));
  }
  await log.close();
  const anchor = kit.checkpoints().at(-1) ?? "";
  const file = join(kit.state, "anchors");
  writeFileSync(file, `${anchor}\n`);
  const keys = join(kit.state, "seal", "keys");
  const both = async (name: string) => {
    const [mine, alone] = [await kit.verify({ anchor }), await kit.verify()];
    const theirs = await second(kit.folder, keys, "--anchor", file);
    const theirsAlone = await second(kit.folder, keys);
    expect([theirs.result, theirsAlone.result], name).toEqual([mine.result, alone.result]);
    return mine.result;
  };
  expect(await both("as it was")).toBe("verified");
  const files = readFiles(kit.folder);
  const random = numbers(SEED);
  for (let n = 0; n < TAMPERED; n++) {
    const { name, run } = MANIPULATIONS[n % MANIPULATIONS.length] ?? {};
    const changed = run?.(files, (below) => Math.floor(random() * below));
    if (!changed || name === undefined) continue;
    writeFiles(kit.folder, changed, files);
    const result = await both(name);
    writeFiles(kit.folder, files, changed);
    expect(result, `${name}, seed ${SEED}`).toBe("broken");
  }
});
