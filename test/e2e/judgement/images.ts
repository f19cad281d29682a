import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sharedFolder } from "../../shared/shared-folder.ts";

/** What the hosts of the table boot. Made by shared/rig/testbed, once for this machine. */
export interface HostImages {
  readonly kernel: string;
  readonly initrd: string;
  /** For a host to mount: ext4, 16 MiB. */
  readonly spareDisk: string;
  readonly grub: string;
  /** Debian 12 with systemd, and what its GRUB starts; undefined where it was not asked for. */
  readonly debian: { readonly disk: string; readonly kernel: string; readonly initrd: string };
}

const rig = sharedFolder === undefined ? undefined : join(sharedFolder, "rig/testbed");
const testbed = process.env.TB ?? join(tmpdir(), "oob-testbed");

/** Why the images cannot be made here. */
export const missing: string | undefined =
  rig !== undefined && existsSync(join(rig, "build-initramfs.sh"))
    ? undefined
    : "shared/rig/testbed is not on this machine";

export function buildHosts({ debian }: { readonly debian: boolean }): HostImages {
  const images = {
    kernel: join(testbed, "cloud/vmlinuz"),
    initrd: join(testbed, "initramfs.gz"),
    spareDisk: join(testbed, "spare.img"),
    grub: join(testbed, "grub.iso"),
    debian: {
      disk: join(testbed, "debian.img"),
      kernel: join(testbed, "debian/vmlinuz"),
      initrd: join(testbed, "debian/initrd.img"),
    },
  };
  make(join(testbed, "lockup/oob_lockup.ko"), "build-kernel.sh && ./build-module.sh lockup cloud");
  make(images.initrd, "build-initramfs.sh");
  make(images.grub, "build-grub.sh");
  if (debian) make(images.debian.disk, "build-debian.sh");
  return images;
}

/** The lock is that of everybody on this machine who uses the testbed. */
function make(file: string, scripts: string): void {
  if (existsSync(file) || rig === undefined) return;
  execFileSync("flock", [`${testbed}.lock`, "sh", "-c", `./${scripts}`], {
    cwd: rig,
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, TB: testbed },
  });
}
