import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, openSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { Feeder } from "./feeder.ts";
import { type Client, consoleName, type ServerKind, type ServerSetup } from "./servers.ts";
import type { Tools } from "./tools.ts";
import { machineSeconds, usageOf } from "./usage.ts";

export const sleep = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms));

/** How long and how often things are measured. */
export interface Effort {
  readonly streamSeconds: number;
  /** 0: no client is tried. */
  readonly keys: number;
  readonly attaches: number;
}

/** What was measured of one server with one number of consoles. Sizes in MiB, shares of one core in percent. */
export interface Figures {
  /** From the start of the program until every console was connected. */
  readonly readySeconds: number;
  readonly idlePssMiB: number;
  readonly idleCpu: number;
  readonly cpu: number;
  /** CPU microseconds for each thousand bytes that reached the logs. */
  readonly cpuPerKB: number;
  readonly pssMiB: number;
  readonly rssMiB: number;
  readonly processes: number;
  /** What the server's sockets took a second; below, what of it was not in the logs at the end. */
  readonly takenMBps: number;
  /** What reached the logs a second. Sockets hide megabytes of arrears otherwise. */
  readonly loggedMBps: number;
  readonly lostLines: number;
  readonly spoiltLines: number;
  readonly lostBytes: number;
  readonly keysIdle: Keys;
  readonly keysBusy: Keys;
  /** The same while a client on another console reads nothing of what it is sent. */
  readonly keysBesideStalled: Keys;
  /** A key through a pseudo-terminal and `cat`, with no server: what of the above is the machine. */
  readonly terminalIdle: Keys;
  readonly terminalBusy: Keys;
  /** Client start to the first byte on the terminal, and to the console's last lines on it. */
  readonly firstByteMs: number;
  readonly replayMs: number;
  /** CPU that others used meanwhile, percent of one core; and how late the feeder was. */
  readonly othersCpu: number;
  readonly feederLateMs: number;
}

interface Keys {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

interface Probed {
  readonly ok: boolean;
  readonly first_ms: number;
  readonly ready_ms: number;
  readonly p50_us: number;
  readonly p99_us: number;
}

const START_WITHIN_MS = 600_000;
/** Console 0 echoes what is typed; the others print. */
const ECHO = 1;
const SETTLE_MS = 3000;
/** The probe pauses 10 ms between keys. */
const KEY_TAKES_MS = 15;
/** The kernel carries each key over a pseudo-terminal by a worker thread of its own, which waits for the CPU as all do. */
const TERMINAL_ALONE: Client = {
  command: ["sh", "-c", "stty raw -echo; printf ready; exec cat"],
  ready: "ready",
  quit: "",
};

/** Runs one server through everything: start, idle, keys, all consoles printing, keys again, attach, proof of the logs. */
export async function measure(
  kind: ServerKind,
  consoles: number,
  effort: Effort,
  tools: Tools,
  scratch: string,
): Promise<Figures> {
  const folder = mkdtempSync(join(scratch, `${kind.name}-`));
  const feeder = await Feeder.start(tools.feeder, consoles + ECHO, ECHO);
  let child: ChildProcess | undefined;
  // Ctrl-C on the bench must not leave a server behind.
  const stop = () => child?.kill("SIGTERM");
  process.once("exit", stop);
  try {
    const setup = await kind.setUp(folder, feeder.ports);
    const output = openSync(join(folder, "output"), "w");
    const [program = "", ...args] = setup.command;
    const began = performance.now();
    child = spawn(program, args, { stdio: ["ignore", output, output] });
    await connected(feeder, child, folder);
    const readySeconds = (feeder.connectedAt - began) / 1000;
    const pid = child.pid ?? 0;
    await sleep(SETTLE_MS);
    const logs = feeder.ports.map((_, index) => setup.logOf(consoleName(index)));
    const idle = await watchedFor(pid, 2, feeder, logs);
    const keysIdle = await pressKeys(tools, setup.client(consoleName(0)), effort.keys);
    const terminalIdle = await pressKeys(tools, TERMINAL_ALONE, effort.keys);
    feeder.print();
    await sleep(SETTLE_MS);
    const busy = await watchedFor(pid, effort.streamSeconds, feeder, logs);
    const keysBusy = await pressKeys(tools, setup.client(consoleName(0)), effort.keys);
    const terminalBusy = await pressKeys(tools, TERMINAL_ALONE, effort.keys);
    const stalled = stall(tools, setup, effort.keys);
    const keysBesideStalled = await pressKeys(tools, setup.client(consoleName(0)), effort.keys);
    await stalled;
    const { late_ms } = await feeder.stop();
    await quiet(logs);
    const attach = await attachOften(tools, setup, consoles, effort.attaches);
    const proof = await prove(tools, setup, feeder);
    return {
      readySeconds,
      idlePssMiB: idle.pssMiB,
      idleCpu: idle.cpu,
      ...busy,
      ...proof,
      keysIdle,
      keysBusy,
      keysBesideStalled,
      terminalIdle,
      terminalBusy,
      ...attach,
      feederLateMs: late_ms,
    };
  } finally {
    await end(child);
    process.off("exit", stop);
    await feeder.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function connected(feeder: Feeder, child: ChildProcess, folder: string): Promise<void> {
  const late = new AbortController();
  const failed = async (): Promise<never> => {
    await Promise.race([
      once(child, "exit", late),
      new Promise((resolve) => setTimeout(resolve, START_WITHIN_MS).unref()),
    ]);
    throw new Error(`it did not come up:\n${readFileSync(join(folder, "output"), "utf8")}`);
  };
  await Promise.race([feeder.connected(), failed()]);
  late.abort();
}

async function end(child: ChildProcess | undefined): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  const late = setTimeout(() => child.kill("SIGKILL"), 10_000);
  await ended;
  clearTimeout(late);
}

const sizeOf = (logs: readonly string[]): number =>
  logs.reduce((sum, log) => sum + (statSync(log, { throwIfNoEntry: false })?.size ?? 0), 0);

/** Until nothing more comes into the logs: what waits in sockets is late, not lost. */
async function quiet(logs: readonly string[]): Promise<void> {
  for (let before = -1, tries = 0; tries < 60; tries++) {
    const now = sizeOf(logs);
    if (now === before) return;
    before = now;
    await sleep(1000);
  }
}

async function watchedFor(pid: number, seconds: number, feeder: Feeder, logs: readonly string[]) {
  const logged = sizeOf(logs);
  const from = { usage: usageOf(pid), at: performance.now(), all: machineSeconds() };
  const taken = (await feeder.stats()).bytes;
  await sleep(seconds * 1000);
  const bytes = (await feeder.stats()).bytes - taken;
  const usage = usageOf(pid);
  const inLogs = sizeOf(logs) - logged;
  const wall = (performance.now() - from.at) / 1000;
  const own = usage.cpuSeconds - from.usage.cpuSeconds;
  return {
    cpu: (own / wall) * 100,
    cpuPerKB: (own * 1e9) / inLogs,
    othersCpu: ((machineSeconds() - from.all - own) / wall) * 100,
    takenMBps: bytes / wall / 1e6,
    loggedMBps: inLogs / wall / 1e6,
    pssMiB: usage.pssMiB,
    rssMiB: usage.rssMiB,
    processes: usage.processes,
  };
}

async function probe(tools: Tools, client: Client, more: readonly string[]): Promise<Probed> {
  const { stdout } = await promisify(execFile)(tools.probe, [
    ...["--ready", client.ready, "--quit", client.quit, ...more, "--"],
    ...client.command,
  ]);
  return JSON.parse(stdout);
}

async function pressKeys(tools: Tools, client: Client, keys: number): Promise<Keys> {
  if (keys === 0) return { p50Ms: Number.NaN, p99Ms: Number.NaN };
  const probed = await probe(tools, client, ["--settle-ms", "500", "--keys", `${keys}`]);
  if (!probed.ok) return { p50Ms: Number.NaN, p99Ms: Number.NaN };
  return { p50Ms: probed.p50_us / 1000, p99Ms: probed.p99_us / 1000 };
}

/** Attaches to a console that prints, and reads nothing for about as long as the keys take. */
async function stall(tools: Tools, setup: ServerSetup, keys: number): Promise<void> {
  if (keys === 0) return;
  const client = setup.client(consoleName(ECHO));
  await probe(tools, client, ["--stall-ms", `${1000 + keys * KEY_TAKES_MS}`]);
}

/** Attaches to consoles that have printed, one after the other, until their last lines are on the terminal. */
async function attachOften(tools: Tools, setup: ServerSetup, consoles: number, times: number) {
  const first: number[] = [];
  const replay: number[] = [];
  for (let n = 0; n < times; n++) {
    const index = ECHO + ((n * 37) % consoles);
    const client = setup.client(consoleName(index));
    const mark = `@${index.toString(16).padStart(5, "0")}`;
    const { ok, first_ms, ready_ms } =
      client.replay === undefined
        ? await probe(tools, { ...client, ready: mark }, [])
        : await probe(tools, client, ["--send", client.replay, "--expect", mark]);
    first.push(ok ? first_ms : Number.NaN);
    replay.push(ok ? ready_ms : Number.NaN);
  }
  return { firstByteMs: median(first), replayMs: median(replay) };
}

/** Compares the logs with what was printed. */
async function prove(tools: Tools, setup: ServerSetup, feeder: Feeder) {
  const lines = await feeder.lines();
  const list = [...lines].map(
    ([index, printed]) => `${index} ${printed} ${setup.logOf(consoleName(index))}\n`,
  );
  const running = execFile(tools.verify);
  running.stdin?.end(list.join(""));
  let text = "";
  for await (const chunk of running.stdout ?? []) text += chunk;
  const found = JSON.parse(text);
  const { bytes } = await feeder.stats();
  return {
    lostLines: found.missing,
    spoiltLines: found.doubled + found.reordered + found.damaged + found.foreign,
    lostBytes: Math.max(0, bytes - found.whole_bytes),
  };
}

/** The middle one. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const high = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? high : ((sorted[middle - 1] ?? Number.NaN) + high) / 2;
}
