import { open } from "node:fs/promises";

/** Brings the names of a folder's files to the disk: a file that was made, renamed or removed is so after a power cut too. */
export async function syncNames(folder: string): Promise<void> {
  const names = await open(folder, "r");
  try {
    await names.sync();
  } finally {
    await names.close();
  }
}
