/*
 * XMODEM and YMODEM against lrzsz, which most network gear behaves like, at a shell on a pty; and against U-Boot's
 * loady in QEMU. Debian: lrzsz, u-boot-qemu, qemu-system-x86.
 */
import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { systemClock } from "../../src/lib/clock.ts";
import { runCli } from "../cli/run-cli.ts";
import { ShellSite } from "../cli/shell-site.ts";

const root = mkdtempSync(join(tmpdir(), "oob-lrzsz-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Ends neither at a block's end nor in what blocks are filled up with. */
const FILE = Buffer.concat([randomBytes(8000), Buffer.from([0x1a, 0x00, 0xff, 0x11, 0x13, 0x0d])]);

let host: string;
let local: string;
let site: ShellSite;
beforeEach(async () => {
  host = mkdtempSync(join(root, "host-"));
  local = join(host, "..", `local-${Math.random()}.bin`);
  writeFileSync(local, FILE);
  site = await ShellSite.start(["dash", "-i"], host);
  await site.ready();
});
afterEach(() => site.end());

const run = (...argv: string[]) => runCli(argv, { site, clock: systemClock });
const filled = (bytes: Buffer) => bytes.subarray(FILE.length).every((byte) => byte === 0x1a);

describe("lrzsz", () => {
  test.each([
    ["xmodem", "rx -b come"],
    ["xmodem-1k", "rx -bc come"],
  ])("takes %s from us with %s", async (method, start) => {
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
    expect([code, stderr]).toEqual([0, ""]);
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
    expect([code, stderr]).toEqual([0, ""]);
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
    expect([code, stderr]).toEqual([0, ""]);
    expect(readFileSync(back)).toEqual(FILE);
  });

  test("gets through a line that damages bytes and a kernel that prints between blocks", async () => {
    let typed = 0;
    let printed = 0;
    site.trouble = {
      typed: (bytes) => {
        if (bytes.length < 100 || ++typed !== 3) return bytes;
        bytes[50] = (bytes[50] ?? 0) ^ 1;
        return bytes;
      },
      printed: (bytes) =>
        ++printed % 4 === 0
          ? Buffer.concat([Buffer.from("[  1.000000] CCC eth0: up\r\n"), bytes])
          : bytes,
    };
    const { code, stderr } = await run(
      "sendfile",
      "web1",
      local,
      "--method",
      "ymodem",
      "--start",
      "rb -b",
    );
    expect(code, stderr).toBe(0);
    expect(readFileSync(join(host, local.split("/").at(-1) ?? ""))).toEqual(FILE);
  });
});
