import { existsSync } from "node:fs";
import { resolve } from "node:path";

/** The folder with recordings and rigs: OOB_SHARED, or "shared" beside the checkout. undefined: not on this machine. */
export const sharedFolder: string | undefined = [
  process.env.OOB_SHARED,
  resolve(import.meta.dirname, "../../../shared"),
].find((folder) => folder !== undefined && existsSync(folder));
