/*
 * Runs in the guest: consoles print into logs on the virtual disk, and the serial line tells ten times a second how long
 * the guest runs (ms) and how many bytes each log has by then: "AT 41250 1024 2048".
 */
import { spawn } from "node:child_process";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

const [state, consoles, rate] = process.argv.slice(2);
const feeder = spawn("python3", ["pty-feeder.py", consoles, rate], {
  stdio: ["pipe", "pipe", "inherit"],
});
const said = createInterface(feeder.stdout)[Symbol.asyncIterator]();
const paths = JSON.parse((await said.next()).value);
const hosts = paths.map((path, n) => `  k${n}: { console: { driver: serial, path: ${path} } }\n`);
writeFileSync(
  "oob.yaml",
  `version: 1\nsite: loss\nstate: ${state}\nruntime: /tmp/run\nhosts:\n${hosts.join("")}`,
  { mode: 0o600 },
);
const daemon = spawn(process.execPath, ["bin/oob.js", "serve", "--config", "oob.yaml"], {
  stdio: ["ignore", "inherit", "inherit"],
});
daemon.once("exit", (code) => {
  console.log(`daemon ended with ${code}`);
  process.exit(1);
});

function sizeOf(console) {
  const folder = join(state, "console", `k${console}`);
  try {
    const names = readdirSync(folder).filter((name) => /^\d.*\.raw$/.test(name));
    return names.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
  } catch {
    return 0;
  }
}

const uptime = () =>
  Math.round(Number(readFileSync("/proc/uptime", "latin1").split(" ")[0]) * 1000);
setInterval(() => {
  // The time is read first: what has a size by then is at least this old.
  const at = uptime();
  console.log(`AT ${at} ${paths.map((_, n) => sizeOf(n)).join(" ")}`);
}, 100);
