/**
 * Single-user mode of a whole Debian 12 (systemd, GRUB) and the way back, from the outlet to the login prompt. The short
 * form is one boot: power on, GRUB, rescue.target, proof, login prompt. OOB_LONG=1 goes through the other states.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildHosts, missing } from "./rig/host-images.ts";
import { Machine } from "./rig/machine.ts";
import { OutletSite } from "./rig/outlet-site.ts";

const long = process.env.OOB_LONG === "1";
const MINUTES = 60_000;
let site: OutletSite;

const run = (runbook: string, set: Readonly<Record<string, string>> = {}) =>
  site.run(runbook, "deb1", set);

const untilLogin = () => site.untilScreen("deb1", /login: *(?:\[ [\s\S]*)?$/, 4 * MINUTES);

describe.skipIf(missing !== undefined)(`single-user mode of Debian (${missing ?? "QEMU"})`, () => {
  beforeAll(async () => {
    const { debian } = await buildHosts({ debian: true });
    site = await OutletSite.start([new Machine("deb1", { disk: debian.disk, memoryMib: 512 })], {
      entry: () => ", login: { user: root, secret: root }",
      secrets: { root: "oob" },
    });
    site.machine("deb1").powerOn();
  }, 10 * MINUTES);

  afterAll(() => site?.stop());

  it(
    "from power on to rescue.target, proven, and back to the login prompt",
    async () => {
      const { end, story, events } = await run("single-user", {
        by: "cycle",
        arguments: "systemd.unit=rescue.target",
        command: "systemctl is-active rescue.target",
      });
      expect(end, story).toMatchObject({ result: "done" });
      expect(story).toContain("it is in rescue.target of systemd");
      await untilLogin();
      const took = (step: string) =>
        (events.find((event) => event.step === step && event.tookMs !== undefined)?.tookMs ?? 0) /
        1000;
      const there = took("restart") + took("root shell");
      process.stdout.write(
        `FIGURE single-user on Debian: outlet off to proven root shell ${there.toFixed(1)} s, back to login ${took("back to multi-user").toFixed(1)} s, in all ${((end?.tookMs ?? 0) / 1000).toFixed(1)} s\n`,
      );
    },
    15 * MINUTES,
  );

  it.runIf(long)(
    "emergency.target by reboot: root is read-only",
    async () => {
      const { end, story } = await run("single-user", {
        by: "reboot",
        arguments: "systemd.unit=emergency.target",
      });
      expect(end, story).toMatchObject({ result: "done" });
      expect(story).toContain("it is in emergency.target of systemd");
      expect(story).toContain("the root file system is mounted read-only");
    },
    8 * MINUTES,
  );

  it.runIf(long)(
    "stays in single-user mode; multi-user leads it back",
    async () => {
      await untilLogin();
      const there = await run("single-user", { by: "reboot", stay: "true" });
      expect(there.end, there.story).toMatchObject({ result: "done" });
      const back = await run("multi-user");
      expect(back.end, back.story).toMatchObject({
        result: "done",
        text: "deb1 shows its login prompt",
      });
      const again = await run("multi-user");
      expect(again.end, again.story).toMatchObject({ result: "done" });
    },
    8 * MINUTES,
  );

  it.runIf(long).each(["init=/bin/sh", "init=/bin/bash"])(
    "%s: a shell as process 1, left without a panic",
    async (words) => {
      await untilLogin();
      const { end, story } = await run("single-user", { by: "reboot", arguments: words });
      expect(end, story).toMatchObject({ result: "done" });
      expect(story).toContain("a shell that the kernel started in place of init");
    },
    8 * MINUTES,
  );

  it.runIf(long).each(["break=premount", "break=bottom"])(
    "%s: the shell of the initramfs",
    async (words) => {
      await untilLogin();
      const { end, story } = await run("single-user", { by: "reboot", arguments: words });
      expect(end, story).toMatchObject({ result: "done" });
      expect(story).toContain("the shell of an initramfs");
    },
    8 * MINUTES,
  );

  it.runIf(long)(
    "a locked root: says so, and does not leave the host at a prompt that nobody can answer",
    async () => {
      await untilLogin();
      const locked = await run("single-user", {
        by: "reboot",
        stay: "true",
        command: "passwd -l root",
      });
      expect(locked.end, locked.story).toMatchObject({ result: "done" });
      const { end, story } = await run("single-user", { by: "auto" });
      expect(end, story).toMatchObject({ result: "failed" });
      expect(story).toContain("root account is locked");
      await untilLogin();
    },
    12 * MINUTES,
  );
});
