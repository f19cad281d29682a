/**
 * MB/s of the detector and its memory. Built, since jiti's private fields are slow:
 *   npm run build && node --expose-gc dist/test/bench/detect.js [capture …]
 */
import { readFileSync } from "node:fs";
import { createDetector } from "../../src/core/detect/create-detector.ts";
import { Registry } from "../../src/core/registry/registry.ts";
import { utf8 } from "../../src/lib/bytes.ts";

const CHUNK = 4096;
const TOTAL = 64e6;
const DETECTORS = 5000;

const rules = await new Registry([]).rules();

function measure(name: string, sample: Uint8Array): void {
  const detector = createDetector(rules);
  const pass = () => {
    for (let at = 0; at < sample.length; at += CHUNK)
      detector.see(sample.subarray(at, at + CHUNK), 0);
  };
  const rounds = Math.ceil(TOTAL / sample.length);
  for (let i = 0; i < rounds / 8; i++) pass();
  const start = performance.now();
  for (let i = 0; i < rounds; i++) pass();
  const seconds = (performance.now() - start) / 1000;
  const rate = (rounds * sample.length) / 1e6 / seconds;
  const core = ((1000 * 11_500) / 1e6 / rate) * 100;
  console.log(
    `${name.padEnd(28)} ${rate.toFixed(0).padStart(5)} MB/s; 1000 consoles at 11.5 kB/s: ${core.toFixed(0)} % of a core`,
  );
}

const sum = () => {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};

function memory(): void {
  const idle = utf8("Debian GNU/Linux 12 web1 ttyS0\r\n\r\nweb1 login: ");
  const before = sum();
  const detectors = Array.from({ length: DETECTORS }, () => createDetector(rules));
  for (const detector of detectors) detector.see(idle, 0);
  const each = (sum() - before) / detectors.length;
  console.log(`${"idle console".padEnd(28)} ${each.toFixed(0).padStart(5)} bytes`);
}

const line = "[  912.104233] eth0: link is up at 1000 Mbps, full duplex, flow control rx/tx\r\n";
measure("kernel lines", utf8(line.repeat(400)));
measure("web server log", utf8(`10.0.0.7 - - "GET /index.html HTTP/1.1" 200 5124\r\n`.repeat(500)));
measure("coloured boot", utf8(`[\x1b[0;32m  OK  \x1b[0m] Started Some Service.\r\n`.repeat(600)));
measure("screen drawing", utf8("\x1b[12;40H\x1b[7m entry \x1b[0m\x1b[K".repeat(1200)));
measure("Czech text", utf8("Příliš žluťoučký kůň úpěl ďábelské ódy\r\n".repeat(500)));
for (const path of process.argv.slice(2))
  measure(path.split("/").pop() ?? path, readFileSync(path));
if (globalThis.gc) memory();
else console.log("memory: run with --expose-gc");
