import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { listSegments } from "../../src/core/log/log-folder.ts";
import { type SealKit, sealKit } from "../core/seal/seal-kit.ts";
import { runCli } from "./run-cli.ts";

let kit: SealKit;
let config: string;
beforeEach(async () => {
  kit = sealKit();
  const log = kit.open();
  log.append(Buffer.from("login: jana\r\n"));
  await log.sync();
  log.append(Buffer.from("Password:\r\n"));
  await log.close();
  config = join(kit.state, "oob.yaml");
  const hosts =
    "hosts: { web1: { console: tcp://192.0.2.2:7001 }, db1: { console: tcp://192.0.2.2:7002 } }";
  writeFileSync(config, `version: 1\nstate: ${kit.state}\n${hosts}\n`);
});

const log = (...argv: string[]) =>
  runCli(["log", ...argv, "--config", config], { env: { HOME: kit.state } });

/** Changes one byte of the newest segment. */
function tamper(): void {
  const path = join(kit.folder, `${listSegments(kit.folder).at(-1)}.raw`);
  const bytes = readFileSync(path);
  bytes[8] = 0x4a;
  writeFileSync(path, bytes);
}

test("oob log verify says consistent, and that this is not verified", async () => {
  const { code, stdout, stderr } = await log("verify", "web1");
  expect(code).toBe(0);
  expect(stdout).toMatch(/^web1 {2}consistent {2}1 segment, \d+ entries, 24 B\n/);
  expect(stdout).toMatch(/ {4}first key ed25519:[0-9a-f]{64}\n/);
  expect(stdout).not.toContain("verified");
  expect(stderr).toContain("consistent is not verified");
});

test("oob log verify --anchor says verified up to the place of what oob log anchor printed", async () => {
  const [first = ""] = kit.checkpoints();
  const anchors = join(kit.state, "anchors");
  writeFileSync(anchors, `Nov 22 12:00:01 loghost oob: ${first}\n`);
  const one = await log("verify", "web1", "--anchor", anchors);
  expect(one.code).toBe(0);
  expect(one.stdout).toMatch(/^web1 {2}verified/);
  expect(one.stdout).toMatch(/verified up to \d{4}-.*, byte 13, by an anchor\n/);
  expect(one.stdout).toMatch(/consistent up to .*, byte 24, its last checkpoint\n/);
  const { code, stdout } = await log("anchor", "web1");
  expect(code).toBe(0);
  appendFileSync(anchors, stdout);
  expect((await log("verify", "web1", "--anchor", anchors)).stdout).toMatch(
    /verified up to .*, byte 24, by an anchor/,
  );
});

test("oob log verify ends with 1 and names the place where a byte is not as it came", async () => {
  tamper();
  const { code, stdout } = await log("verify", "web1");
  expect(code).toBe(1);
  expect(stdout).toMatch(/^web1 {2}BROKEN/);
  expect(stdout).toMatch(
    / {4}20261122T120000Z, entry \d+, byte 0, 2026-.*: bytes are not as they came\n/,
  );
});

test("oob log verify --json prints one object a log", async () => {
  const { key } = JSON.parse((await log("verify", "web1", "--json")).stdout);
  const sound = await log("verify", "web1", kit.folder, "--key", key, "--json");
  expect(sound.code).toBe(0);
  const [one, other] = sound.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(one).toMatchObject({
    ...{ v: 1, host: "web1", result: "consistent", bytes: 24, recovered: 0, unsealedTail: 0 },
    ...{ verifiedTo: null, signedTo: { offset: 24 }, problems: [], unsealedSegments: [] },
  });
  expect(other).toMatchObject({ host: kit.folder, result: "consistent", bytes: 24 });
  tamper();
  const broken = JSON.parse((await log("verify", "web1", "--json")).stdout);
  expect(broken).toMatchObject({ result: "broken", problems: [{ offset: 0, entry: 2 }] });
});

test("oob log verify --key finds that the keys are not those that were kept", async () => {
  const path = join(kit.state, "first-key");
  writeFileSync(path, `oob: logs are sealed, first key ed25519:${"00".repeat(32)}; keep it\n`);
  const { code, stdout } = await log("verify", "web1", "--key", path);
  expect(code).toBe(1);
  expect(stdout).toContain("not with the key that was given");
});

test("oob log anchor prints one line, on a terminal of 100 columns, too", async () => {
  const plain = await log("anchor", "web1");
  const world = { env: { HOME: kit.state }, stdoutTty: true, columns: 100 };
  const shown = await runCli(["log", "anchor", "web1", "--config", config], world);
  expect(plain.stdout.length).toBeGreaterThan(200);
  expect(shown.stdout).toBe(plain.stdout);
});

test("oob log verify is told by 2 what cannot be read: a log, an anchor, a key, a verb", async () => {
  const none = await log("verify", "db1");
  expect([none.code, none.stderr]).toEqual([2, expect.stringContaining("was never opened here")]);
  const anchor = await log("verify", "web1", "--anchor", "/nowhere/anchors");
  expect([anchor.code, anchor.stderr]).toEqual([
    2,
    expect.stringContaining("Cannot read the anchor"),
  ]);
  const key = await log("verify", "web1", "--key", config);
  expect([key.code, key.stderr]).toEqual([2, expect.stringContaining("Cannot use the key in")]);
  const verb = await log("verfy", "web1");
  expect([verb.code, verb.stderr]).toEqual([2, expect.stringContaining('"verify"')]);
});

test("oob log anchor ends with 1 where a log has no checkpoint yet", async () => {
  const plain = sealKit({ state: kit.state, sealed: false });
  expect(plain.folder).toBe(kit.folder);
  for (const stem of listSegments(kit.folder)) writeFileSync(join(kit.folder, `${stem}.cp`), "");
  const { code, stdout, stderr } = await log("anchor", "web1");
  expect([code, stdout, stderr]).toEqual([1, "", "web1 has no checkpoint yet\n"]);
});
