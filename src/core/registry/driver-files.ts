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
}

/** Sub-folder of each kind, below drivers/ here and below a user's folder. */
const FOLDERS: Readonly<Record<DriverKind, string>> = {
  console: "console",
  power: "power",
  snmp: "power/snmp",
  serial: "power/serial",
  menu: "console/menu",
  boot: "boot",
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

async function filesOf(kind: DriverKind, top: string, own: boolean): Promise<DriverFile[]> {
  const folder = join(top, FOLDERS[kind]);
  if (kind !== "rule") return modulesIn(folder, "", own);
  const systems = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const folders = systems.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  const found = folders.sort().map((os) => modulesIn(join(folder, os), `${os}/`, own));
  return (await Promise.all(found)).flat();
}

async function modulesIn(folder: string, prefix: string, own: boolean): Promise<DriverFile[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => !entry.isDirectory() && isModule(entry.name))
    .map((entry) => ({
      name: prefix + basename(entry.name).replace(/\.[mc]?[jt]s$/, ""),
      path: join(folder, entry.name),
      own,
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

const isModule = (file: string): boolean =>
  /^[a-z0-9].*\.[mc]?[jt]s$/.test(file) && !/\.d\.[mc]?ts$|\.test\.[mc]?[jt]s$/.test(file);
