import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { listSegments } from "../../src/core/log/log-folder.ts";
import { packLogs } from "../../src/core/log/log-packer.ts";
import { MANIFEST, parseManifest } from "../../src/core/seal/export-manifest.ts";
import { hours } from "../../src/lib/durations.ts";
import { type SealKit, sealKit } from "../core/seal/seal-kit.ts";
import { runCli } from "./run-cli.ts";

const HOSTS =
  "hosts: { web1: { console: tcp://192.0.2.2:7001 }, db1: { console: tcp://192.0.2.2:7002 } }";

let kit: SealKit;
let config: string;
let to: string;
beforeEach(async () => {
  kit = sealKit({ segmentBytes: 40 });
  const log = kit.open();
  for (let n = 0; n < 6; n++) {
    log.append(Buffer.from(`line ${n} of the console\r\n`));
    await log.sync(true);
    await kit.clock.advance(hours(1));
  }
  await log.close();
  config = join(kit.state, "oob.yaml");
  to = join(kit.state, "out");
  writeFileSync(config, `version: 1\nstate: ${kit.state}\n${HOSTS}\n`);
});

const log = (...argv: string[]) =>
  runCli(["log", ...argv, "--config", config], { env: { HOME: kit.state } });
/** On a machine that knows nothing of the site. */
const elsewhere = (...argv: string[]) => runCli(["log", ...argv], { env: { HOME: "/nowhere" } });

describe("oob log export", () => {
  test("makes a folder that sha256sum and oob log verify prove on another machine", async () => {
    const { code, stdout } = await log("export", "web1", "--to", to);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^web1 {2}6 segments, \d/);
    expect(stdout).toContain(`${to}  26 files, read back and compared\n`);
    execFileSync("sha256sum", ["--quiet", "--strict", "-c", MANIFEST], { cwd: to });
    rmSync(join(kit.state, "console"), { recursive: true });
    rmSync(join(kit.state, "seal"), { recursive: true });
    const verified = await elsewhere("verify", to);
    expect(verified.code).toBe(0);
    expect(verified.stdout).toContain(`${to}  whole  26 files as they were exported\n`);
    expect(verified.stdout).toMatch(
      /console\/web1 {2}consistent {2}6 segments, \d+ entries, 138 B/,
    );
    const anchor = join(kit.state, "anchor");
    const [point = ""] = readFileSync(
      join(to, "console/web1", `${listSegments(join(to, "console/web1")).at(-1)}.cp`),
      "latin1",
    ).split("\n");
    writeFileSync(anchor, `${point}\n`);
    expect((await elsewhere("verify", to, "--anchor", anchor)).stdout).toContain("  verified  ");
  });

  test("copies compressed segments as they are, and a log that is written as far as it is whole", async () => {
    await packLogs(kit.state, Date.now() + hours(9000), async () => {});
    const stems = listSegments(kit.folder);
    appendFileSync(join(kit.folder, `${stems.at(-1)}.tl`), "half an entry");
    appendFileSync(join(kit.folder, `${stems.at(-1)}.cp`), "oob-checkpoint-v1 half of");
    appendFileSync(join(kit.folder, `${stems.at(-1)}.raw`), "came a moment ago");
    const { code, stdout } = await log("export", "web1", "--to", to);
    expect([code, stdout]).toEqual([0, expect.stringContaining("consistent")]);
    expect(stdout).toContain("17 bytes at the end are not sealed yet");
    const names = readdirSync(join(to, "console/web1")).filter((name) => name.includes(".raw"));
    expect(names).toEqual([
      ...stems.slice(0, -1).map((stem) => `${stem}.raw.gz`),
      `${stems.at(-1)}.raw`,
    ]);
  });

  test("--until leaves out nothing for a name of when the clock was ahead", async () => {
    const log1 = kit.open();
    for (const step of [3650 * 24, -3650 * 24]) {
      kit.clock.stepWall(hours(step));
      log1.append(Buffer.from("what comes with the clock at another time\r\n"));
      log1.append(Buffer.from("and more\r\n"));
    }
    await log1.close();
    const { code, stdout } = await log(
      ...["export", "web1", "--to", to, "--until", "2026-11-25T00:00:00Z"],
    );
    expect([code, stdout]).toEqual([0, expect.stringContaining("consistent")]);
    expect(listSegments(join(to, "console/web1")).at(-1)).toBe(listSegments(kit.folder).at(-1));
  });

  test("--since and --until choose whole segments, and verify says what is not there", async () => {
    const { stdout } = await log(
      ...["export", "web1", "--to", to, "--since", "2026-11-22T14:30:00Z"],
      ...["--until", "2026-11-22T15:30:00Z"],
    );
    expect(listSegments(join(to, "console/web1"))).toEqual([
      "20261122T140000Z",
      "20261122T150000Z",
    ]);
    expect(stdout).toMatch(/begins at entry \d+: what was before is not here any more/);
    expect(JSON.parse(readFileSync(join(to, "export.json"), "utf8"))).toMatchObject({
      ...{ v: 1, since: "2026-11-22T14:30:00.000Z", until: "2026-11-22T15:30:00.000Z" },
      logs: [{ log: "web1", segments: ["20261122T140000Z", "20261122T150000Z"] }],
    });
  });

  test("verify finds what was changed, taken away or put in since, and what was wrong before", async () => {
    await log("export", "web1", "--to", to);
    const [first, second] = listSegments(kit.folder);
    const change = (name: string) => {
      const path = join(to, "console/web1", name);
      chmodSync(path, 0o600);
      writeFileSync(path, readFileSync(path).fill("x", 3, 4));
    };
    change(`${first}.raw`);
    change(`${second}.idx`);
    rmSync(join(to, "export.json"));
    writeFileSync(join(to, "console", "note"), "mine");
    const { code, stdout } = await elsewhere("verify", to);
    expect(code).toBe(1);
    expect(stdout).toContain(`${to}  BROKEN\n`);
    expect(stdout).toContain(`"console/web1/${first}.raw" is not as it was exported`);
    expect(stdout).toContain('"export.json" was exported, and is gone');
    expect(stdout).toContain('"console/note" was not exported');
    expect(stdout).toContain("bytes are not as they came");
    writeFileSync(join(kit.folder, `${first}.raw`), "other bytes, as many as there were\r\n");
    const broken = await log("export", "web1", "--to", `${to}2`);
    expect([broken.code, broken.stdout]).toEqual([1, expect.stringContaining("BROKEN")]);
    expect(existsSync(join(`${to}2`, MANIFEST))).toBe(true);
  });

  test("replaces nothing, and leaves nothing where it cannot end", async () => {
    mkdirSync(to);
    const there = await log("export", "web1", "--to", to);
    expect([there.code, there.stderr]).toEqual([5, expect.stringContaining("it exists")]);
    writeFileSync(`${to}3.iso`, "mine");
    const image = await log("export", "web1", "--to", `${to}3`, "--worm");
    expect([image.code, readFileSync(`${to}3.iso`, "utf8")]).toEqual([5, "mine"]);
    rmSync(join(kit.state, "seal", "keys"));
    mkdirSync(join(kit.state, "seal", "keys"));
    const keys = await log("export", "web1", "--to", `${to}4`);
    expect([keys.code, keys.stderr]).toEqual([1, expect.stringContaining("Cannot export to")]);
    expect(readdirSync(kit.state).filter((name) => name.startsWith("out"))).toEqual([
      "out",
      "out3.iso",
    ]);
  });

  test("is told by 2 where it is not said where to, where there is no log, and no such folder", async () => {
    expect((await log("export", "web1")).code).toBe(2);
    expect((await log("export", "db1", "--to", to)).code).toBe(2);
    expect((await log("export", "web1", "--to", "/nowhere/at/all")).code).toBe(2);
    expect((await log("export", "web9", "--to", to)).code).toBe(2);
  });

  test("--json is one object for the export, one for the copy and one for each log", async () => {
    const { stdout } = await log("export", "web1", "--to", to, "--json");
    const [made, copy, verdict] = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(made).toMatchObject({ v: 1, folder: to, files: 26, logs: [{ log: "web1" }] });
    expect(copy).toEqual({ v: 1, export: to, problems: [], files: 26 });
    expect(verdict).toMatchObject({ result: "consistent", bytes: 138 });
  });
});

describe("parseManifest()", () => {
  const digest = "ab".repeat(32);

  test("takes no path that leads out of the folder, and no line twice", () => {
    expect(parseManifest(`${digest}  console/web1%20/a.raw\n`).problems).toEqual([]);
    for (const path of ["../x", "/etc/passwd", "a/../b", "a//b", "a\\b", "", ".ssh/x", "a b"])
      expect([path, parseManifest(`${digest}  ${path}\n`).problems]).toEqual([
        path,
        ["line 1 of it makes no sense"],
      ]);
    expect(parseManifest(`${digest}  a\n${digest}  a\n`).problems).toHaveLength(1);
    expect(parseManifest(`${digest}  a`).problems).toEqual(["it ends in the middle of a line"]);
  });
});
