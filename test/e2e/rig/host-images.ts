import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
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
  /** A tar for Debian's root, of what its image is without: nft, iptables, mdadm; where it was asked for. */
  readonly tools: string;
}

const rig = sharedFolder === undefined ? undefined : join(sharedFolder, "rig/testbed");
const testbed = process.env.TB ?? join(tmpdir(), "oob-testbed");

/** Why the images cannot be made here. */
export const missing: string | undefined =
  rig !== undefined && existsSync(join(rig, "build-initramfs.sh"))
    ? undefined
    : "shared/rig/testbed is not on this machine";

const execute = promisify(execFile);

/** Makes what is not there yet: a minute for the small host, five for Debian. */
export async function buildHosts({
  debian,
  tools = false,
}: {
  readonly debian: boolean;
  readonly tools?: boolean;
}): Promise<HostImages> {
  if (rig === undefined) throw new Error(`Cannot make the images of hosts: ${missing}`);
  const wanted = ["small", ...(debian ? ["debian"] : []), ...(tools ? ["tools"] : [])];
  // Not synchronously: a worker that says nothing for a minute is given up.
  await execute(join(import.meta.dirname, "build-hosts.sh"), [testbed, rig, ...wanted]);
  return {
    kernel: join(testbed, "cloud/vmlinuz"),
    initrd: join(testbed, "initramfs.gz"),
    spareDisk: join(testbed, "spare.img"),
    grub: join(testbed, "grub.iso"),
    debian: {
      disk: join(testbed, "debian.img"),
      kernel: join(testbed, "debian/vmlinuz"),
      initrd: join(testbed, "debian/initrd.img"),
    },
    tools: join(testbed, "tools.tar"),
  };
}
