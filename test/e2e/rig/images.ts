import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Paths of what the machines boot. */
export interface Images {
  readonly kernel: string;
  readonly initrd: string;
  readonly grubIso: string;
}

/** Builds the images once for this machine (OOB_E2E_IMAGES names the folder) and says where they are. */
export function buildImages(): Images {
  const folder = process.env.OOB_E2E_IMAGES ?? join(tmpdir(), "oob-e2e-images");
  const images = {
    kernel: join(folder, "vmlinuz"),
    initrd: join(folder, "initrd.gz"),
    grubIso: join(folder, "grub.iso"),
  };
  if (!existsSync(images.grubIso)) {
    mkdirSync(folder, { recursive: true });
    const script = new URL("./build-images.sh", import.meta.url).pathname;
    execFileSync("sh", [script, folder], { stdio: ["ignore", "ignore", "inherit"] });
  }
  return images;
}
