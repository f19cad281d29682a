/**
 * Boot loaders besides GRUB, real ones in QEMU: each is stopped at power-on, told to boot single-user, the state proven,
 * and the host led back to its login prompt. Only with OOB_LONG=1. OpenBIOS has nothing to boot: it shows what its prompt says to that.
 */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildImages } from "./rig/images.ts";
import { type Boot, Machine } from "./rig/machine.ts";
import { OutletSite } from "./rig/outlet-site.ts";

const folder = process.env.OOB_E2E_LOADERS ?? join(tmpdir(), "oob-e2e-loaders");
const BOOTS: Readonly<Record<string, Boot>> = {
  prompt: { cdrom: join(folder, "prompt.iso") },
  menu: { cdrom: join(folder, "menu.iso") },
  ext: { disk: join(folder, "extlinux.img") },
  uboot: {
    firmware: "/usr/lib/u-boot/qemu-x86/u-boot.rom",
    ideDisk: join(folder, "u-boot.img"),
  },
  sdboot: { firmware: "/usr/share/ovmf/OVMF.fd", disk: join(folder, "esp.img") },
  noedit: { firmware: "/usr/share/ovmf/OVMF.fd", disk: join(folder, "noedit.img") },
  sparc: { system: "sparc64" },
};
/** Seven machines one after another: more than a short run has time for. */
const long = process.env.OOB_LONG === "1";
let site: OutletSite<Machine>;

beforeAll(async () => {
  if (!long) return;
  const { kernel } = await buildImages();
  if (!existsSync(join(folder, "noedit.img"))) {
    const script = new URL("./rig/build-loaders.sh", import.meta.url).pathname;
    execFileSync("sh", [script, dirname(kernel), folder], {
      stdio: ["ignore", "ignore", "inherit"],
    });
  }
  if (!existsSync(join(folder, "extlinux.img"))) {
    const script = new URL("./rig/build-extlinux.sh", import.meta.url).pathname;
    execFileSync("sh", [script, dirname(kernel), join(folder, "extlinux.img")], {
      stdio: ["ignore", "ignore", "inherit"],
    });
  }
  const machines = Object.entries(BOOTS).map(
    ([name, boot]) => new Machine(name, { ...boot, waitsForConsole: true }),
  );
  site = await OutletSite.start(machines, {
    entry: () => ", login: { user: root, secret: root }",
    secrets: { root: "oob" },
  });
}, 180_000);

afterAll(() => site?.stop());

async function singleUser(host: string, set: Readonly<Record<string, string>>, then?: RegExp) {
  const machine = site.machine(host);
  // One at a time: they share what processor there is.
  machine.powerOn();
  if (set.by === "loader") await site.untilScreen(host, /^\d+ >/m, 150_000);
  const told = await site.run("single-user", host, set);
  if (then) await site.untilScreen(host, then, 150_000);
  machine.powerOff();
  return told;
}

describe.runIf(long)("single-user by other boot loaders", () => {
  it.each([
    ["prompt", "syslinux", { entry: "linux" }],
    ["menu", "syslinux", {}],
    ["ext", "syslinux", { entry: "older" }],
    ["uboot", "u-boot", {}],
    ["sdboot", "systemd-boot", {}],
  ])("%s: %s boots single-user, and the host comes back", async (host, loader, set) => {
    const { end, story } = await singleUser(host, { by: "cycle", ...set });
    expect(end, story).toMatchObject({ result: "done" });
    expect(story).toContain(`${loader} boots with "single"`);
    expect(story).toContain("it is in single-user mode behind sulogin");
    expect(story).not.toContain("is left on");
  });

  it("noedit: a systemd-boot without an editor is told so, and the host comes up as it does", async () => {
    const set = { by: "cycle", arguments: "systemd.unit=rescue.target" };
    const { end, story } = await singleUser("noedit", set, /^sdboot login:/m);
    expect(end, story).toMatchObject({ result: "failed", step: "restart" });
    expect(end?.text).toContain("its editor did not open");
  });

  it("ext: a label that EXTLINUX does not have is told with those that it has, the host comes up", async () => {
    const set = { by: "cycle", entry: "newest" };
    const { end, story } = await singleUser("ext", set, /^linux login:/m);
    expect(end, story).toMatchObject({ result: "failed", step: "restart" });
    expect(end?.text).toContain('it has no label "newest": linux, older; the host boots unchanged');
  });

  it.each(["sparc"] as const)(
    "%s: OpenBIOS has nothing to boot, and its answer is told",
    async (host) => {
      const { end, story } = await singleUser(host, { by: "loader", arguments: "-s" });
      expect(end, story).toMatchObject({ result: "failed", step: "restart" });
      expect(end?.text).toMatch(
        /from Open Firmware: it answers "boot -s" with .*the host boots unchanged/,
      );
    },
  );
});
