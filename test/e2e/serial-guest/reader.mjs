/*
 * Appends everything that a port gives to a file, at once, and is killed (-9) in the test of re-opening: by itself, when
 * told to, right after a chunk stands in the file. A chunk between read and write would die with any process; in this
 * emulated machine that is a millisecond, and it is not what is tested here.
 */
import { openSync, writeSync } from "node:fs";
import serial from "./dist/drivers/console/serial.js";
import { systemClock } from "./dist/src/lib/clock.js";

const [, , path = "", log = "", reopening = ""] = process.argv;
const out = openSync(log, "a");
const link = await serial.open(
  { path, baud: 115_200 },
  {
    clock: systemClock,
    signal: new AbortController().signal,
    progress: () => undefined,
    reopening: reopening === "again",
  },
);
let told = false;
process.on("SIGUSR2", () => {
  told = true;
});
process.stdout.write("open\n");
for await (const chunk of link.bytes) {
  writeSync(out, chunk);
  if (told) process.kill(process.pid, "SIGKILL");
}
