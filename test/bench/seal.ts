/**
 * What sealing costs a console's log, a chunk at a time, and how fast a log is verified:
 *
 *   npm run build && node dist/test/bench/seal.js [consoles]
 *
 * Chunks of 200 bytes, one a console every 17 ms of the log's own clock (115200 baud), brought to the disk once a second
 * of it; CPU is this process's own, what the kernel does for it included. In turns, the middle of five.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConsoleLog } from "../../src/core/log/console-log.ts";
import { GroupSync } from "../../src/core/log/group-sync.ts";
import { DayKeys } from "../../src/core/seal/day-keys.ts";
import { keyFiles, sealFolder } from "../../src/core/seal/seal-files.ts";
import { verifyLog } from "../../src/core/seal/verify-log.ts";
import { ManualClock } from "../../src/lib/clock.ts";

const CONSOLES = Number(process.argv[2] ?? 8);
const CHUNKS = 6000;
const CHUNK_BYTES = 200;
const EVERY_MS = 17;
const RUNS = 5;

interface Figures {
  readonly cpu: number;
  readonly wall: number;
  readonly megabytesPerSecond: number;
}

/** Microseconds a chunk. */
async function measure(sealed: boolean): Promise<Figures> {
  const state = mkdtempSync(join(tmpdir(), "oob-bench-seal-"));
  const clock = new ManualClock(Date.UTC(2026, 10, 22));
  const sync = new GroupSync({ clock, interval: 1e9, failed: () => undefined });
  const keys = sealed ? new DayKeys(sealFolder(state), clock) : undefined;
  const names = Array.from({ length: CONSOLES }, (_, n) => `h${n}`);
  const logs = names.map(
    (host) => new ConsoleLog({ state, host, clock, sync, segmentBytes: 16 << 20, keys }),
  );
  const chunk = Buffer.from("[  912.104233] sd 0:0:0:0: [sda] timing out\r\n".repeat(5)).subarray(
    0,
    CHUNK_BYTES,
  );
  const [began, cpuBegan] = [performance.now(), process.cpuUsage()];
  for (let n = 0, since = 0; n < CHUNKS; n++, since += EVERY_MS) {
    for (const log of logs) log.append(chunk);
    await clock.advance(EVERY_MS);
    if (since < 1000) continue;
    since = 0;
    await sync.settle();
  }
  for (const log of logs) await log.close();
  const cpu = process.cpuUsage(cpuBegan);
  const total = CHUNKS * CONSOLES;
  const wall = ((performance.now() - began) * 1000) / total;
  const verified = sealed ? await verifyAll(state, names) : 0;
  rmSync(state, { recursive: true });
  return { cpu: (cpu.user + cpu.system) / total, wall, megabytesPerSecond: verified };
}

async function verifyAll(state: string, names: readonly string[]): Promise<number> {
  const began = performance.now();
  let bytes = 0;
  for (const log of names) {
    const folder = join(state, "console", log);
    const verdict = await verifyLog({ folder, log, keys: keyFiles(sealFolder(state)).list });
    if (verdict.result !== "consistent") throw new Error(JSON.stringify(verdict.problems));
    bytes += verdict.bytes;
  }
  return bytes / 1e6 / ((performance.now() - began) / 1000);
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

const plain: Figures[] = [];
const sealed: Figures[] = [];
for (let run = 0; run < RUNS; run++) {
  plain.push(await measure(false));
  sealed.push(await measure(true));
}
const row = (name: string, all: readonly Figures[]) =>
  `${name.padEnd(10)} ${median(all.map(({ cpu }) => cpu)).toFixed(2)} us CPU, ${median(all.map(({ wall }) => wall)).toFixed(2)} us wall a chunk`;
console.log(`${CONSOLES} consoles, ${CHUNKS} chunks of ${CHUNK_BYTES} bytes each`);
console.log(row("not sealed", plain));
console.log(row("sealed", sealed));
console.log(`verified   ${median(sealed.map((one) => one.megabytesPerSecond)).toFixed(1)} MB/s`);
