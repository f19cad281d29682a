import fs from "node:fs";
import { join } from "node:path";
import type { SiteConfig } from "../../config/site-config.ts";
import { nameHolder, type TtyHolder } from "../../sdk/serial/tty-holder.ts";
import { listPorts } from "../serial-ports/list-ports.ts";
import { findBystanders, troublesOf } from "../serial-ports/port-troubles.ts";
import { allDevices } from "./check-devices.ts";
import { atMost, type Finding } from "./finding.ts";

/** Names that go to whichever adapter is found first at a boot. */
const UNSTABLE = /^\/dev\/tty(?:USB|ACM)\d+$/;

interface Used {
  readonly name: string;
  readonly path: string;
  /** The device that the path leads to now. */
  readonly device: string;
}

/** Serial ports of the configuration: whether they are there, ours to open, and nobody else's. */
export async function checkPorts(
  config: Parameters<typeof allDevices>[0] & Pick<SiteConfig, "file">,
  isOurs: (pid: number) => boolean,
  proc = "/proc",
): Promise<Finding[]> {
  const entries = allDevices(config).flatMap(({ name, entry: { options } }) =>
    typeof options.path === "string" && options.path.startsWith("/dev/")
      ? [{ name, path: options.path }]
      : [],
  );
  const used: Used[] = [];
  const found: Finding[] = [];
  for (const entry of entries) {
    const device = realPath(entry.path);
    if (device === undefined) found.push(missing(entry));
    else used.push({ ...entry, device });
  }
  found.push(...used.flatMap(permission), ...(await unstable(used)));
  found.push(...(await others(used, isOurs, proc)));
  if (found.length > 0) return atMost(found);
  const text =
    entries.length === 0
      ? "no serial port of this machine is used"
      : `${entries.length} serial ports are there, may be opened, and are nobody else's`;
  return [{ is: "ok", check: "ports", text }];
}

const missing = ({ name, path }: Omit<Used, "device">): Finding => ({
  is: "problem",
  check: "ports",
  text: `${name}: there is no "${path}"`,
  todo: "Plug the adapter in, or take its name from: oob port list",
  about: name,
});

function permission({ name, path, device }: Used): Finding[] {
  try {
    fs.accessSync(device, fs.constants.R_OK | fs.constants.W_OK);
    return [];
  } catch {
    const group = fs.statSync(device, { throwIfNoEntry: false })?.gid;
    const text = `${name}: this user may not open "${path}"`;
    const todo = `Put the user of the daemon into the group of the device (${group ?? "?"}, mostly dialout): usermod -aG dialout USER, and restart`;
    return [{ is: "problem", check: "ports", text, todo, about: name }];
  }
}

async function unstable(used: readonly Used[]): Promise<Finding[]> {
  const named = used.filter(({ path }) => UNSTABLE.test(path));
  if (named.length === 0) return [];
  const ports = await listPorts();
  return named.map(({ name, path, device }) => {
    const stable = ports.find((port) => port.device === device)?.stable;
    const text = `${name}: "${path}" can be another adapter after a reboot`;
    const todo =
      stable === undefined || stable === device
        ? "Give it a name by a udev rule, see: oob port list"
        : `Use path: ${stable}`;
    return { is: "warning", check: "ports", text, todo, about: name };
  });
}

/** Programs of this machine that have a port open, or will. */
async function others(
  used: readonly Used[],
  isOurs: (pid: number) => boolean,
  proc: string,
): Promise<Finding[]> {
  if (used.length === 0) return [];
  const [bystanders, known] = await Promise.all([findBystanders(proc), listPorts()]);
  const holders = findHolders(new Set(used.map(({ device }) => device)), proc);
  const found: Finding[] = [];
  const add = (name: string, text: string, todo: string) =>
    found.push({ is: "problem", check: "ports", text: `${name}: ${text}`, todo, about: name });
  for (const { name, path, device } of used) {
    const foreign = holders.get(device)?.find(({ pid }) => !isOurs(pid));
    if (foreign)
      add(
        name,
        `${nameHolder(foreign)} has "${path}" open and takes bytes away`,
        `Look at it: ps ${foreign.pid}; a getty ends by: systemctl mask --now serial-getty@….service`,
      );
    const port = known.find((one) => one.device === device);
    if (!port) continue;
    // Holders were looked for above, for all ports at once.
    const { holder, troubles } = await troublesOf(port, bystanders);
    const rest = holder ? troubles.slice(1) : troubles;
    for (const { text, hint } of rest) add(name, `"${path}": ${text}`, hint);
  }
  return found;
}

/** Who has these devices open, as far as /proc shows it to this user. One walk, however many ports there are. */
export function findHolders(
  devices: ReadonlySet<string>,
  proc: string,
): ReadonlyMap<string, readonly TtyHolder[]> {
  const holders = new Map<string, TtyHolder[]>();
  for (const pid of namesIn(proc).filter((name) => /^\d+$/.test(name))) {
    const open = new Set<string>();
    for (const fd of namesIn(join(proc, pid, "fd"))) open.add(linkOf(join(proc, pid, "fd", fd)));
    for (const device of open) {
      if (!devices.has(device)) continue;
      const holder = { pid: Number(pid), name: textOf(join(proc, pid, "comm")).trim() };
      holders.set(device, [...(holders.get(device) ?? []), holder]);
    }
  }
  return holders;
}

function namesIn(folder: string): string[] {
  try {
    return fs.readdirSync(folder);
  } catch {
    return []; // Another user's process, or one that has ended meanwhile.
  }
}

function linkOf(path: string): string {
  try {
    return fs.readlinkSync(path);
  } catch {
    return "";
  }
}

function textOf(path: string): string {
  try {
    return fs.readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function realPath(path: string): string | undefined {
  try {
    return fs.realpathSync(path);
  } catch {
    return undefined;
  }
}
