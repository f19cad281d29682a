/**
 * Runbooks that mend, on real broken Debians in QEMU, over their serial line alone: from the failing boot to a login.
 * OOB_LONG=1 adds those that need a boot or two of their own.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BOOT, FixSite } from "./rig/fix-site.ts";
import { missing } from "./rig/host-images.ts";

const long = process.env.OOB_LONG === "1";
const site = new FixSite();

beforeAll(async () => {
  if (missing !== undefined) return;
  await site.start(long);
  // All at once: what waits for somebody waits beside the others.
  for (const name of ["emergency", "initramfs", "small"]) site.machine(name).powerOn();
}, 900_000);

afterAll(() => site.stop());

describe.skipIf(missing !== undefined)("a Debian that stops in emergency mode", () => {
  beforeAll(() => site.boot("emergency", /press Control-D to continue/), BOOT);
  afterAll(() => site.machine("emergency").powerOff());

  it("fix-fsck repairs its second disk, and stays where it is asked to", {
    timeout: BOOT,
  }, async () => {
    const rehearsed = await site.run("fix-fsck", "emergency", {}, true);
    expect(rehearsed.end?.text).toContain("errors on /dev/vdb");
    const { end, story } = await site.run("fix-fsck", "emergency", { stay: "true" });
    expect(end, story).toMatchObject({ result: "done" });
    expect(end?.text).toBe("emergency stands in emergency mode; repaired: /dev/vdb");
  });

  it("fix-fstab takes out the entry that is gone, and goes on to a login", {
    timeout: BOOT,
  }, async () => {
    const rehearsed = await site.run("fix-fstab", "emergency", {}, true);
    expect(rehearsed.story).toMatch(/- UUID=00000000-dead[\s\S]*\+ #oob# UUID=00000000-dead/);
    expect(rehearsed.end?.text).toContain("was left as it is");
    const { end, story } = await site.run("fix-fstab", "emergency");
    expect(end, story).toMatchObject({ result: "done" });
    expect(end?.text).toBe('emergency is up: systemd says "running"; mounted no more: /gone');
    const again = await site.run("fix-fstab", "emergency");
    expect(again.end?.text).toBe("emergency is up, and no entry of /etc/fstab stops a boot");
  });

  it("file-flags changes immutable and append-only files, and no other", {
    timeout: BOOT,
  }, async () => {
    const files = "/etc/issue,/var/log/dpkg.log";
    const command = `echo 'Authorized use only' >/etc/issue`;
    const refused = await site.run("file-flags", "emergency", { files: "/etc/nothing", command });
    expect(refused.end?.text).toContain("/etc/nothing is no plain file");
    const broken = { files, command: `${command}; chattr +A /etc/issue; false` };
    expect((await site.run("file-flags", "emergency", broken)).end?.text).toMatch(
      /run the command .*it ended with 1.*flags and content were read back: undone/,
    );
    const { end, story } = await site.run("file-flags", "emergency", { files, command });
    expect(end, story).toMatchObject({ result: "done" });
    expect(end?.text).toBe("emergency: 1 of 2 files changed, all have their flags again");
  });

  it("log-to-console: log lines and kernel messages are seen on the line", {
    timeout: BOOT,
  }, async () => {
    const { end, story } = await site.run("log-to-console", "emergency");
    expect(end, story).toMatchObject({ result: "done" });
    expect(end?.text).toMatch(/from warning on and kernel messages were seen on ttyS0/);
    const undone = await site.run("log-to-console", "emergency", { undo: "true" });
    expect(undone.end, undone.story).toMatchObject({ result: "done" });
  });
});

describe.skipIf(missing !== undefined)("a Debian whose root wants a manual fsck", () => {
  beforeAll(() => site.boot("initramfs", /\(initramfs\)/), BOOT);
  afterAll(() => site.machine("initramfs").powerOff());

  it("fix-fsck repairs it at the initramfs' shell and goes on to a login", {
    timeout: BOOT,
  }, async () => {
    const { end, story } = await site.run("fix-fsck", "initramfs");
    expect(end, story).toMatchObject({ result: "done" });
    expect(end?.text).toBe('initramfs is up: systemd says "running"; repaired: /dev/vda1');
  });
});

describe.skipIf(missing !== undefined)("a host that is about to be cut", () => {
  it("collect has what its kernel says to BREAK w, l, m, t", { timeout: BOOT }, async () => {
    await site.boot("small", /login: *$/m);
    const { end, story } = await site.run("collect", "small");
    expect(end, story).toMatchObject({ result: "done" });
    expect(end?.text).toBe("of small: the screen, SysRq w, SysRq l, SysRq m, SysRq t");
    site.machine("small").powerOff();
  });
});

describe.skipIf(missing !== undefined || !long)("a Debian whose root password nobody knows", () => {
  beforeAll(() => site.boot("forgotten", /Run \/init|Loading, please wait|Starting systemd/), BOOT);
  afterAll(() => site.machine("forgotten").powerOff());

  it("fix-root-password sets it by a shell in place of init; it is on no line", {
    timeout: 2 * BOOT,
  }, async () => {
    const { end, story } = await site.run("fix-root-password", "forgotten", { by: "cycle" });
    expect(end, story).toMatchObject({ result: "done" });
    expect(end?.text).toBe("forgotten is up, and root logs in with the new password");
    expect(site.saidBy("forgotten")).not.toContain("a new secret 7");
  });
});

describe.skipIf(missing !== undefined || !long)("a Debian whose new kernel panics", () => {
  beforeAll(() => site.boot("kernel", /Kernel panic - not syncing/), BOOT);
  afterAll(() => site.machine("kernel").powerOff());

  it("fix-old-kernel boots the one before it, and makes it the default", {
    timeout: 2 * BOOT,
  }, async () => {
    const set = { by: "cycle", default: "true" };
    const { end, story } = await site.run("fix-old-kernel", "kernel", set);
    expect(end, story).toMatchObject({ result: "done" });
    expect(end?.text).toMatch(/with kernel 6\.1\.0-\d+-cloud-amd64, which boots from now on$/);
    expect(end?.text).not.toContain("6.1.0-99");
  });
});
