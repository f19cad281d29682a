import { mkdirSync, readdirSync, renameSync, symlinkSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Millis } from "../../lib/clock.ts";

/** A folder of console logs is for its owner and group. */
export const LOG_FOLDER_MODE = 0o750;
/** Bytes of a console are for its owner and group: people type passwords at them. */
export const LOG_FILE_MODE = 0o640;

const STEM = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;

/** Folder of one console's log. Names from URLs hold slashes: everything unusual is escaped, so names never meet. */
export function logFolder(state: string, host: string): string {
  return join(
    state,
    "console",
    encodeURIComponent(host).replace(/^\.+/, (dots) => "%2E".repeat(dots.length)),
  );
}

/** The logs of a site that are here, each with its host. A folder with another name than a log's is not ours. */
export async function logFolders(
  state: string,
): Promise<readonly { readonly host: string; readonly folder: string }[]> {
  const top = join(state, "console");
  const found = await readdir(top, { withFileTypes: true }).catch(() => []);
  return found
    .filter((entry) => entry.isDirectory() && !/%(?![0-9A-F]{2})/i.test(entry.name))
    .map(({ name }) => ({ host: hostOf(name), folder: join(top, name) }));
}

/** The host whose log has that folder's name; the name itself where it is none that we give. */
function hostOf(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

/** Makes a log's folder. */
export function makeLogFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: LOG_FOLDER_MODE });
}

/** Name of a segment that begins now, later than the one before also when the clock was set back. */
export function segmentStem(now: Millis, before: string | undefined): string {
  const earliest = before === undefined ? 0 : stemTime(before) + 1000;
  return new Date(Math.max(now, earliest))
    .toISOString()
    .replace(/\.\d+Z$/, "Z")
    .replace(/[-:]/g, "");
}

/** The time that a segment's name says; 0 where it says none. */
export function stemTime(stem: string): Millis {
  const [, year, month, day, hour, minute, second] = STEM.exec(stem) ?? [];
  const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(at) ? 0 : at;
}

/** Names of a log's segments, oldest first, whether their bytes are compressed or not. */
export function listSegments(folder: string): string[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
  const stems = names
    .filter((name) => /\.raw(?:\.gz)?$/.test(name))
    .map((name) => name.slice(0, name.indexOf(".")))
    .filter((stem) => STEM.test(stem));
  return [...new Set(stems)].sort();
}

/** Points `current.raw` at a segment, for `tail -F`. */
export function linkCurrent(folder: string, stem: string): void {
  const fresh = join(folder, `.current.${process.pid}`);
  symlinkSync(`${stem}.raw`, fresh);
  renameSync(fresh, join(folder, "current.raw"));
}
