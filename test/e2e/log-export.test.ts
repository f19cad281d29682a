/** An export as an ISO image for media that are written once: by the real xorriso, read back through it. */
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { runCli } from "../cli/run-cli.ts";
import { type SealKit, sealKit } from "../core/seal/seal-kit.ts";

const HOST = "hosts: { web1: { console: tcp://192.0.2.2:7001 } }";
const PATH = process.env.PATH ?? "";
const XORRISO = "xorriso";

let kit: SealKit;
let config: string;
let to: string;
beforeEach(async () => {
  kit = sealKit({ segmentBytes: 200 });
  const log = kit.open();
  // More segments than one call of xorriso is asked for.
  for (let n = 0; n < 55; n++) {
    log.append(Buffer.from(`line ${n} of the console `.repeat(7)));
    await log.sync(true);
    await kit.clock.advance(2000);
  }
  await log.close();
  config = join(kit.state, "oob.yaml");
  to = join(kit.state, "out");
  writeFileSync(config, `version: 1\nstate: ${kit.state}\n${HOST}\n`);
});
afterEach(() => {
  process.env.PATH = PATH;
});

const log = (...argv: string[]) =>
  runCli(["log", ...argv, "--config", config], { env: { HOME: kit.state } });
const left = () =>
  readdirSync(kit.state)
    .filter((name) => name.startsWith("out"))
    .sort();

/** Programs of a folder are found in front of the system's. */
function programs(script?: string): void {
  const folder = join(kit.state, "bin");
  mkdirSync(folder);
  if (script !== undefined) {
    writeFileSync(join(folder, "xorriso"), `#!/bin/sh\n${script}`);
    chmodSync(join(folder, "xorriso"), 0o755);
  }
  process.env.PATH = script === undefined ? folder : `${folder}:${PATH}`;
}

it("--worm makes an image of which every file was read back, and which is proven after it is unpacked", async () => {
  const { code, stdout } = await log("export", "web1", "--to", to, "--worm");
  expect(code).toBe(0);
  expect(stdout).toMatch(/out\.iso {2}[\d.]+ [kM]B, 223 files read back from it\n/);
  expect(statSync(`${to}.iso`).mode & 0o777).toBe(0o440);
  expect(left()).toEqual(["out", "out.iso"]);
  const copy = join(kit.state, "copy");
  const words = ["-no_rc", "-osirrox", "on", "-indev", `stdio:${to}.iso`, "-extract", "/", copy];
  execFileSync(XORRISO, words, { stdio: "ignore" });
  const verified = await runCli(["log", "verify", copy], { env: { HOME: "/nowhere" } });
  expect([verified.code, verified.stdout]).toEqual([0, expect.stringContaining("  consistent  ")]);
}, 120_000);

it("--worm keeps no image in which a byte is not as it was exported", async () => {
  programs(
    [
      `PATH='${PATH}' xorriso "$@" || exit`,
      'for word; do [ "$last" = -o ] && sed -i "s/line 41 of/line 4X of/" "$word"; last=$word; done',
      "exit 0",
      "",
    ].join("\n"),
  );
  const { code, stderr } = await log("export", "web1", "--to", to, "--worm");
  expect([code, stderr]).toEqual([
    1,
    expect.stringMatching(/Cannot read the image back .*raw" in it is not what was exported/),
  ]);
  expect(left()).toEqual([]);
}, 120_000);

it("--worm says what is missing where there is no xorriso", async () => {
  programs();
  const { code, stderr } = await log("export", "web1", "--to", to, "--worm");
  expect([code, stderr]).toEqual([1, expect.stringContaining("Debian package xorriso")]);
  expect(existsSync(to)).toBe(false);
}, 120_000);
