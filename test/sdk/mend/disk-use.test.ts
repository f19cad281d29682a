import { spawnSync } from "node:child_process";
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import {
  crowdedFolders,
  heldFiles,
  RECLAIMABLE,
  RECLAIMABLE_SIZES,
  readDiskUse,
  readHeldFiles,
  readSizes,
} from "../../../src/sdk/mend/disk-use.ts";

// Shells of this machine do the work, and others use it, too.
vi.setConfig({ testTimeout: 60_000 });

const DF = `Filesystem     1024-blocks    Used Available Capacity Mounted on
udev                228392       0    228392       0% /dev
tmpfs                48132     312     47820       1% /run
/dev/vda1          2062916 2062916         0     100% /
/dev/mapper/vg-srv    9900    4950      4950      50% /srv/my files
`;

describe("disk use", () => {
  it("readDiskUse() reads what lies on devices", () => {
    expect(readDiskUse(DF)).toEqual([
      { device: "/dev/vda1", mounted: "/", percent: 100, free: 0 },
      { device: "/dev/mapper/vg-srv", mounted: "/srv/my files", percent: 50, free: 4950 },
    ]);
  });

  it("readDiskUse() sees a full ZFS; snaps, optical media and NFS are nobody's to empty", () => {
    const text = `rpool/ROOT/pve-1   9900 9900 0 100% /
/dev/loop0   56960 56960 0 100% /snap/core20/2318
/dev/loop7   9900 9900 0 100% /srv/image
/dev/sr0   9900 9900 0 100% /media/cdrom0
nas.example.org:/vol/home 9900 9900 0 100% /home
//nas/share 9900 9900 0 100% /mnt
`;
    expect(readDiskUse(text).map(({ mounted }) => mounted)).toEqual(["/", "/srv/image"]);
  });

  it("what somebody may want to read goes only where it is asked for", () => {
    expect(RECLAIMABLE.filter(({ asked }) => asked !== true).map(({ name }) => name)).toEqual([
      "package cache",
    ]);
  });

  it("readSizes() counts what lies on a full file system alone", () => {
    const [root] = readDiskUse(DF);
    const text = "size 0 700 /\nsize 1 90 /var/log\nsize 2 $(reboot) /\n";
    expect([...readSizes(text, root ? [root] : [])]).toEqual([[0, 700]]);
  });

  it("heldFiles() finds a deleted file that is open, by the process that has it", () => {
    const root = mkdtempSync(join(tmpdir(), "oob-held-"));
    onTestFinished(() => rmSync(root, { recursive: true }));
    const path = join(root, "spool.log");
    writeFileSync(path, "x".repeat(100_000));
    const open = openSync(path, "r");
    onTestFinished(() => closeSync(open));
    rmSync(path);
    // Of this process alone; with two folders ls says which is which, as it does on a host.
    const script = heldFiles(root).replace(
      "/proc/[0-9]*/fd",
      `/proc/${process.pid}/fd /proc/self/fd`,
    );
    const { stdout } = spawnSync("sh", ["-c", script], { encoding: "utf8" });
    const found = readHeldFiles(stdout).find((one) => one.path === path);
    expect(found).toMatchObject({ pid: process.pid });
    expect(found?.kib).toBeGreaterThanOrEqual(97);
    expect(readHeldFiles("held 1 2 x /a b (deleted)\nheld 1 x /b\n")).toHaveLength(1);
  });

  it("crowdedFolders() names the folder with most files", () => {
    const root = mkdtempSync(join(tmpdir(), "oob-crowd-"));
    onTestFinished(() => rmSync(root, { recursive: true }));
    mkdirSync(join(root, "mail queue"));
    for (let n = 0; n < 30; n++) writeFileSync(join(root, "mail queue", String(n)), "");
    const { stdout } = spawnSync("sh", ["-c", crowdedFolders(root)], { encoding: "utf8" });
    expect(stdout).toBe(`30 ${join(root, "mail queue")}\n`);
  });

  it("the sizes are a script that every sh takes, and are read back", () => {
    // In a folder of its own: this machine's logs are none of this test's.
    const root = mkdtempSync(join(tmpdir(), "oob-disk-use-"));
    onTestFinished(() => rmSync(root, { recursive: true }));
    mkdirSync(join(root, "var/cache/apt/archives"), { recursive: true });
    mkdirSync(join(root, "var/log/journal/1"), { recursive: true });
    writeFileSync(join(root, "var/log/syslog.2.gz"), "x".repeat(100_000));
    writeFileSync(join(root, "var/log/journal/1/system@1.journal"), "x".repeat(50_000));
    const script = RECLAIMABLE_SIZES.replaceAll("/var/", `${root}/var/`);
    for (const shell of [["dash"], ["bash", "--posix"], ["busybox", "sh"]]) {
      const [program = "", ...more] = shell;
      const { stdout, stderr, status } = spawnSync(program, [...more, "-c", script], {
        encoding: "utf8",
      });
      expect(stderr).not.toMatch(/[Ss]yntax/);
      expect(status).toBe(0);
      expect(stdout).toMatch(/^(?:size \d \d+ \/.*\n)*$/);
      expect(stdout).toMatch(/^size 1 [5-9]\d \//m);
      expect(stdout).toMatch(/^size 2 1\d\d \//m);
    }
  });
});
