/*
 * XMODEM and YMODEM against lrzsz, which most network gear behaves like, at a shell on a pty; and against U-Boot's
 * loady in QEMU. Debian: lrzsz, u-boot-qemu, qemu-system-x86.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { systemClock } from "../../src/lib/clock.ts";
import { runCli } from "../cli/run-cli.ts";
import { ShellSite } from "../cli/shell-site.ts";
import { TestSite } from "./rig/daemon.ts";
import { freePort } from "./rig/machine.ts";
import { until } from "./rig/rack-site.ts";
import { Typist } from "./rig/typist.ts";

const root = mkdtempSync(join(tmpdir(), "oob-lrzsz-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Ends neither at a block's end nor in what blocks are filled up with. */
const FILE = Buffer.concat([randomBytes(8000), Buffer.from([0x1a, 0x00, 0xff, 0x11, 0x13, 0x0d])]);

let host: string;
let local: string;
let site: ShellSite;
const startShell = async () => {
  host = mkdtempSync(join(root, "host-"));
  local = join(host, "..", `local-${Math.random()}.bin`);
  writeFileSync(local, FILE);
  site = await ShellSite.start(["dash", "-i"], host);
  await site.ready();
};

const run = (...argv: string[]) => runCli(argv, { site, clock: systemClock });
const filled = (bytes: Buffer) => bytes.subarray(FILE.length).every((byte) => byte === 0x1a);

describe("lrzsz", () => {
  beforeEach(startShell);
  afterEach(() => site.end());

  test.each([["xmodem", "rx -b come"]])("takes %s from us with %s", async (method, start) => {
    const { code, stderr } = await run(
      "sendfile",
      "web1",
      local,
      "--method",
      method,
      "--start",
      start,
    );
    expect(code, stderr).toBe(0);
    const came = readFileSync(join(host, "come"));
    expect(came.subarray(0, FILE.length)).toEqual(FILE);
    expect(filled(came)).toBe(true);
  });

  test("takes ymodem from us with rb: name and length are right", async () => {
    const { code, stderr, stdout } = await run(
      "sendfile",
      "web1",
      local,
      "--method",
      "ymodem",
      "--start",
      "rb -b",
    );
    // What is told on a slow machine, where rb asks late, is no fault.
    expect(code, stderr).toBe(0);
    expect(stdout).toContain(createHash("sha256").update(FILE).digest("hex"));
    expect(readFileSync(join(host, local.split("/").at(-1) ?? ""))).toEqual(FILE);
  });

  test.each([
    ["xmodem", "sx -b there"],
    ["xmodem-1k", "sx -bk there"],
  ])("gives us a file by %s with %s", async (method, start) => {
    writeFileSync(join(host, "there"), FILE);
    const back = join(host, "back");
    const { code, stderr } = await run(
      "getfile",
      "web1",
      "there",
      back,
      "--method",
      method,
      "--start",
      start,
    );
    expect(code, stderr).toBe(0);
    const came = readFileSync(back);
    expect(came.subarray(0, FILE.length)).toEqual(FILE);
    expect(filled(came)).toBe(true);
  });

  test("gives us a file by ymodem with sb, to the byte", async () => {
    writeFileSync(join(host, "there"), FILE);
    const back = join(host, "back");
    const { code, stderr } = await run(
      "getfile",
      "web1",
      "there",
      back,
      "--method",
      "ymodem",
      "--start",
      "sb -bk there",
    );
    expect(code, stderr).toBe(0);
    expect(readFileSync(back)).toEqual(FILE);
  });
});

/** From u-boot-qemu, run as the firmware of a PC. */
const U_BOOT = "/usr/lib/u-boot/qemu-x86/u-boot.rom";
if (!existsSync(U_BOOT)) console.log(`U-Boot is skipped: no ${U_BOOT}`);

describe.skipIf(!existsSync(U_BOOT))("U-Boot", () => {
  let machine: ChildProcess;
  let board: TestSite;

  beforeAll(async () => {
    const port = await freePort();
    machine = spawn(
      "qemu-system-x86_64",
      [
        ...["-M", "pc", "-accel", "tcg", "-bios", U_BOOT, "-display", "none", "-net", "none"],
        ...["-monitor", "none", "-serial", `telnet:127.0.0.1:${port},server=on,wait=off`],
      ],
      { stdio: "ignore" },
    );
    board = new TestSite(
      `hosts:\n  board: { console: { driver: telnet, host: 127.0.0.1, port: ${port} }, watch: { mode: "off" } }\n`,
    );
    await board.start();
    await until("the console to be up", 120_000, async () =>
      (await board.site.status([], { power: false })).every((one) => one.console.is === "up"),
    );
  });
  afterAll(async () => {
    await board?.stop();
    machine?.kill("SIGKILL");
  });

  test.each([
    ["ymodem", "loady"],
    ["xmodem-1k", "loadx"],
  ])("takes %s with %s over telnet, and has the same CRC-32 of it", async (method, command) => {
    const file = join(root, "image.bin");
    // Every value a byte can have, 0xff and CR among them: telnet doubles one and pads the other.
    const image = Buffer.concat([
      Buffer.from(Array.from({ length: 256 }, (_, n) => n)),
      randomBytes(29_700),
    ]);
    writeFileSync(file, image);
    const person = await Typist.at(board.site, "board");
    await person.type("\r");
    await person.sees(/=> $/, 120_000);
    await person.leave();
    const sent = await board.run(
      "sendfile",
      "board",
      file,
      "--method",
      method,
      "--start",
      `${command} 0x1000000`,
    );
    expect(sent.code, sent.stderr).toBe(0);
    const after = await Typist.at(board.site, "board");
    await after.type(`\rcrc32 0x1000000 0x${image.length.toString(16)}\r`);
    await after.sees(new RegExp(`==> ${crc32(image).toString(16).padStart(8, "0")}`), 120_000);
    await after.leave();
  });
});
