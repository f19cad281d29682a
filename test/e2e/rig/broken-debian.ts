import { execFileSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Where the file system begins in the image that build-debian.sh makes. */
const PARTITION = 1024 * 1024;

/** One debugfs command after the other; a file's content where a command needs one. */
export interface Damage {
  /** Files of the host that get this content. */
  readonly files?: Readonly<Record<string, string>>;
  /** debugfs(8) commands. */
  readonly commands?: readonly string[];
}

/** A file that is in no folder any more, on a file system that knows of errors: e2fsck -p gives up, e2fsck -y does not. */
export const wantsManualFsck = (file: string): readonly string[] => [
  `unlink ${file}`,
  "set_super_value state 2",
];

function debugfs(target: string, folder: string, damage: Damage): void {
  const lines = Object.entries(damage.files ?? {}).flatMap(([path, content], index) => {
    const local = join(folder, `content-${index}`);
    writeFileSync(local, content, { mode: 0o644 });
    return [`rm ${path}`, `write ${local} ${path}`];
  });
  const script = join(folder, "debugfs.txt");
  writeFileSync(script, `${[...lines, ...(damage.commands ?? [])].join("\n")}\n`);
  execFileSync("debugfs", ["-w", "-f", script, target], { stdio: "ignore" });
}

/** What a file of the image says. */
export function readFromDebian(image: string, path: string): string {
  const target = `${image}?offset=${PARTITION}`;
  return execFileSync("debugfs", ["-R", `cat ${path}`, target], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
}

/**
 * GRUB's menu with a newer kernel, which is the default and panics. It is the same kernel with `rdinit=/bin/false` and
 * another name: to the menu, and to the one who has to choose in it, these are two kernels.
 */
export function withBrokenKernel(menu: string): string {
  const spoil = (entry: string) =>
    entry
      .replace(/with Linux \S+?(?=[' ])/g, "with Linux 6.1.0-99-cloud-amd64")
      .replace(/gnulinux-6[^']*?-(advanced|recovery)/g, "gnulinux-6.1.0-99-cloud-amd64-$1")
      .replace(/^(\s*linux\s[^\n]*?) *$/gm, "$1 rdinit=/bin/false");
  const submenu = /^submenu [^\n]*\n/m.exec(menu);
  if (!submenu) throw new Error("grub.cfg has no submenu");
  const at = submenu.index + submenu[0].length;
  const end = menu.indexOf("\n}\n", at) + 1;
  const entries = menu.slice(at, end);
  return (
    spoil(menu.slice(0, submenu.index)) + submenu[0] + spoil(entries) + entries + menu.slice(end)
  );
}

/** A copy of the Debian image with this damage. The caller removes its folder. */
export function brokenDebian(image: string, damage: Damage): { folder: string; disk: string } {
  const folder = mkdtempSync(join(tmpdir(), "oob-broken-"));
  const disk = join(folder, "debian.img");
  execFileSync("cp", ["--sparse=always", "--reflink=auto", image, disk]);
  debugfs(`${disk}?offset=${PARTITION}`, folder, damage);
  return { folder, disk };
}

/** A small second disk, ext4 without a partition table, that wants a manual fsck. */
export function brokenDataDisk(folder: string): string {
  const disk = join(folder, "data.img");
  execFileSync("truncate", ["-s", "16M", disk]);
  execFileSync("mke2fs", ["-q", "-F", "-t", "ext4", "-L", "data", disk]);
  debugfs(disk, folder, {
    files: { "/lost": "found again\n" },
    commands: wantsManualFsck("/lost"),
  });
  return disk;
}
