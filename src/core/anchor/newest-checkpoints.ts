import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Checkpoint, type KeyRecord, parseKey } from "../../codec/checkpoint.ts";
import { lastCheckpoint } from "../seal/checkpoint-file.ts";
import { keyFiles, sealFolder } from "../seal/seal-files.ts";

const CHECKPOINTS = /^\d{8}T\d{6}Z\.cp$/;

/** The newest checkpoint of each log of a site. Reads one folder after the other: others come in between. */
export async function newestCheckpoints(state: string, signal: AbortSignal): Promise<Checkpoint[]> {
  const top = join(state, "console");
  const found: Checkpoint[] = [];
  for (const log of await namesIn(top)) {
    signal.throwIfAborted();
    const files = (await namesIn(join(top, log))).filter((name) => CHECKPOINTS.test(name)).sort();
    // A file may have no whole line yet: then the one before it has the newest.
    for (const name of files.slice(-2).reverse()) {
      const { checkpoint } = lastCheckpoint(join(top, log, name));
      if (checkpoint?.log === log) {
        found.push(checkpoint);
        break;
      }
    }
  }
  return found;
}

/** The public keys that signed, as far as their lines are whole. Empty where nothing was ever sealed. */
export async function publicKeys(state: string): Promise<KeyRecord[]> {
  const text = await readFile(keyFiles(sealFolder(state)).list, "latin1").catch(noFile(""));
  return text
    .split("\n")
    .slice(0, -1)
    .map(parseKey)
    .filter((key) => key !== undefined);
}

const namesIn = (folder: string): Promise<readonly string[]> =>
  readdir(folder).catch(noFile<readonly string[]>([]));

/** What is no folder has no logs either. */
const noFile =
  <T>(nothing: T) =>
  (thrown: NodeJS.ErrnoException): T => {
    if (thrown.code === "ENOENT" || thrown.code === "ENOTDIR") return nothing;
    throw thrown;
  };
