/** The program of the keeper: node main.js SOCKET. Started by the daemon, and meant to outlive it. */
import { systemClock } from "../../lib/clock.ts";
import { keepPorts, untilFree } from "./keeper.ts";

process.title = "oob-keeper";
// A daemon's terminal that is closed, or Ctrl-C in it, is no reason to lose bytes.
for (const signal of ["SIGHUP", "SIGINT"]) process.on(signal, () => undefined);
const ending = new AbortController();
process.on("SIGTERM", () => ending.abort());
const [, , path = ""] = process.argv;
// It is not started again by a daemon; to end here, for systemd to start it again, would only cost a slow machine its time.
if (process.env.OOB_KEEPER === "unit") await untilFree(path, systemClock, ending.signal);
if (!ending.signal.aborted) await keepPorts(path, systemClock, ending.signal);
process.exit(0);
