/**
 * The detector's speed, memory and worst inputs, and what each rule does. Built, since jiti's private fields are slow:
 *   npm run build
 *   node --expose-gc dist/test/bench/detect.js [capture …]    speed, beside grep; memory; hostile inputs
 *   node dist/test/bench/detect.js --rules                    hits, wrong hits and cost of each rule over the corpus
 * The corpus is that of ../shared, or of OOB_SHARED; without it only made-up text is measured.
 */
import { readFileSync } from "node:fs";
import { createDetector } from "../../src/core/detect/create-detector.ts";
import { Registry } from "../../src/core/registry/registry.ts";
import { utf8 } from "../../src/lib/bytes.ts";
import { corpusFiles } from "./detect-corpus.ts";
import { hostileInputs } from "./detect-hostile.ts";
import { alternation, grep } from "./detect-peers.ts";
import { printRules } from "./detect-rules.ts";

const CHUNK = 4096;
const TOTAL = 64e6;
const DETECTORS = 1000;
const HOSTILE_BYTES = 65_536;

const rules = await new Registry([]).rules();
const corpus = corpusFiles();

function pass(sample: Uint8Array): void {
  const detector = createDetector(rules);
  for (let at = 0; at < sample.length; at += CHUNK)
    detector.see(sample.subarray(at, at + CHUNK), 0);
}

/** Best of several rounds, in ms: the machine may have other work. */
function best(rounds: number, run: () => void): number {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < rounds; i++) {
    const start = performance.now();
    run();
    least = Math.min(least, performance.now() - start);
  }
  return least;
}

const row = (name: string, figure: number, unit: string, note = "") =>
  console.log(
    `${name.padEnd(38)} ${figure.toFixed(figure < 10 ? 1 : 0).padStart(6)} ${unit} ${note}`,
  );

function speed(name: string, samples: readonly Uint8Array[]): void {
  const bytes = samples.reduce((sum, one) => sum + one.length, 0);
  const rounds = Math.max(1, Math.ceil(TOTAL / bytes / 8));
  const run = () => {
    for (let i = 0; i < rounds; i++) for (const sample of samples) pass(sample);
  };
  run();
  const rate = (rounds * bytes) / 1e3 / best(5, run);
  const core = ((1000 * 11_500) / 1e6 / rate) * 100;
  row(name, rate, "MB/s", `1000 consoles at 11.5 kB/s: ${core.toFixed(0)} % of a core`);
}

function peers(): void {
  const words = [...new Set(rules.flatMap((rule) => rule.hints))];
  const whole = Buffer.concat(corpus.map((file) => file.bytes));
  const rate = (ms: number | undefined, name: string) =>
    ms === undefined
      ? console.log(`${name}: not installed`)
      : row(name, whole.length / 1e3 / ms, "MB/s");
  rate(
    best(3, () => alternation(whole, words)),
    `JS alternation of ${words.length} words`,
  );
  rate(grep("grep", ["-c", "-a", "-F", "-f"], whole, words), "grep -F, same words");
  rate(grep("grep", ["-c", "-a", "-i", "-F", "-f"], whole, words), "grep -F -i, same words");
  rate(grep("rg", ["-c", "-a", "-i", "-F", "-f"], whole, words), "ripgrep -F -i, same words");
}

function hostile(): void {
  const inputs = hostileInputs(rules, HOSTILE_BYTES);
  const timeOf = (bytes: Uint8Array, rounds: number) =>
    best(rounds, () => {
      const detector = createDetector(rules);
      detector.see(bytes, 0);
      void detector.opinion;
    });
  // Once for all of them, and again for those that seemed slow: something else may have run meanwhile.
  const slow = inputs
    .map((input) => ({ ...input, ms: timeOf(input.bytes, 1) }))
    .sort((a, b) => b.ms - a.ms)
    .slice(0, 30)
    .map((input) => ({ ...input, ms: timeOf(input.bytes, 5) }))
    .sort((a, b) => b.ms - a.ms);
  console.log(`64 kB of hostile text, the slowest of ${inputs.length}:`);
  for (const { name, ms } of slow.slice(0, 5)) row(`  ${name}`, ms, "ms");
}

const sum = () => {
  for (let i = 0; i < 4; i++) globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};

/** Each with the bytes of another console, cut anywhere: rows stand open, evidence is held. */
function memory(name: string, textOf: (i: number) => Uint8Array): void {
  createDetector(rules).see(textOf(0), 0);
  const before = sum();
  const detectors = Array.from({ length: DETECTORS }, (_, i) => {
    const detector = createDetector(rules);
    detector.see(textOf(i), 0);
    void detector.opinion;
    return detector;
  });
  row(name, (sum() - before) / detectors.length, "bytes each");
}

function all(): void {
  const line = "[  912.104233] eth0: link is up at 1000 Mbps, full duplex, flow control rx/tx\r\n";
  if (corpus.length > 0) {
    speed(
      `corpus, ${corpus.length} files`,
      corpus.map((file) => file.bytes),
    );
    peers();
  }
  speed("kernel lines", [utf8(line.repeat(400))]);
  speed("web server log", [
    utf8(`10.0.0.7 - - "GET /index.html HTTP/1.1" 200 5124\r\n`.repeat(500)),
  ]);
  speed("coloured boot", [utf8(`[\x1b[0;32m  OK  \x1b[0m] Started Some Service.\r\n`.repeat(600))]);
  speed("screen drawing", [utf8("\x1b[12;40H\x1b[7m entry \x1b[0m\x1b[K".repeat(1200))]);
  speed("Czech text", [utf8("Příliš žluťoučký kůň úpěl ďábelské ódy\r\n".repeat(500))]);
  for (const path of process.argv.slice(2))
    speed(path.split("/").pop() ?? path, [readFileSync(path)]);
  if (globalThis.gc) memories();
  else console.log("memory: run with --expose-gc");
  hostile();
}

function memories(): void {
  const idle = utf8("Debian GNU/Linux 12 web1 ttyS0\r\n\r\nweb1 login: ");
  memory(`idle console, ${DETECTORS} of them`, () => idle);
  memory(`a row of 4 kB open, ${DETECTORS} of them`, () => utf8(`panic ${"x".repeat(4090)}`));
  if (corpus.length > 0)
    memory(
      `corpus file behind it, ${DETECTORS} of them`,
      (i) => corpus[i % corpus.length]?.bytes ?? idle,
    );
}

if (process.argv.includes("--rules")) printRules(rules, corpus);
else all();
