/** The program of the keeper: node main.js SOCKET. Started by the daemon, and meant to outlive it. */
import { systemClock } from "../../lib/clock.ts";
import { keepPorts } from "./keeper.ts";

process.title = "oob-keeper";
// A daemon's terminal that is closed, or Ctrl-C in it, is no reason to lose bytes.
for (const signal of ["SIGHUP", "SIGINT"]) process.on(signal, () => undefined);
const ending = new AbortController();
process.on("SIGTERM", () => ending.abort());
await keepPorts(process.argv[2] ?? "", systemClock, ending.signal);
process.exit(0);
