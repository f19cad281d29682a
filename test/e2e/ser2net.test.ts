/**
 * Consoles behind a real ser2net 4. Its accepters ask for the machine's configured addresses (AI_ADDRCONFIG), so a
 * machine with nothing but 127.0.0.1 gets none; it takes no port 0 either, so a free one is looked for.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import tcp from "../../drivers/console/tcp.ts";
import telnet from "../../drivers/console/telnet.ts";
import { systemClock } from "../../src/lib/clock.ts";
import type { ConsoleDriver, Link } from "../../src/sdk/link.ts";
import { failureOf, openContext, readBytes, receive } from "../drivers/console/socket-suite.ts";

const installed = spawnSync("ser2net", ["-v"]).error === undefined;
if (!installed) console.log("ser2net is not installed (apt-get install ser2net): skipped");

const ALL = [...Array(256).keys(), 13, 0, 13, 10, 255, 255, 0, 13];
let nextPort = 20_000 + (process.pid % 9000);
let folder = "";
const undo: (() => unknown)[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "oob-ser2net-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
afterEach(async () => {
  for (const one of undo.splice(0).reverse()) await one();
});

/** A free port below the range of outgoing connections, where another client cannot take it meanwhile. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = nextPort++;
    const server = createServer();
    const free = await new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false));
      server.listen(port, "127.0.0.1", () => resolve(true));
    });
    if (!free) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}

/** Starts ser2net in front of `connector`; resolves once it listens. */
async function serve(accepter: "telnet,tcp" | "tcp", connector: string, port: number) {
  const file = join(folder, `${port}.yaml`);
  await writeFile(
    file,
    `%YAML 1.1\n---\nconnection: &console\n  accepter: ${accepter},127.0.0.1,${port}\n  connector: ${connector}\n  options:\n    kickolduser: true\n`,
  );
  const child = spawn("ser2net", ["-n", "-u", "-c", file, "-P", join(folder, `${port}.pid`)], {
    stdio: "ignore",
  });
  const stop = () => stopped(child);
  undo.push(stop);
  await listening(port, child);
  return { stop };
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGKILL");
  await once(child, "exit");
}

/** Waits until the kernel lists a listener: connecting would be a client of the console. */
async function listening(port: number, child: ChildProcess): Promise<void> {
  const entry = `0100007F:${port.toString(16).toUpperCase().padStart(4, "0")} 00000000:0000 0A`;
  for (let tries = 0; tries < 500; tries++) {
    if (child.exitCode !== null) break;
    if ((await readFile("/proc/net/tcp", "utf8")).includes(entry)) return;
    await systemClock.sleep(20);
  }
  throw new Error(`ser2net does not listen on ${port}: has this machine an address but 127.0.0.1?`);
}

/** The device behind ser2net's own TCP connector. */
class Device {
  readonly #server: Server;
  readonly #calls: Socket[] = [];
  #called: (() => void) | undefined;
  port = 0;

  constructor() {
    this.#server = createServer({ pauseOnConnect: true, noDelay: true }, (socket) => {
      socket.on("error", () => socket.destroy());
      this.#calls.push(socket);
      this.#called?.();
    });
  }

  async listen(): Promise<void> {
    this.port = await freePort();
    await new Promise<void>((resolve) => this.#server.listen(this.port, "127.0.0.1", resolve));
    undo.push(() => {
      for (const socket of this.#calls) socket.destroy();
      this.#server.close();
    });
  }

  async call(): Promise<Socket> {
    for (;;) {
      const socket = this.#calls.shift();
      if (socket) return socket;
      await new Promise<void>((resolve) => {
        this.#called = resolve;
      });
    }
  }
}

async function open(driver: ConsoleDriver, port: number): Promise<Link> {
  const link = await driver.open({ host: "127.0.0.1", port }, openContext());
  undo.push(() => link.close());
  return link;
}

async function testBothWays(driver: ConsoleDriver, accepter: "telnet,tcp" | "tcp") {
  const device = new Device();
  await device.listen();
  const port = await freePort();
  await serve(accepter, `tcp,127.0.0.1,${device.port}`, port);
  const link = await open(driver, port);
  const far = await device.call();
  const reading = readBytes(link, ALL.length);
  await link.write(Uint8Array.from(ALL));
  expect(await receive(far, ALL.length)).toEqual(ALL);
  far.write(Uint8Array.from(ALL));
  expect(await reading).toEqual(ALL);
}

describe.skipIf(!installed)("ser2net", () => {
  it("telnet: carries every byte both ways, 0xFF and CR NUL whole", () =>
    testBothWays(telnet, "telnet,tcp"));

  it("raw TCP: carries every byte both ways", () => testBothWays(tcp, "tcp"));

  it("telnet in front of a pty: a megabyte arrives as it was printed", async () => {
    const path = join(folder, "pty");
    const size = 1_000_000;
    const socat = spawn("socat", [`PTY,link=${path},rawer,wait-slave`, "STDIO"], {
      stdio: ["pipe", "pipe", "ignore"],
    });
    undo.push(() => stopped(socat));
    for (let tries = 0; spawnSync("test", ["-e", path]).status !== 0 && tries < 100; tries++)
      await systemClock.sleep(20);
    const port = await freePort();
    await serve("telnet,tcp", `serialdev,${path},115200n81,local`, port);
    const link = await open(telnet, port);
    const printed = new Uint8Array(size).map((_, i) => (i * 31 + (i >> 8)) & 0xff);
    const reading = readBytes(link, size);
    // Typed first: then ser2net has the pty open, and nothing printed is thrown away by its opening.
    await link.write(Uint8Array.of(0x61));
    await once(socat.stdout, "data");
    socat.stdin.write(printed);
    expect(Buffer.from(await reading).equals(Buffer.from(printed))).toBe(true);
  });

  it("BREAK is taken and the bytes around it are whole", async () => {
    const device = new Device();
    await device.listen();
    const port = await freePort();
    await serve("telnet,tcp", `tcp,127.0.0.1,${device.port}`, port);
    const link = await open(telnet, port);
    const far = await device.call();
    const reading = readBytes(link, 2);
    await link.write(Uint8Array.of(0x61));
    await link.sendBreak?.(250);
    await link.write(Uint8Array.of(0x62));
    // To a TCP device there is no BREAK: it must vanish, not be typed.
    expect(await receive(far, 2)).toEqual([0x61, 0x62]);
    far.write("ok");
    expect(await reading).toEqual([0x6f, 0x6b]);
  });

  it("ends the link when ser2net dies, says refused while it is away, opens when it is back", async () => {
    const device = new Device();
    await device.listen();
    const port = await freePort();
    const server = await serve("telnet,tcp", `tcp,127.0.0.1,${device.port}`, port);
    const link = await open(telnet, port);
    const ended = readBytes(link, 1).catch((error: unknown) => error);
    await device.call();
    await server.stop();
    // A killed server's connection ends, or breaks if something was under way.
    expect(await ended).toSatisfy((end) => !Array.isArray(end) || end.length === 0);
    const failure = await failureOf(open(telnet, port));
    expect(failure.code).toBe("LINK_REFUSED");
    expect(failure.message).toContain("connection refused");

    await serve("telnet,tcp", `tcp,127.0.0.1,${device.port}`, port);
    const again = await open(telnet, port);
    const reading = readBytes(again, 2);
    await again.write(Uint8Array.of(0x61));
    const far = await device.call();
    expect(await receive(far, 1)).toEqual([0x61]);
    far.write("ok");
    expect(await reading).toEqual([0x6f, 0x6b]);
  });

  it.each([
    ["telnet", telnet, "telnet,tcp"],
    ["tcp", tcp, "tcp"],
  ] as const)(
    "%s: a device that is off is seen as that, not as a silent host",
    async (_name, driver, accepter) => {
      const nobody = await freePort();
      const port = await freePort();
      await serve(accepter, `tcp,127.0.0.1,${nobody}`, port);
      const link = await open(driver, port);
      const failure = await failureOf(readBytes(link, 100_000));
      expect(failure.code).toBe("LINK_REFUSED");
      expect(failure.message).toContain(
        'the server says "Device open failure: Connection refused"',
      );
    },
  );
});
