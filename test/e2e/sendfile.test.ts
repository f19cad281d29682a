/*
 * Files through the shell of a real Linux host in QEMU (busybox), while its kernel prints to the same console every
 * second. Debian: qemu-system-x86, busybox-static, cpio.
 */
import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { TestSite } from "./rig/daemon.ts";
import { buildImages } from "./rig/images.ts";
import { freePort, Machine } from "./rig/machine.ts";
import { Typist } from "./rig/typist.ts";

const BOOTED_WITHIN = 150_000;
const FILE = randomBytes(100_000);
const DIGEST = createHash("sha256").update(FILE).digest("hex");

const folder = mkdtempSync(join(tmpdir(), "oob-sendfile-"));
const local = join(folder, "big.bin");
/** Of root, on the small test host. */
const HOME = "/root";

let web1: Machine;
let site: TestSite;

beforeAll(async () => {
  writeFileSync(local, FILE);
  const { kernel, initrd } = await buildImages();
  const port = await freePort();
  web1 = new Machine(
    "web1",
    { kernel, initrd, append: "console=ttyS0,115200 oob.host=web1" },
    port,
  );
  web1.powerOn();
  site = new TestSite(
    `hosts:\n  web1: { os: linux, console: { driver: telnet, host: 127.0.0.1, port: ${port} }, watch: { mode: "off" } }\n`,
  );
  await site.start();
}, BOOTED_WITHIN);

afterAll(async () => {
  await site?.stop();
  web1?.dispose();
  rmSync(folder, { recursive: true, force: true });
});

it("types nothing at a login prompt", async () => {
  const person = await Typist.at(site.site, "web1");
  await person.sees(/login: $/, BOOTED_WITHIN);
  await person.leave();
  const { code, stderr } = await site.run("sendfile", "web1", local);
  expect([code, stderr]).toEqual([5, expect.stringContaining("no shell prompt stands there")]);
});

it("brings 100 kB there and back while the kernel prints every second", async () => {
  const person = await Typist.at(site.site, "web1");
  await person.logIn();
  await person.type("(while :; do echo 'eth0: link is up' >/dev/kmsg; sleep 1; done) &\r");
  await person.sees(/eth0: link is up/, 120_000);
  await person.leave();
  const began = performance.now();
  const sent = await site.run("sendfile", "web1", local, "--to", HOME, "--mode", "600");
  expect(sent.code, sent.stderr).toBe(0);
  expect(sent.stdout).toContain(`web1:${HOME}/big.bin  sent 100.0 kB`);
  expect(sent.stdout).toContain(`the host computed the same SHA-256 ${DIGEST}`);
  const between = performance.now();
  const back = join(folder, "back.bin");
  const got = await site.run("getfile", "web1", `${HOME}/big.bin`, back);
  expect(got.code, got.stderr).toBe(0);
  expect(readFileSync(back)).toEqual(FILE);
  const seconds = (ms: number) => (ms / 1000).toFixed(1);
  console.log(
    `100 kB there in ${seconds(between - began)} s, back in ${seconds(performance.now() - between)} s`,
  );
  const after = await Typist.at(site.site, "web1");
  await after.type(`ls -la ${HOME}; sha256sum ${HOME}/big.bin\r`);
  await after.sees(new RegExp(DIGEST), 120_000);
  expect(after.text).not.toContain("big.bin.oob-");
  await after.sees(/eth0: link is up/, 120_000);
  await after.leave();
});
