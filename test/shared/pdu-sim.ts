import { type ChildProcess, spawn } from "node:child_process";
import { createConnection, createServer } from "node:net";
import { createInterface } from "node:readline";

/** One device of the bank: where it answers and how many outlets it has. */
export interface SimulatedPdu {
  readonly port: number;
  readonly name: string;
}

/** A running bank of PDUs with real relays, and the side channel that tells what they did. */
export interface PduSim {
  readonly pdus: readonly SimulatedPdu[];
  /** A line to the side channel, and its answer. */
  tell(command: string): Promise<unknown>;
  stop(): Promise<void>;
}

/** Starts the simulator of the shared folder on free ports. */
export async function startPduSim(shared: string, args: readonly string[]): Promise<PduSim> {
  const [port, control] = await freePorts();
  const child = spawn(
    process.execPath,
    [
      `${shared}/rig/pdu-sim/pdusim.mjs`,
      ...["--port", String(port), "--control", String(control)],
      ...args,
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const pdus = await untilReady(child);
  return {
    pdus,
    tell: (command) => ask(control, command),
    async stop() {
      if (child.exitCode !== null) return;
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill();
      await ended;
    },
  };
}

/** The simulator takes ports upward from one that it is told, so a run of free ones below the ephemeral range is sought. */
async function freePorts(): Promise<[number, number]> {
  for (let base = 20_000 + (process.pid % 100) * 100; base < 32_000; base += 100) {
    if (await isFree(base + 99)) return [base, base + 99];
  }
  throw new Error("no free ports");
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

function untilReady(child: ChildProcess): Promise<SimulatedPdu[]> {
  return new Promise((resolve, reject) => {
    const pdus: SimulatedPdu[] = [];
    child.once("exit", (code) => reject(new Error(`the simulator ended with ${code}`)));
    if (child.stdout === null) throw new Error("no pipe");
    createInterface(child.stdout).on("line", (line) => {
      const device = /^127\.0\.0\.1:(\d+) (\S+)/.exec(line);
      if (device) pdus.push({ port: Number(device[1]), name: device[2] ?? "" });
      if (line.startsWith("ready")) resolve(pdus);
    });
  });
}

function ask(port: number, command: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(port, "127.0.0.1", () => socket.write(`${command}\n`));
    socket.once("error", reject);
    createInterface(socket).once("line", (line) => {
      socket.destroy();
      resolve(JSON.parse(line));
    });
  });
}
