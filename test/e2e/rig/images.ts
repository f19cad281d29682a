import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

/** Paths of what the machines boot. */
export interface Images {
  readonly kernel: string;
  readonly initrd: string;
  readonly grubIso: string;
}

const execute = promisify(execFile);

/** Builds the images once for this machine (OOB_E2E_IMAGES names the folder) and says where they are. */
export async function buildImages(): Promise<Images> {
  const folder = process.env.OOB_E2E_IMAGES ?? join(tmpdir(), "oob-e2e-images");
  const images = {
    kernel: join(folder, "vmlinuz"),
    initrd: join(folder, "initrd.gz"),
    grubIso: join(folder, "grub.iso"),
  };
  // It appears at once and last. One suite makes them, others that want them meanwhile wait: not synchronously, as a
  // worker that says nothing for a minute is given up.
  const script = new URL("./build-images.sh", import.meta.url).pathname;
  const build = '[ -s "$1/grub.iso" ] || sh "$0" "$1"';
  if (!existsSync(images.grubIso))
    await execute("flock", [`${folder}.lock`, "sh", "-c", build, script, folder]);
  return images;
}
