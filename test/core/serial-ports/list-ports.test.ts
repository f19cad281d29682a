import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { listPorts } from "../../../src/core/serial-ports/list-ports.ts";
import { findBystanders, troublesOf } from "../../../src/core/serial-ports/port-troubles.ts";

let root: string;
const at = (...parts: string[]) => join(root, ...parts);
const file = (path: string, text: string) => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
};

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "oob-ports-"));
  for (const folder of ["sys", "devices/pci/usb1", "drivers", "dev/serial/by-id", "proc"])
    mkdirSync(at(folder), { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true }));

/** A tty as sysfs shows it: class/tty/NAME/device is a link into the tree of devices. */
function tty(name: string, place: string, driver: string | undefined, type?: string): void {
  const folder = at("devices", place);
  mkdirSync(folder, { recursive: true });
  if (driver !== undefined) {
    mkdirSync(at("drivers", driver), { recursive: true });
    symlinkSync(at("drivers", driver), join(folder, "driver"));
  }
  mkdirSync(at("sys", name), { recursive: true });
  symlinkSync(folder, at("sys", name, "device"));
  if (type !== undefined) file(at("sys", name, "type"), `${type}\n`);
  file(at("dev", name), "");
}

const list = () => listPorts({ sys: at("sys"), dev: at("dev") });

describe("listPorts()", () => {
  it("names ports of the board and of USB adapters, stable names first, no ghosts", async () => {
    tty("ttyS0", "pnp0", "serial", "4");
    tty("ttyS1", "serial8250-1", "serial8250", "0");
    tty("tty1", "virtual", undefined);
    tty("ttyUSB10", "pci/usb1/1-1/1-1:1.0/ttyUSB10", "ftdi_sio");
    tty("ttyUSB9", "pci/usb1/1-2/1-2:1.0/ttyUSB9", "ch341-uart");
    file(at("devices/pci/usb1/1-1/idVendor"), "0403\n");
    file(at("devices/pci/usb1/1-1/manufacturer"), "FTDI\n");
    file(at("devices/pci/usb1/1-1/product"), "FT232R USB UART\n");
    file(at("devices/pci/usb1/1-1/serial"), "A10K4T2Z\n");
    file(at("devices/pci/usb1/1-2/idVendor"), "1a86\n");
    const byId = at("dev/serial/by-id/usb-FTDI_FT232R_USB_UART_A10K4T2Z-if00-port0");
    symlinkSync("../../ttyUSB10", byId);
    expect(await list()).toEqual([
      { device: at("dev/ttyS0"), stable: at("dev/ttyS0"), driver: "serial", usb: false },
      { device: at("dev/ttyUSB9"), stable: at("dev/ttyUSB9"), driver: "ch341-uart", usb: true },
      {
        device: at("dev/ttyUSB10"),
        stable: byId,
        driver: "ftdi_sio",
        usb: true,
        adapter: "FTDI FT232R USB UART A10K4T2Z",
      },
    ]);
  });

  it("gives none where there is no sysfs", async () => {
    rmSync(at("sys"), { recursive: true });
    expect(await list()).toEqual([]);
  });
});

describe("troublesOf()", () => {
  it("warns of ModemManager and brltty at USB adapters, of a kernel console, of a name that moves", async () => {
    file(at("proc/812/comm"), "ModemManager\n");
    file(at("proc/813/comm"), "brltty\n");
    file(at("proc/cmdline"), "root=/dev/sda1 console=tty0 console=ttyS0,115200n8 quiet\n");
    const others = await findBystanders(at("proc"));
    expect(others).toEqual({ modemManager: true, brltty: true, kernelConsoles: ["ttyS0"] });
    const usb = { device: "/dev/ttyUSB3", stable: "/dev/ttyUSB3", driver: "ftdi_sio", usb: true };
    const words = (await troublesOf(usb, others)).troubles.map(({ text }) => text.split(":")[0]);
    expect(words).toEqual(["ModemManager runs", "brltty runs", "udev gives it no stable name"]);
    const board = { device: "/dev/ttyS0", stable: "/dev/ttyS0", driver: "serial", usb: false };
    expect((await troublesOf(board, others)).troubles.map(({ text }) => text)).toEqual([
      "the kernel of this machine prints its console there",
    ]);
  });
});
