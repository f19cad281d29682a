import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { findTtyHolder, nameHolder, type TtyHolder } from "../../sdk/serial/tty-holder.ts";
import type { SerialPort } from "./list-ports.ts";

/** Something of this machine that will get in the way of a console, and what to do about it. */
export interface PortTrouble {
  readonly text: string;
  readonly hint: string;
}

/** What a port is troubled by, and who has it. */
export interface PortTroubles {
  readonly holder?: TtyHolder;
  readonly troubles: readonly PortTrouble[];
}

const GETTY = /^(?:a?getty|mgetty|login|sulogin)$/;

/** What runs on this machine that touches serial ports, found once for all ports. */
export interface Bystanders {
  readonly modemManager: boolean;
  readonly brltty: boolean;
  /** Devices of `console=` on the kernel's command line: "ttyS0". */
  readonly kernelConsoles: readonly string[];
}

/** Looks for the programs that open serial ports unasked. `proc` is another folder in tests. */
export async function findBystanders(proc = "/proc"): Promise<Bystanders> {
  const pids = (await readdir(proc).catch(() => [])).filter((name) => /^\d+$/.test(name));
  const names = await Promise.all(
    pids.map((pid) => readFile(join(proc, pid, "comm"), "utf8").catch(() => "")),
  );
  const runs = (name: string) => names.some((one) => one.trim() === name);
  const line = await readFile(join(proc, "cmdline"), "utf8").catch(() => "");
  const kernelConsoles = [...line.matchAll(/(?:^|\s)console=(tty[A-Z]\w*)/g)].map(
    (match) => match[1] ?? "",
  );
  return { modemManager: runs("ModemManager"), brltty: runs("brltty"), kernelConsoles };
}

/** What stands in the way at one port. */
export async function troublesOf(port: SerialPort, others: Bystanders): Promise<PortTroubles> {
  const name = basename(port.device);
  const holder = await findTtyHolder(port.device);
  const troubles: PortTrouble[] = [];
  if (holder && GETTY.test(holder.name))
    troubles.push({
      text: `${nameHolder(holder)} offers a login of this machine on it`,
      hint: `systemctl mask --now serial-getty@${name}.service`,
    });
  else if (holder)
    troubles.push({
      text: `${nameHolder(holder)} has it`,
      hint: "End that program, or reach the console through it",
    });
  if (others.kernelConsoles.includes(name))
    troubles.push({
      text: "the kernel of this machine prints its console there",
      hint: `Take console=${name} off the kernel's command line`,
    });
  if (port.usb && others.modemManager)
    troubles.push({
      text: "ModemManager runs: it types AT commands into adapters that it finds",
      hint: 'A udev rule with ENV{ID_MM_DEVICE_IGNORE}="1", or systemctl mask --now ModemManager',
    });
  if (port.usb && others.brltty)
    troubles.push({
      text: "brltty runs: it takes some USB adapters for braille displays",
      hint: "systemctl mask --now brltty, or remove its udev rule",
    });
  if (port.usb && port.stable === port.device)
    troubles.push({
      text: "udev gives it no stable name: its device name can change",
      hint: "Look into /dev/serial; an adapter without a serial number has a name by-path only",
    });
  return { ...(holder && { holder }), troubles };
}
