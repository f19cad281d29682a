import { readdir, readFile, readlink, realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** Where the kernel and udev show ports. Tests give folders of their own. */
export interface PortRoots {
  readonly sys: string;
  readonly dev: string;
}

export const SYSTEM_ROOTS: PortRoots = { sys: "/sys/class/tty", dev: "/dev" };

/** A serial port of this machine. */
export interface SerialPort {
  /** "/dev/ttyUSB0" */
  readonly device: string;
  /** A name that stays the same over reboots and re-plugging; the device itself for ports on the board. */
  readonly stable: string;
  /** The kernel's driver: "ftdi_sio". */
  readonly driver: string;
  /** What USB says of the adapter: "FTDI FT232R USB UART A10K4T2Z". */
  readonly adapter?: string;
  /** true: its device name may be another one after a reboot. */
  readonly usb: boolean;
}

/** Real ports, in the order of their names; a UART that no hardware answers for is left out (type 0, PORT_UNKNOWN). */
export async function listPorts(roots: PortRoots = SYSTEM_ROOTS): Promise<readonly SerialPort[]> {
  const names = await readdir(roots.sys).catch(() => []);
  const stable = await stableNames(roots.dev);
  const ports = await Promise.all(names.map((name) => portOf(name, roots, stable)));
  return ports
    .filter((port) => port !== undefined)
    .sort((a, b) => a.device.localeCompare(b.device, "en", { numeric: true }));
}

async function portOf(
  name: string,
  { sys, dev }: PortRoots,
  stable: ReadonlyMap<string, string>,
): Promise<SerialPort | undefined> {
  const place = join(sys, name, "device");
  const driver = await readlink(join(place, "driver")).then(basename, () => undefined);
  if (driver === undefined) return undefined;
  if ((await text(join(sys, name, "type"))) === "0") return undefined;
  const device = join(dev, name);
  const usb = await usbFacts(await realpath(place).catch(() => place));
  return {
    device,
    stable: stable.get(device) ?? device,
    driver,
    usb: usb !== undefined,
    ...(usb && usb !== "" && { adapter: usb }),
  };
}

/** by-id before by-path: the first follows the adapter, the second the socket that it is plugged into. */
async function stableNames(dev: string): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const kind of ["by-id", "by-path"]) {
    const folder = join(dev, "serial", kind);
    const names = await readdir(folder).catch(() => []);
    for (const name of names.sort((a, b) => a.localeCompare(b))) {
      const path = join(folder, name);
      const device = await realpath(path).catch(() => undefined);
      if (device !== undefined && !found.has(device)) found.set(device, path);
    }
  }
  return found;
}

/** Words of the USB device above a tty, "" where it says nothing of itself; undefined: no USB device. */
async function usbFacts(place: string): Promise<string | undefined> {
  for (let at = place; at !== dirname(at); at = dirname(at)) {
    if ((await text(join(at, "idVendor"))) === undefined) continue;
    const words = await Promise.all(
      ["manufacturer", "product", "serial"].map((file) => text(join(at, file))),
    );
    return words.filter((word) => word !== undefined && word !== "").join(" ");
  }
  return undefined;
}

const text = (path: string): Promise<string | undefined> =>
  readFile(path, "utf8").then(
    (found) => found.trim(),
    () => undefined,
  );
