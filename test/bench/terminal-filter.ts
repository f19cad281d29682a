// MB of the terminal filter for each second of CPU: npm run build && node dist/test/bench/terminal-filter.js [capture …]
import { readFileSync } from "node:fs";
import { TerminalFilter } from "../../src/codec/terminal-filter.ts";
import { utf8 } from "../../src/lib/bytes.ts";
import { dice } from "../fuzz/fuzz.ts";
import { Grammar } from "../fuzz/terminal/grammar.ts";

const CHUNK = 4096;
const TOTAL = 64e6;

function measure(name: string, sample: Uint8Array): void {
  for (const mode of ["safe", "strict"] as const) {
    const filter = new TerminalFilter(mode);
    const pass = () => {
      for (let at = 0; at < sample.length; at += CHUNK)
        filter.filter(sample.subarray(at, at + CHUNK));
    };
    const rounds = Math.ceil(TOTAL / sample.length);
    for (let i = 0; i < rounds / 8; i++) pass();
    const start = process.cpuUsage();
    for (let i = 0; i < rounds; i++) pass();
    const { user, system } = process.cpuUsage(start);
    const seconds = (user + system) / 1e6;
    const rate = (rounds * sample.length) / 1e6 / seconds;
    console.log(`${name.padEnd(28)} ${mode.padEnd(6)} ${rate.toFixed(0).padStart(5)} MB/s`);
  }
}

const line = "[  912.104233] sd 0:0:0:0: [sda] tag#3 timing out command, waited 180s\r\n";
measure("kernel lines", utf8(line.repeat(400)));
measure("coloured boot", utf8(`[\x1b[0;32m  OK  \x1b[0m] Started Some Service.\r\n`.repeat(600)));
measure("screen drawing", utf8("\x1b[12;40H\x1b[7m entry \x1b[0m\x1b[K".repeat(1200)));
measure("hostile, by a grammar", new Grammar(1 << 18).text(dice(1)));
measure("emoji and marks", utf8("😀e\u0301\u0302漢字 ok\r\n".repeat(2000)));
measure("Czech text", utf8("Příliš žluťoučký kůň úpěl ďábelské ódy\r\n".repeat(500)));
for (const path of process.argv.slice(2))
  measure(path.split("/").pop() ?? path, readFileSync(path));
