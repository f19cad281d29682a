/**
 * What a power cut may leave of a folder whose files were written through this disk: of each file what it held when it
 * was last brought to the disk, and of the rest a beginning, with zeros in place of its end; names of new files in the
 * order in which they were made, those that were not yet brought to the disk perhaps not.
 */
import {
  closeSync,
  copyFileSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { type Disk, systemDisk } from "../../../src/core/log/log-disk.ts";

/** ext4 enlarges a file up to the end of a block before it writes into it. */
const BLOCK = 4096;

/** A number below another, as dice give it. */
type Roll = (below: number) => number;

/** A disk that remembers what is surely on it. */
export class CutDisk implements Disk {
  /** Sizes that were brought to the disk, by file. */
  readonly #synced = new Map<number, number>();
  /** Names that were brought to the disk. */
  #named = new Set<string>();
  /** What syncs wait for: the power may go in the middle of one. */
  #gate: Promise<void> = Promise.resolve();
  #open: () => void = () => {};
  upFor?: () => number;

  readonly write = systemDisk.write;

  readonly datasync = async (fd: number): Promise<void> => {
    const stats = fstatSync(fd);
    const { ino, size } = stats;
    const names = stats.isDirectory() ? readdirSync(`/proc/self/fd/${fd}`) : undefined;
    await this.#gate;
    if (names) this.#named = new Set(names);
    else this.#synced.set(ino, Math.max(size, this.#synced.get(ino) ?? 0));
  };

  /** From now on no sync ends, until `goOn`. */
  stall(): void {
    this.goOn();
    this.#gate = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  goOn(): void {
    this.#open();
    this.#gate = Promise.resolve();
  }

  /** Makes `into` what is found after a power cut at this moment, last changed at `changed` (seconds). */
  cut(folder: string, into: string, roll: Roll, changed: number): void {
    mkdirSync(into, { recursive: true });
    const current = join(folder, "current.raw");
    symlinkSync(readlinkSync(current), join(into, "current.raw"));
    const made = inOrder(folder);
    const fresh = made.filter((name) => !this.#named.has(name));
    const gone = new Set(fresh.slice(roll(fresh.length + 1)));
    for (const name of made.filter((one) => !gone.has(one))) {
      const path = join(folder, name);
      const to = join(into, name);
      copyFileSync(path, to);
      const { ino, size } = statSync(path);
      this.#tear(to, this.#synced.get(ino) ?? 0, size, roll);
      utimesSync(to, changed, changed);
    }
  }

  #tear(path: string, synced: number, size: number, roll: Roll): void {
    const left = synced + (roll(3) === 0 ? size - synced : roll(size - synced + 1));
    truncateSync(path, left);
    const from = Math.max(synced, Math.floor(Math.max(0, left - 1) / BLOCK) * BLOCK);
    if (left === from || roll(3) > 0) return;
    const at = from + roll(left - from);
    const fd = openSync(path, "r+");
    writeSync(fd, Buffer.alloc(left - at), 0, left - at, at);
    closeSync(fd);
  }
}

/** Parts of segments, as they were made. */
function inOrder(folder: string): string[] {
  const names = readdirSync(folder).filter((name) => /^\d/.test(name));
  const made = (name: string) => statSync(join(folder, name), { bigint: true }).birthtimeNs;
  const nth = (name: string) => ["raw", "idx", "tl", "cp"].indexOf(name.slice(-3).replace(".", ""));
  return names
    .map((name) => ({ name, at: made(name), stem: name.slice(0, 16), nth: nth(name) }))
    .sort((a, b) => Number(a.at - b.at) || a.stem.localeCompare(b.stem) || a.nth - b.nth)
    .map(({ name }) => name);
}

/** The bytes of each segment of a folder, by its name. */
export const rawFiles = (folder: string): Map<string, Buffer> =>
  new Map(
    readdirSync(folder)
      .filter((name) => /^\d.*\.raw$/.test(name))
      .sort()
      .map((name) => [name.slice(0, -4), readFileSync(join(folder, name))]),
  );
