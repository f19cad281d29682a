import fs from "node:fs";
import { join } from "node:path";
import { replaceFile } from "../../lib/replace-file.ts";
import type { Leftovers } from "../../sdk/shell/host-store.ts";

const FILE = "left-behind.json";
/** Of a path in a file that somebody else may have written: nothing that a run would not have made. */
const OURS = /\/[^/]*oob-[0-9a-f]{6,12}$/;
const MAX = 100;

/** What runs left on a host, on disk before it exists there: the next run takes it away. */
export class LeftoversFile implements Leftovers {
  readonly #path: string;
  #folders: readonly string[];

  constructor(hostFolder: string) {
    this.#path = join(hostFolder, FILE);
    this.#folders = read(this.#path);
  }

  get folders(): readonly string[] {
    return this.#folders;
  }

  add(folders: readonly string[]): void {
    this.#set([...new Set([...this.#folders, ...folders])].slice(-MAX));
  }

  remove(folders: readonly string[]): void {
    this.#set(this.#folders.filter((folder) => !folders.includes(folder)));
  }

  #set(folders: readonly string[]): void {
    if (
      folders.length === this.#folders.length &&
      folders.every((one) => this.#folders.includes(one))
    )
      return;
    this.#folders = folders;
    if (folders.length === 0) fs.rmSync(this.#path, { force: true });
    else replaceFile(this.#path, `${JSON.stringify(folders)}\n`);
  }
}

function read(path: string): readonly string[] {
  try {
    const stored: unknown = JSON.parse(fs.readFileSync(path, "utf8"));
    if (!Array.isArray(stored)) return [];
    return stored.filter((one): one is string => typeof one === "string" && OURS.test(one));
  } catch {
    // Nothing was left, or nobody can tell any more what.
    return [];
  }
}

/** The same for a run that keeps nothing. */
export class NoLeftovers implements Leftovers {
  folders: readonly string[] = [];
  add(folders: readonly string[]): void {
    this.folders = [...this.folders, ...folders];
  }
  remove(folders: readonly string[]): void {
    this.folders = this.folders.filter((folder) => !folders.includes(folder));
  }
}
