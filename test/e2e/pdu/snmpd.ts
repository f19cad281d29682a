import { type ChildProcess, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A running snmpd with a PDU of eight outlets behind it. */
export interface Snmpd {
  readonly port: number;
  /** Where the relays really are, by outlet. */
  relays(): Readonly<Record<string, boolean>>;
  /** A stopped process: the kernel takes requests, nobody answers. */
  freeze(): void;
  /** Ends it and starts it again at the same port. `forgets`: what it has counted of its starts is lost, as in a cheap card. */
  restart(forgets: boolean): Promise<void>;
  stop(): Promise<void>;
}

/** Starts Debian's snmpd on a free port of the loopback, with communities and two users of version 3. */
export async function startSnmpd(): Promise<Snmpd> {
  const folder = mkdtempSync(join(tmpdir(), "oob-snmpd-"));
  const relays = join(folder, "relays.json");
  const on = Object.fromEntries(Array.from({ length: 8 }, (_, i) => [i + 1, true]));
  writeFileSync(relays, JSON.stringify(on));
  const persistent = join(folder, "persistent");
  mkdirSync(persistent);
  const agent = new URL("agent.mjs", import.meta.url).pathname;
  const conf = join(folder, "snmpd.conf");
  writeFileSync(
    conf,
    [
      "rocommunity public",
      "rwcommunity private",
      "createUser admin SHA-256 authpass1 AES privpass1",
      "createUser old SHA authpass1",
      "rwuser admin authPriv",
      "rwuser old authNoPriv",
      "exactEngineID 0x80001f8880e2e00001",
      "sysObjectID 1.3.6.1.4.1.318.1.3.4.5",
      `pass_persist .1.3.6.1.4.1.318.1.1.12 ${process.execPath} ${agent} ${relays}`,
      "",
    ].join("\n"),
  );
  const port = await freePort();
  const start = async () => {
    const child = spawn(
      "/usr/sbin/snmpd",
      ["-f", "-Lo", "-C", "-c", conf, "-I", "-smux", `udp:127.0.0.1:${port}`],
      {
        stdio: ["ignore", "pipe", "pipe"],
        env: { ...process.env, SNMP_PERSISTENT_DIR: persistent },
      },
    );
    await untilUp(child);
    return child;
  };
  let child = await start();
  const stop = async () => {
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
  };
  return {
    port,
    relays: () => JSON.parse(readFileSync(relays, "utf8")),
    freeze: () => void child.kill("SIGSTOP"),
    async restart(forgets) {
      await stop();
      if (forgets) {
        rmSync(persistent, { recursive: true });
        mkdirSync(persistent);
      }
      child = await start();
    },
    stop,
  };
}

/** Binds port 0 once to learn a port that is free now: snmpd cannot say which one it took. */
export async function freePort(): Promise<number> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}

function untilUp(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`snmpd ended with ${code}`)));
    for (const stream of [child.stdout, child.stderr])
      stream?.on("data", (text: Buffer) => {
        if (String(text).includes("NET-SNMP version")) resolve();
      });
  });
}
