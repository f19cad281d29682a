// Appends everything that a port gives to a file, at once: what is killed in the test of re-opening.
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
process.stdout.write("open\n");
for await (const chunk of link.bytes) writeSync(out, chunk);
