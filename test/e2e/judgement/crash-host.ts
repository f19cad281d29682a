import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { HostImages } from "../rig/host-images.ts";

/** The initial RAM disk of the small host that has a kernel ready for its crash. Made once for this machine. */
export function crashInitrd({ initrd }: HostImages): string {
  const testbed = dirname(initrd);
  const file = join(testbed, "crash-initramfs.gz");
  if (!existsSync(file))
    // The lock is that of everybody on this machine who uses the testbed.
    execFileSync(
      "flock",
      [`${testbed}.lock`, join(import.meta.dirname, "build-crash-host.sh"), testbed],
      { stdio: ["ignore", "ignore", "inherit"] },
    );
  return file;
}
