import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { DriverKind } from "./driver-shapes.ts";

/** Top of the running package: the checkout when run from source, dist/ when built. */
export const PACKAGE_ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** A driver's file, found by its path. */
export interface DriverFile {
  /** "telnet"; "linux/panic" for a rule. */
  readonly name: string;
  readonly path: string;
  readonly own: boolean;
  /** A user's file in front of one of that name that ships. */
  readonly hides?: boolean;
}

/** Sub-folder of each kind, below drivers/ here and below a user's folder. */
const FOLDERS: Readonly<Record<DriverKind, string>> = {
  console: "console",
  power: "power",
  snmp: "power/snmp",
  serial: "power/serial",
  menu: "console/menu",
  boot: "boot",
  firmware: "firmware",
  notify: "notify",
  rule: "detect",
  runbook: "scripts",
};

/** Files of one kind that ship with oob. */
export function shippedFiles(kind: DriverKind): Promise<DriverFile[]> {
  const top = kind === "runbook" ? PACKAGE_ROOT : join(PACKAGE_ROOT, "drivers");
  return filesOf(kind, top, true);
}

/** Files of one kind in the sub-folders of a user's folder. */
export function usersFiles(kind: DriverKind, folder: string): Promise<DriverFile[]> {
  return filesOf(kind, folder, false);
}

/** Files that lie flat in a user's folder: what they are shows when they are loaded. */
export function flatFiles(folder: string): Promise<DriverFile[]> {
  return modulesIn(folder, "", false);
}

/** Files that lie flat in a folder of runbooks: modules, and recipes. */
export function runbookFiles(folder: string): Promise<DriverFile[]> {
  return modulesIn(folder, "", false, isRunbook);
}

async function filesOf(kind: DriverKind, top: string, own: boolean): Promise<DriverFile[]> {
  const folder = join(top, FOLDERS[kind]);
  if (kind === "runbook") return modulesIn(folder, "", own, isRunbook);
  if (kind !== "rule") return modulesIn(folder, "", own);
  const systems = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const folders = systems.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  const found = folders.sort().map((os) => modulesIn(join(folder, os), `${os}/`, own));
  return (await Promise.all(found)).flat();
}

async function modulesIn(
  folder: string,
  prefix: string,
  own: boolean,
  isOne = isModule,
): Promise<DriverFile[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => !entry.isDirectory() && isOne(entry.name))
    .map((entry) => ({
      name: prefix + nameOf(entry.name),
      path: join(folder, entry.name),
      own,
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** "disk-space" of "disk-space.yaml" and of "disk-space.ts". */
export const nameOf = (file: string): string =>
  basename(file).replace(/\.(?:[mc]?[jt]s|ya?ml)$/, "");

/** A recipe is data: its form decides, not what it exports. */
export const isRecipe = (file: string): boolean => /^[a-z0-9].*\.ya?ml$/.test(basename(file));

const isRunbook = (file: string): boolean => isModule(file) || isRecipe(file);

const isModule = (file: string): boolean =>
  /^[a-z0-9].*\.[mc]?[jt]s$/.test(file) && !/\.d\.[mc]?ts$|\.test\.[mc]?[jt]s$/.test(file);
