/** GRUB as it is met in the field, on real machines: a locked menu, a kernel line that fills its row, scrolled out of view. */
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RunEvent } from "../../src/core/site/site.ts";
import { TestSite } from "./rig/daemon.ts";
import { buildImages } from "./rig/images.ts";
import { Machine } from "./rig/machine.ts";

const KERNEL = "linux /boot/vmlinuz console=ttyS0,115200";
/** Two blanks, the kernel's path and arguments: 75 characters, a whole row of the editor. */
const ROW = `${KERNEL} oob.host=wide filler=12345678901`;
const LONG = `${KERNEL} oob.host=wide filler=${"1234567890".repeat(9)}`;
const HEAD = `serial --unit=0 --speed=115200
terminal_input serial console
terminal_output serial console
set timeout=5
set default=0
`;
const entry = (lines: readonly string[], options = "") =>
  `menuentry 'A GNU/Linux' ${options} {\n${lines.map((line) => `  ${line}\n`).join("")}}\n`;
const INITRD = "initrd /boot/initrd.gz";
const CONFIGS = {
  locked: `${HEAD}set superusers="root"\npassword root secret\n${entry([`${KERNEL} oob.host=locked`, INITRD], "--unrestricted")}`,
  wide: HEAD + entry([...Array<string>(9).fill("true"), ROW, INITRD]),
  long: HEAD + entry([...Array<string>(15).fill("true"), LONG, INITRD]),
} as const;
const NAMES = ["locked", "wide", "long"] as const;

const folder = mkdtempSync(join(tmpdir(), "oob-grub-"));
const machines: Machine[] = [];
let test: TestSite;

/** A CD with this GRUB configuration and the small host. */
async function iso(name: keyof typeof CONFIGS): Promise<string> {
  const { kernel, initrd } = await buildImages();
  const tree = join(folder, name);
  mkdirSync(join(tree, "boot", "grub"), { recursive: true });
  copyFileSync(kernel, join(tree, "boot", "vmlinuz"));
  copyFileSync(initrd, join(tree, "boot", "initrd.gz"));
  writeFileSync(join(tree, "boot", "grub", "grub.cfg"), CONFIGS[name]);
  const file = join(folder, `${name}.iso`);
  execFileSync("grub-mkrescue", ["-o", file, tree], { stdio: "ignore" });
  return file;
}

beforeAll(async () => {
  for (const name of NAMES) machines.push(new Machine(name, { cdrom: await iso(name) }));
  const hosts = machines.map(
    ({ name, unixPath }) => `  ${name}: { console: { driver: unix, path: ${unixPath} } }\n`,
  );
  test = new TestSite(
    `defaults:\n  os: linux\n  login: { user: root, secret: root }\n  watch: { mode: observe, hands-off: 1ms }\nhosts:\n${hosts.join("")}`,
    { root: "oob" },
  );
  for (const machine of machines) machine.powerOn();
  await test.start();
});

afterAll(async () => {
  await test?.stop();
  for (const machine of machines) machine.dispose();
  rmSync(folder, { recursive: true, force: true });
});

async function untilLogin(host: string): Promise<void> {
  const end = performance.now() + 120_000;
  for (;;) {
    const { rows } = await test.site.screen(host);
    if (/login: *(?:\[ [\s\S]*)?$/.test(rows.join("\n").trimEnd())) return;
    if (performance.now() > end) throw new Error(`${host}: no login prompt: ${rows.join("\n")}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function singleUser(host: string) {
  const events: RunEvent[] = [];
  await untilLogin(host);
  const set = { by: "reboot", command: "cat /proc/cmdline" };
  const request = { runbook: "single-user", hosts: [host], set, dryRun: false, reason: "e2e" };
  for await (const event of test.site.run(request)) events.push(event);
  return { end: events.at(-1), story: events.map((event) => event.text).join("\n") };
}

describe("single-user on GRUB as met in the field", () => {
  it("a menu that asks for a password before it is edited: says so, and the host boots as it is", async () => {
    const { end } = await singleUser("locked");
    expect(end).toMatchObject({ result: "failed", error: { code: "RUNBOOK_FAILED" } });
    expect(end?.text).toContain("GRUB asks for a user name and a password");
    expect(end?.text).toContain("the entry boots unchanged");
    await untilLogin("locked");
  });

  it.each(["wide", "long"])("a %s linux line below a full box", async (name) => {
    const { end, story } = await singleUser(name);
    expect(end, story).toMatchObject({ result: "done" });
    expect(story).toMatch(/filler=\d+ single\n/);
  });
});
