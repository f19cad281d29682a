/**
 * What the byte path costs: N consoles on Unix sockets print at 11.5 kB/s each (115200 baud) into LocalPort and
 * ConsoleLog, with a listener that counts. Prints CPU of this process in percent of one core, memory, loss, and the
 * longest stall of the loop.
 *
 *   npx tsc -p test/bench && node dist/bench/test/bench/session.js [CONSOLES…] [--seconds 10] [--state FOLDER]
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { ConsoleLog } from "../../src/core/console-log.ts";
import { GroupSync } from "../../src/core/group-sync.ts";
import { LocalPort } from "../../src/core/local-port.ts";
import { ReadPace } from "../../src/core/read-pace.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { systemRandom } from "../../src/lib/random.ts";
import { unixLink } from "./unix-link.ts";

const RATE = 11_500;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: "string", default: "10" },
    state: { type: "string", default: tmpdir() },
  },
});

for (const count of positionals.length > 0 ? positionals.map(Number) : [100, 500, 1000]) {
  await measure(count, Number(values.seconds));
}
process.exit(0);

async function measure(count: number, lasts: number): Promise<void> {
  const state = mkdtempSync(join(values.state, "oob-bench-"));
  const feeder = await startFeeder(state, count, lasts);
  const sync = new GroupSync({
    clock: systemClock,
    interval: 1000,
    failed: (error) => console.error(error),
  });
  const pace = new ReadPace(systemClock);
  let bytes = 0;
  let chunks = 0;
  const down = new Set<string>();
  const began = performance.now();
  const ports = Array.from({ length: count }, (_, n) => {
    const host = `host${n}`;
    const log = new ConsoleLog({ state, host, clock: systemClock, sync, segmentBytes: 64 << 20 });
    const path = join(state, `${n}.sock`);
    const port = new LocalPort({
      host,
      clock: systemClock,
      random: systemRandom,
      log,
      pace,
      open: () => unixLink(path),
    });
    port.start({
      bytes: (chunk) => {
        bytes += chunk.length;
        chunks++;
      },
      state: (now) => {
        if (now.is === "down") down.add(host);
      },
      gap: (lost) => console.error(`gap of ${lost} bytes`),
    });
    return port;
  });
  const opened = performance.now() - began;
  await untilFlowing(() => bytes > count * RATE);
  const loop = monitorEventLoopDelay({ resolution: 1 });
  loop.enable();
  const from = { cpu: process.cpuUsage(), at: performance.now(), bytes, chunks };
  await systemClock.sleep((lasts - 3) * 1000);
  const cpu = process.cpuUsage(from.cpu);
  const wall = (performance.now() - from.at) * 1000;
  const percent = (((cpu.user + cpu.system) / wall) * 100).toFixed(1);
  const kernel = ((cpu.system / wall) * 100).toFixed(1);
  const rate = ((bytes - from.bytes) / wall).toFixed(2);
  const reads = (((chunks - from.chunks) / wall) * 1e6).toFixed(0);
  const stall = (loop.max / 1e6).toFixed(0);
  const memory = memoryMiB();
  loop.disable();
  await untilFlowing(() => down.size >= count);
  const lost = count * RATE * lasts - bytes;
  console.log(
    `${count} consoles: ${percent} % of a core (${kernel} in the kernel), ${memory}, ${rate} MB/s in ${reads} reads/s, ` +
      `lost ${lost} B, opened in ${opened.toFixed(0)} ms, loop stalled at most ${stall} ms`,
  );
  await Promise.all(ports.map((port) => port.stop()));
  feeder.kill();
  rmSync(state, { recursive: true });
}

function startFeeder(folder: string, count: number, lasts: number): Promise<ChildProcess> {
  const script = join(dirname(fileURLToPath(import.meta.url)), "feeder.js");
  const feeder = spawn(process.execPath, [script, folder, `${count}`, `${RATE}`, `${lasts}`], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  return new Promise((resolve) => feeder.stdout.once("data", () => resolve(feeder)));
}

async function untilFlowing(done: () => boolean): Promise<void> {
  while (!done()) await systemClock.sleep(50);
}

/** Resident and proportional memory of this process. */
function memoryMiB(): string {
  const rollup = readFileSync("/proc/self/smaps_rollup", "utf8");
  const of = (name: string) =>
    Math.round(Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(rollup)?.[1]) / 1024);
  return `RSS ${of("Rss")} MiB, PSS ${of("Pss")} MiB`;
}
