// CPU of reading consoles over TCP that are asked now and then:
// node --import jiti/register test/bench/socket-link.ts [consoles] [ms between reads]
import { fork } from "node:child_process";
import { createServer, type Socket } from "node:net";
import { systemClock } from "../../src/lib/clock.ts";
import { connectSocket } from "../../src/sdk/connect-socket.ts";
import { socketLink } from "../../src/sdk/socket-link.ts";

const consoles = Number(process.argv[2] ?? 500);
const pause = Number(process.argv[3] ?? 100);
const MEASURED_MS = 5000;
const BYTES_PER_WRITE = 115;
const WRITE_EVERY_MS = 10;

/** The other side, in a process of its own: every console prints 11.5 kB/s. */
function feed(): void {
  const sockets: Socket[] = [];
  const line = new Uint8Array(BYTES_PER_WRITE).fill(0x78);
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => socket.destroy());
  });
  server.listen(0, "127.0.0.1", () => {
    const address = server.address();
    if (typeof address === "object" && address !== null) process.send?.(address.port);
  });
  setInterval(() => {
    for (const socket of sockets) socket.write(line);
  }, WRITE_EVERY_MS);
}

async function measure(): Promise<void> {
  const child = fork(new URL(import.meta.url).pathname, ["feed"]);
  const port = await new Promise<number>((resolve) => {
    child.once("message", (message) => resolve(Number(message)));
  });
  let reads = 0;
  let bytes = 0;
  const read = async () => {
    const address = { host: "127.0.0.1", port };
    const { signal } = new AbortController();
    const socket = await connectSocket(address, { clock: systemClock, signal, timeout: 10_000 });
    const link = socketLink({ label: "bench", peer: "bench", socket });
    for await (const chunk of link.bytes) {
      reads += 1;
      bytes += chunk.length;
      await round;
    }
  };
  // One timer for all, as core/read-pace.ts has it.
  let end = () => {};
  let round = Promise.resolve();
  const next = () => {
    end();
    round = new Promise((resolve) => {
      end = resolve;
    });
  };
  next();
  setInterval(next, pause);
  for (let i = 0; i < consoles; i++) void read();
  await systemClock.sleep(2000);
  const before = { cpu: process.cpuUsage(), reads, bytes };
  await systemClock.sleep(MEASURED_MS);
  const cpu = process.cpuUsage(before.cpu);
  const micros = cpu.user + cpu.system;
  const done = reads - before.reads;
  const seconds = MEASURED_MS / 1000;
  console.log(
    `${consoles} consoles, read every ${pause} ms: ${(done / seconds).toFixed(0)} reads/s, ` +
      `${((bytes - before.bytes) / seconds / 1e6).toFixed(2)} MB/s, ${(micros / done).toFixed(1)} µs CPU a read, ` +
      `${(micros / seconds / 1e4).toFixed(1)} % of a core, ${(process.memoryUsage().rss / 1e6).toFixed(0)} MB`,
  );
  child.kill();
  process.exit();
}

if (process.argv[2] === "feed") feed();
else await measure();
