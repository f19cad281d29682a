import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import serial from "../../../drivers/console/serial.ts";
import { MockSerialDevice, mockSerialBinding } from "../../../mocks/serial-binding.ts";
import { latin1 } from "../../../src/lib/bytes.ts";
import { type Clock, ManualClock, systemClock } from "../../../src/lib/clock.ts";
import type { Link, LinkNotice, OpenContext } from "../../../src/sdk/link.ts";
import type { OptionValues } from "../../../src/sdk/options.ts";
import { openSerial } from "../../../src/sdk/serial/serial-link.ts";
import { openPty, type Pty } from "../../pty.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

function contextWith(more: Partial<OpenContext> & { clock?: Clock } = {}): OpenContext {
  return {
    clock: systemClock,
    secret: () => Promise.reject(new Error("no secrets here")),
    signal: new AbortController().signal,
    progress: () => undefined,
    reopening: false,
    ...more,
  };
}

async function pty(options: { raw?: boolean } = {}): Promise<Pty> {
  const opened = await openPty(options);
  cleanups.push(() => opened.close());
  return opened;
}

async function open(options: OptionValues, context = contextWith()): Promise<Link> {
  const link = await openSerial(options, context);
  cleanups.push(() => link.close());
  return link;
}

/** Reads until `count` bytes came. */
async function read(bytes: AsyncIterator<Uint8Array>, count: number): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let got = 0;
  while (got < count) {
    const { value, done } = await bytes.next();
    if (done) break;
    parts.push(value);
    got += value.length;
  }
  return Buffer.concat(parts);
}

const iterate = (link: Link) => link.bytes[Symbol.asyncIterator]();
const codeOf = (thrown: unknown) => (thrown as { code?: string }).code;

async function failure(
  promise: Promise<unknown>,
): Promise<{ code?: string; message: string; hint?: string }> {
  return promise.then(
    () => Promise.reject(new Error("it should have failed")),
    (error: { code?: string; message: string; hint?: string }) => error,
  );
}

describe("serial on a pty", () => {
  it("open() carries all 256 byte values both ways unchanged", async () => {
    const far = await pty();
    const link = await open({ path: far.path, baud: 9600 });
    const all = Uint8Array.from({ length: 256 }, (_, i) => i);
    await far.write(all);
    expect(await read(iterate(link), 256)).toEqual(Buffer.from(all));
    await link.write(all);
    await new Promise<void>((resolve) => {
      far.onBytes(() => far.written.length >= 256 && resolve());
      if (far.written.length >= 256) resolve();
    });
    expect(far.written).toEqual(Buffer.from(all));
  });

  it("open() loses nothing that waited, at the first opening and at the next", async () => {
    const far = await pty({ raw: true });
    await far.write("before the first, ");
    const first = await open({ path: far.path, baud: 9600 });
    expect((await read(iterate(first), 18)).toString()).toBe("before the first, ");
    await first.close();
    await far.write("between");
    const second = await open({ path: far.path, baud: 9600 }, contextWith({ reopening: true }));
    expect((await read(iterate(second), 7)).toString()).toBe("between");
  });

  it("open() loses nothing when the speed has to be changed", async () => {
    const far = await pty({ raw: true });
    const first = await open({ path: far.path, baud: 9600 });
    await first.close();
    await far.write("waiting");
    const second = await open({ path: far.path, baud: 115_200 });
    expect((await read(iterate(second), 7)).toString()).toBe("waiting");
  });

  it("bytes reads nothing while nobody asks", async () => {
    const far = await pty({ raw: true });
    const link = await open({ path: far.path });
    const bytes = iterate(link);
    await far.write("one");
    expect((await read(bytes, 3)).toString()).toBe("one");
    await far.write("two");
    await link.close();
    // What was not asked for is still in the kernel, for whoever comes next.
    const next = await open({ path: far.path });
    expect((await read(iterate(next), 3)).toString()).toBe("two");
  });

  it("sendBreak, setLines and readLines are absent: a pty has none", async () => {
    const far = await pty();
    const link = await open({ path: far.path });
    expect([link.sendBreak, link.setLines, link.readLines]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it("bytes throws LINK_LOST when the other side hangs up, and write() too", async () => {
    const far = await pty();
    const link = await open({ path: far.path });
    const next = failure(iterate(link).next());
    await far.close();
    expect((await next).code).toBe("LINK_LOST");
    expect((await failure(link.write(latin1("x")))).code).toBe("LINK_LOST");
  });

  it("close() ends the iterator, also one that waits", async () => {
    const far = await pty();
    const link = await open({ path: far.path });
    const next = iterate(link).next();
    await link.close();
    expect((await next).done).toBe(true);
    expect((await iterate(link).next()).done).toBe(true);
  });

  it("close() does not wait for a reader that never reads", async () => {
    const far = await pty();
    const link = await open({ path: far.path });
    far.stall();
    const stuck = link.write(new Uint8Array(4_000_000));
    const outcome = failure(stuck);
    await link.close();
    expect((await outcome).code).toBe("LINK_LOST");
  });

  it("close() gives every file descriptor back", async () => {
    const far = await pty();
    const count = () => readdirSync("/proc/self/fd").length;
    const cycle = async () => {
      const link = await openSerial({ path: far.path }, contextWith());
      await link.close();
    };
    await cycle();
    const before = count();
    for (let i = 0; i < 5; i++) await cycle();
    await expect.poll(count).toBe(before);
  });

  it("open() says who has a locked port", async () => {
    const far = await pty();
    const other = spawn("flock", ["-n", far.path, "sleep", "60"], { stdio: "ignore" });
    cleanups.push(() => other.kill("SIGKILL"));
    await once(other, "spawn");
    await expect
      .poll(async () => {
        const link = await openSerial({ path: far.path }, contextWith()).catch((e: unknown) => e);
        if (link instanceof Error) return link.message;
        await (link as Link).close();
        return "opened";
      })
      .toMatch(/^Cannot open "\/dev\/pts\/\d+": .+ has it$/);
    const error = await failure(openSerial({ path: far.path }, contextWith()));
    expect(error.code).toBe("PORT_BUSY");
  });

  it("open() keeps a second oob out, and lets it in where exclusive is false", async () => {
    const far = await pty();
    await open({ path: far.path });
    expect((await failure(openSerial({ path: far.path }, contextWith()))).code).toBe("PORT_BUSY");
    const shared = await open({ path: far.path, exclusive: false });
    await shared.close();
  });

  it("open() follows a by-id name and says where it leads", async () => {
    const far = await pty();
    const folder = await mkdtemp(join(tmpdir(), "oob-serial-"));
    cleanups.push(() => rm(folder, { recursive: true }));
    const name = join(folder, "usb-FTDI_A10K4T2Z-if00-port0");
    await symlink(far.path, name);
    const told: string[] = [];
    const link = await open({ path: name }, contextWith({ progress: (text) => told.push(text) }));
    expect(told).toEqual([`"${name}" is ${far.path}`]);
    expect(link.label).toBe(`${far.path} 115200 8n1`);
  });

  it("open() gives up when asked to", async () => {
    const far = await pty();
    const reason = new Error("given up");
    const context = contextWith({ signal: AbortSignal.abort(reason) });
    expect(await failure(openSerial({ path: far.path }, context))).toBe(reason);
  });
});

describe("serial, what cannot be opened", () => {
  it("open() names a missing device", async () => {
    const error = await failure(serial.open({ path: "/dev/ttyNONE7" }, contextWith()));
    expect(error).toMatchObject({
      code: "LINK_REFUSED",
      message: 'Cannot open "/dev/ttyNONE7": there is no such device',
    });
    expect(error.hint).toBeTruthy();
  });

  it("open() refuses what is no serial port", async () => {
    const folder = await mkdtemp(join(tmpdir(), "oob-serial-"));
    cleanups.push(() => rm(folder, { recursive: true }));
    await writeFile(join(folder, "file"), "");
    for (const path of [join(folder, "file"), "/dev/null", folder])
      expect(await failure(openSerial({ path }, contextWith()))).toMatchObject({
        code: "LINK_REFUSED",
        message: `Cannot open "${path}": it is not a serial port`,
      });
  });

  it("open() refuses a format that does not exist", async () => {
    for (const format of ["9n1", "8n3", "8x1", "8n1; reboot", "n"])
      expect((await failure(openSerial({ path: "/dev/null", format }, contextWith()))).code).toBe(
        "USAGE",
      );
  });

  it("open() says that permission is missing and names the group", async () => {
    const denied = {
      open: () => Promise.reject(Object.assign(new Error("no"), { code: "EACCES" })),
    };
    const error = await failure(openSerial({ path: "/dev/ttyS0" }, contextWith(), denied));
    expect(error.message).toBe('Cannot open "/dev/ttyS0": permission denied');
    expect(error.hint).toContain("dialout");
  });
});

describe("serial on hardware (mock binding)", () => {
  const path = "/dev/ttyMOCK0";

  async function plugged(
    device: MockSerialDevice,
    options: OptionValues = {},
    clock = new ManualClock(),
  ) {
    const binding = mockSerialBinding({ [path]: device });
    const link = await openSerial({ path, ...options }, contextWith({ clock }), binding);
    cleanups.push(() => link.close());
    return { link, clock, binding };
  }

  it("sendBreak() lasts as long as asked and leaves DTR and RTS where they were", async () => {
    const device = new MockSerialDevice();
    const { link, clock } = await plugged(device, { rts: "lower" });
    expect(device.driven).toEqual({ dtr: true, rts: false });
    const sent = link.sendBreak?.(250);
    await clock.advance(249);
    expect([device.breaking, device.driven.rts]).toEqual([true, false]);
    await clock.advance(1);
    await sent;
    expect([device.breaking, device.breaks, device.driven.rts]).toEqual([false, 1, false]);
  });

  it("setLines() sets one line and keeps the other", async () => {
    const device = new MockSerialDevice();
    const { link } = await plugged(device);
    await link.setLines?.({ dtr: false });
    expect(device.driven).toEqual({ dtr: false, rts: true });
    await link.setLines?.({ rts: false });
    expect(device.driven).toEqual({ dtr: false, rts: false });
  });

  it("open() touches no line where both are to be kept", async () => {
    const device = new MockSerialDevice();
    await plugged(device, { dtr: "keep", rts: "keep" });
    expect(device.settings).toEqual([]);
  });

  it("sendBreak and setLines are absent on an adapter that has no BREAK", async () => {
    const device = new MockSerialDevice(115_200, { noBreak: true });
    const { link } = await plugged(device);
    expect([link.sendBreak, link.setLines]).toEqual([undefined, undefined]);
    expect(await link.readLines?.()).toEqual({ cts: true, dsr: true, dcd: true });
    await link.close();
    const lowered = failure(plugged(device, { dtr: "lower" }));
    expect((await lowered).code).toBe("LINK_UNSUPPORTED");
  });

  it("setLines() waits for a BREAK to end", async () => {
    const device = new MockSerialDevice();
    const { link, clock } = await plugged(device);
    const sent = link.sendBreak?.(100);
    const set = link.setLines?.({ dtr: false });
    await clock.advance(99);
    expect([device.breaking, device.driven.dtr]).toEqual([true, true]);
    await clock.advance(1);
    await Promise.all([sent, set]);
    expect(device.driven.dtr).toBe(false);
  });

  it("close() during a BREAK ends the BREAK", async () => {
    const device = new MockSerialDevice();
    const { link, clock } = await plugged(device);
    const sent = link.sendBreak?.(5000);
    await clock.advance(10);
    await link.close();
    await sent;
    expect(device.breaking).toBe(false);
  });

  it("onNotice() tells of modem lines when they change, and only then", async () => {
    const device = new MockSerialDevice();
    const { link, clock } = await plugged(device);
    const notices: LinkNotice[] = [];
    link.onNotice?.((notice) => notices.push(notice));
    await clock.advance(1000);
    await clock.advance(1000);
    device.lines = { cts: true, dsr: true, dcd: false };
    await clock.advance(1000);
    expect(notices).toEqual([
      { is: "lines", lines: { cts: true, dsr: true, dcd: true } },
      { is: "lines", lines: { cts: true, dsr: true, dcd: false } },
    ]);
    expect(await link.readLines?.()).toEqual({ cts: true, dsr: true, dcd: false });
  });

  it("bytes throws LINK_LOST within a second of an unplugging that nobody reads", async () => {
    const device = new MockSerialDevice();
    const { link, clock } = await plugged(device);
    device.unplug();
    await clock.advance(1000);
    expect((await failure(iterate(link).next())).code).toBe("LINK_LOST");
  });

  it("open() works again after replugging", async () => {
    const device = new MockSerialDevice();
    const { link, binding } = await plugged(device);
    const waiting = failure(iterate(link).next());
    device.unplug();
    expect((await waiting).code).toBe("LINK_LOST");
    await link.close();
    const missing = await failure(openSerial({ path }, contextWith(), binding));
    expect(missing.message).toContain("there is no such device");
    device.plug();
    const again = await openSerial({ path }, contextWith({ reopening: true }), binding);
    cleanups.push(() => again.close());
    device.send(latin1("back"));
    expect((await read(iterate(again), 4)).toString()).toBe("back");
  });

  it("write() rejects with LINK_LOST when the adapter goes while it waits", async () => {
    const device = new MockSerialDevice(115_200, { slowWrite: true });
    const { link } = await plugged(device);
    const written = failure(link.write(latin1("reboot\r")));
    device.unplug();
    expect((await written).code).toBe("LINK_LOST");
    expect(device.received).toEqual([]);
  });

  it("open() notices a speed that the hardware did not take", async () => {
    const device = new MockSerialDevice(9600, { stuckBaud: 9600 });
    const opened = openSerial(
      { path, baud: 250_000 },
      contextWith(),
      mockSerialBinding({ [path]: device }),
    );
    expect(await failure(opened)).toMatchObject({
      code: "LINK_REFUSED",
      message: `Cannot open "${path}": it stays at 9600 baud when set to 250000`,
    });
    expect(device.opened).toBeUndefined();
  });

  it("a wrong speed gives other bytes, not an error", async () => {
    const device = new MockSerialDevice(9600);
    const { link } = await plugged(device, { baud: 115_200 });
    device.send(latin1("login: "));
    const heard = await read(iterate(link), 7);
    expect(heard).toHaveLength(7);
    expect(heard.toString("latin1")).not.toBe("login: ");
  });

  it("bytes asks the port for nothing before it is asked itself", async () => {
    const device = new MockSerialDevice();
    const { link } = await plugged(device);
    device.send(latin1("x"));
    expect(device.reads).toBe(0);
    const bytes = iterate(link);
    await bytes.next();
    expect(device.reads).toBe(1);
  });

  it("open() passes speed, format and flow control on", async () => {
    const device = new MockSerialDevice(9600);
    const { link } = await plugged(device, { baud: 9600, format: "7E2", flow: "rtscts" });
    expect(device.opened).toMatchObject({
      baudRate: 9600,
      dataBits: 7,
      parity: "even",
      stopBits: 2,
      rtscts: true,
      xon: false,
      hupcl: false,
      lock: true,
    });
    expect(link.label).toBe(`${path} 9600 7e2`);
  });

  it("open() of a busy port is PORT_BUSY", async () => {
    const binding = mockSerialBinding({ [path]: new MockSerialDevice(9600, { busy: true }) });
    const error = await failure(openSerial({ path }, contextWith(), binding));
    expect(codeOf(error)).toBe("PORT_BUSY");
    expect(error.message).toBe(`Cannot open "${path}": another process has it`);
  });
});
