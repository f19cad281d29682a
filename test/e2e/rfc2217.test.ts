/**
 * RFC 2217 against real peers: ser2net 4, pySerial's server (its PortManager) and pySerial's client. A pty stands for the
 * serial port here, which has speeds but no lines and no BREAK; the same on real ttys: serial-guest.test.ts.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import rfc2217 from "../../drivers/console/rfc2217.ts";
import { ComPortServer } from "../../mocks/com-port-server.ts";
import type { DeviceEntry } from "../../src/config/site-config.ts";
import { Registry } from "../../src/core/registry/registry.ts";
import { SiteDevices } from "../../src/core/site/site-devices.ts";
import { systemClock } from "../../src/lib/clock.ts";
import type { Link, LinkNotice } from "../../src/sdk/link.ts";
import type { OptionValues } from "../../src/sdk/options.ts";
import { failureOf, openContext, readBytes } from "../drivers/console/socket-suite.ts";
import { freePort } from "./rig/machine.ts";

// Debian's pySerial belongs to Debian's python.
const PYTHON = existsSync("/usr/bin/python3") ? "/usr/bin/python3" : "python3";
const scripts = join(import.meta.dirname, "rfc2217");
const has = (...command: [string, ...string[]]) => {
  const [program, ...words] = command;
  const { error, status } = spawnSync(program, words, { stdio: "ignore" });
  return error === undefined && status === 0;
};
const missing = [
  ...(has("ser2net", "-v") ? [] : ["ser2net"]),
  ...(has(PYTHON, "-c", "import serial.rfc2217") ? [] : ["python3-serial"]),
  ...(has("socat", "-V") ? [] : ["socat"]),
];
if (missing.length > 0) console.log(`rfc2217 is skipped: no ${missing.join(", ")}`);

let folder = "";
const undo: (() => unknown)[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "oob-rfc2217-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
afterEach(async () => {
  for (const one of undo.splice(0).reverse()) await one();
});

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGKILL");
  await once(child, "exit");
}

async function until(what: string, is: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 1500; tries++) {
    if (await is()) return;
    await systemClock.sleep(20);
  }
  throw new Error(`not within 30 s: ${what}`);
}

/** A pty with its far end in our hands: what is written to `stdin` comes out of the tty. */
async function pty() {
  const path = join(folder, `tty${undo.length}-${process.pid}`);
  const socat = spawn("socat", [`PTY,link=${path},rawer,wait-slave`, "STDIO"], {
    stdio: ["pipe", "pipe", "ignore"],
  });
  undo.push(() => stopped(socat));
  await until("socat's pty", () => existsSync(path));
  return { path, far: socat };
}

/** What the kernel holds for the tty: "speed 19200 baud; …". */
const sttyOf = (path: string): string =>
  spawnSync("stty", ["-F", path, "-a"], { encoding: "utf8" }).stdout;

function ser2net(path: string, accepter = "telnet(rfc2217)"): Promise<number> {
  return serve(accepter, `serialdev,${path},9600n81,local`);
}

async function serve(accepter: string, connector: string): Promise<number> {
  const port = await freePort();
  const file = join(folder, `${port}.yaml`);
  await writeFile(
    file,
    `%YAML 1.1\n---\nconnection: &port\n  accepter: ${accepter},tcp,127.0.0.1,${port}\n  connector: ${connector}\n  options:\n    kickolduser: true\n`,
  );
  const child = spawn("ser2net", ["-n", "-u", "-c", file, "-P", join(folder, `${port}.pid`)], {
    stdio: "ignore",
  });
  undo.push(() => stopped(child));
  const entry = `0100007F:${port.toString(16).toUpperCase().padStart(4, "0")} 00000000:0000 0A`;
  await until("ser2net listens (it needs an address besides 127.0.0.1)", async () =>
    (await readFile("/proc/net/tcp", "utf8")).includes(entry),
  );
  return port;
}

async function pySerial(path: string): Promise<number> {
  const child = spawn(PYTHON, [join(scripts, "port-server.py"), path], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  undo.push(() => stopped(child));
  for await (const line of createInterface({ input: child.stdout })) return Number(line);
  throw new Error("pySerial's server ended");
}

async function open(port: number, options: OptionValues = {}) {
  const link = await rfc2217.open({ host: "127.0.0.1", port, ...options }, openContext());
  undo.push(() => link.close());
  const notices: LinkNotice[] = [];
  link.onNotice?.((notice) => notices.push(notice));
  return { link, notices };
}

const ALL = [...Array(256).keys(), 13, 0, 13, 10, 255, 255, 0, 13];

async function testBothWays(link: Link, far: ChildProcess): Promise<void> {
  if (!far.stdin || !far.stdout) throw new Error("no pipes");
  const reading = readBytes(link, ALL.length);
  const there: number[] = [];
  far.stdout.on("data", (bytes: Uint8Array) => there.push(...bytes));
  await link.write(Uint8Array.from(ALL));
  await until("bytes at the far end", () => there.length >= ALL.length);
  expect(there).toEqual(ALL);
  far.stdin.write(Uint8Array.from(ALL));
  expect(await reading).toEqual(ALL);
}

describe.skipIf(missing.length > 0)("rfc2217", () => {
  it.each([
    ["ser2net", ser2net],
    ["pySerial's server", pySerial],
  ] as const)(
    "%s: sets the tty up, says what is in force, carries every byte",
    async (_name, start) => {
      const { path, far } = await pty();
      const port = await start(path);
      const { link } = await open(port, { baud: 19_200, format: "8n1", flow: "none" });
      expect(link.label).toBe(`127.0.0.1:${port} rfc2217 19200 8n1`);
      await until("the speed of the tty", () => sttyOf(path).includes("speed 19200 baud"));
      await testBothWays(link, far);
      const waiting = readBytes(link, 1);
      await link.setBaud?.(57_600);
      await until("the other speed", () => sttyOf(path).includes("speed 57600 baud"));
      expect(link.label).toBe(`127.0.0.1:${port} rfc2217 57600 8n1`);
      await link.close();
      await waiting;
    },
  );

  it.each([
    ["ser2net", ser2net],
    ["pySerial's server", pySerial],
  ] as const)("%s: what is not asked for stays, and is shown", async (_name, start) => {
    const { path } = await pty();
    const port = await start(path);
    const { link } = await open(port);
    expect(link.label).toBe(`127.0.0.1:${port} rfc2217 9600 8n1`);
  });

  it.each([
    ["ser2net", ser2net],
    ["pySerial's server", pySerial],
  ] as const)("%s: BREAK is taken, and the bytes around it are whole", async (_name, start) => {
    const { path, far } = await pty();
    const port = await start(path);
    const { link } = await open(port, { baud: 9600 });
    const waiting = readBytes(link, 2);
    const there: number[] = [];
    far.stdout.on("data", (bytes: Uint8Array) => there.push(...bytes));
    await link.write(Uint8Array.of(0x61));
    await link.sendBreak?.(250);
    await link.write(Uint8Array.of(0x62));
    await until("both letters", () => there.length >= 2);
    expect(there).toEqual([0x61, 0x62]);
    far.stdin.write("ok");
    expect(await waiting).toEqual([0x6f, 0x6b]);
  });

  it("ser2net: DTR on a pty, which has none, is no failure, and said", async () => {
    const { path } = await pty();
    const { link, notices } = await open(await ser2net(path));
    const waiting = readBytes(link, 1);
    await link.setLines?.({ dtr: false });
    expect(notices).toContainEqual({ is: "note", text: "rfc2217: DTR not confirmed" });
    await link.close();
    await waiting;
  });

  it("ser2net without rfc2217: plain telnet, and said; or refused if asked", async () => {
    const { path, far } = await pty();
    const port = await ser2net(path, "telnet");
    const { link, notices } = await open(port, { baud: 19_200 });
    expect(link.label).toBe(`127.0.0.1:${port} rfc2217 refused, plain telnet`);
    await testBothWays(link, far);
    expect(notices).toContainEqual({
      is: "note",
      text: "rfc2217: the server refuses COM-PORT-OPTION: plain telnet, its settings are the server's",
    });
    await link.close();
    const failure = await failureOf(open(port, { mismatch: "refuse" }));
    expect(failure.code).toBe("LINK_REFUSED");
    expect(failure.message).toContain("the server refuses COM-PORT-OPTION");
  });

  it("ser2net: a device that is gone is told as that", async () => {
    const port = await ser2net(join(folder, "no-such-tty"));
    const failure = await failureOf(open(port, { baud: 9600 }));
    expect(failure.code).toBe("LINK_REFUSED");
    expect(failure.message).toContain("Device open failure");
  });

  it("pySerial's server: a second client hears nothing, and is told so", async () => {
    const { path } = await pty();
    const port = await pySerial(path);
    await open(port);
    const { link, notices } = await open(port);
    expect(link.label).toContain("not answered, plain telnet");
    await until("the note", () => notices.length > 0);
    expect(JSON.stringify(notices)).toContain("did not answer COM-PORT-OPTION within 3s");
  });

  it("three deep: through ser2net's telnet to another ser2net's RFC 2217, which sets the tty", async () => {
    const { path, far } = await pty();
    const inner = await ser2net(path);
    const outer = await serve("telnet", `tcp,127.0.0.1,${inner}`);
    const devices = new SiteDevices({
      registry: new Registry([]),
      secrets: () => Promise.reject(new Error("no secrets here")),
      clock: systemClock,
      locks: folder,
      who: "test",
    });
    const tcp: DeviceEntry = { driver: "tcp", options: { host: "127.0.0.1", port: outer } };
    const telnet: DeviceEntry = { driver: "telnet", options: {}, via: tcp };
    const told: string[] = [];
    const link = await devices.openLink(
      { driver: "rfc2217", options: { baud: 38_400 }, via: telnet },
      { ...openContext(), progress: (text: string) => told.push(text) },
    );
    undo.push(() => link.close());
    expect(link.label).toBe(`rfc2217 38400 8n1 via telnet via 127.0.0.1:${outer} tcp`);
    expect(told.at(-1)).toBe("step 3 of 3, rfc2217");
    await until("the speed of the tty", () => sttyOf(path).includes("speed 38400 baud"));
    await testBothWays(link, far);
  });

  it("pySerial's client is content with the server that our tests use", async () => {
    const server = new ComPortServer();
    server.modemState = 128;
    const port = await server.listen();
    undo.push(() => server.close());
    const client = spawn(PYTHON, [join(scripts, "client.py"), String(port)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    undo.push(() => stopped(client));
    let told = "";
    client.stdout.on("data", (text: Uint8Array) => {
      told += Buffer.from(text).toString();
    });
    await server.until(() => server.typed.length >= 10);
    expect(server.typed).toBe("hello \xff\0\r\0");
    expect(server.port).toMatchObject({ baud: 19_200, dataBits: 7, parity: 3, stopBits: 2 });
    server.print(Uint8Array.of(255, 13, 0, 255, 65, 66));
    expect(await once(client, "exit")).toEqual([0, null]);
    expect(told).toBe("open\nheard ff0d00ff4142\ncd True\n");
    expect(server.breaks).toEqual(["on", "off"]);
    expect(server.port).toMatchObject({ baud: 57_600, dtr: 0, rts: 0 });
  });
});
