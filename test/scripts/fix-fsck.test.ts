import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import fixFsck from "../../scripts/fix-fsck.ts";
import type { RunbookHands } from "../../src/sdk/runbook.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A host that is up, with LVM: e2fsck -n finds errors on whatever it is given. Its devices are files in a folder. */
function handsAt(mounts: string, status = 4) {
  const folder = mkdtempSync(join(tmpdir(), "oob-fsck-"));
  folders.push(folder);
  for (const name of ["dev/mapper", "proc", "etc"])
    mkdirSync(join(folder, name), { recursive: true });
  for (const [name, device] of [
    ["vg-root", "dm-0"],
    ["vg-srv", "dm-1"],
  ] as const) {
    writeFileSync(join(folder, "dev", device), "");
    symlinkSync(`../${device}`, join(folder, "dev/mapper", name));
  }
  const inFolder = (text: string) =>
    text.replace(/\/(?=(?:dev|proc|etc)\/(?!null))/g, `${folder}/`);
  writeFileSync(join(folder, "proc/cmdline"), inFolder("root=/dev/mapper/vg-root ro\n"));
  writeFileSync(join(folder, "proc/mounts"), inFolder(mounts));
  writeFileSync(
    join(folder, "etc/fstab"),
    inFolder("/dev/mapper/vg-root / ext4 rw 0 1\n/dev/mapper/vg-srv /srv ext4 rw 0 2\n"),
  );
  const stubs = `blkid() { echo 'TYPE="ext4"'; }\ne2fsck() { return ${status}; }\n`;
  const just = (_: string, work: () => unknown) => work();
  const tables: unknown[] = [];
  const hands = {
    console: {
      login: async () => undefined,
      run: async () => ({ status: 1, output: "" }),
      capture: async (script: string) => {
        const text = stubs + inFolder(script).replaceAll("[ -b ", "[ -e ");
        const { status, stdout } = spawnSync("sh", ["-c", text], { encoding: "utf8" });
        return { status, text: stdout.replaceAll(folder, "") };
      },
    },
    host: { name: "web1" },
    options: {},
    dryRun: true,
    identify: async () => undefined,
    step: just,
    act: async () => undefined,
    note: () => undefined,
    report: { table: (_: string, rows: unknown) => tables.push(rows) },
  } as unknown as RunbookHands;
  return { hands, tables };
}

describe("fix-fsck", () => {
  it("looks at no file system that is mounted, whatever LVM calls it", async () => {
    const { hands } = handsAt(
      "/dev/mapper/vg-root / ext4 rw 0 0\n/dev/mapper/vg-srv /srv ext4 rw 0 0\n",
    );
    expect(await fixFsck.run(hands)).toMatchObject({
      verdict: "ok",
      text: expect.stringContaining("none of 0 file systems"),
    });
  });

  it("looks at what is not mounted, and at a root that is read-only", async () => {
    const { hands, tables } = handsAt("/dev/mapper/vg-root / ext4 ro 0 0\n");
    expect(await fixFsck.run(hands)).toMatchObject({ verdict: "act" });
    expect(tables).toEqual([
      [
        { device: "/dev/dm-0", root: "yes", status: 4 },
        { device: "/dev/dm-1", root: "no", status: 4 },
      ],
    ]);
  });

  it("what e2fsck cannot check is not called free of errors", async () => {
    const { hands } = handsAt("/dev/mapper/vg-root / ext4 rw 0 0\n", 8);
    expect(await fixFsck.run(hands)).toMatchObject({
      verdict: "look",
      text: expect.stringContaining("could not check /dev/dm-1 (status 8)"),
    });
  });
});
