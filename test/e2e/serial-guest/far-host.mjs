import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

/** A host at the far end of a cable: agetty, a log-in, bash, started again whenever it has ended, as init does. */
export function startHost(name, path, ...options) {
  writeFileSync("/proc/sys/kernel/hostname", name);
  const login = join(import.meta.dirname, "login.sh");
  let over = false;
  let child;
  const start = () => {
    if (over) return;
    const words = ["--noissue", "--nohints", "-l", login, ...options];
    child = spawn("agetty", [...words, "115200", path.replace("/dev/", ""), "vt100"], {
      stdio: ["ignore", "inherit", "inherit"],
      detached: true,
    });
    child.once("exit", () => setTimeout(start, 200));
  };
  start();
  process.on("exit", () => {
    over = true;
    child.kill();
  });
}
