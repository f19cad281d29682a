import { everybody, type Interlock, takesDown } from "./interlock.ts";

/** A crash dump is being written: a cut would lose it. */
export const dumpRunning: Interlock = {
  name: "dump-running",
  askers: everybody,
  forceable: true,
  object: ({ seen, act }) =>
    seen.class === "crash-dump" && takesDown(act) ? seen.means : undefined,
};
