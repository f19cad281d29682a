import type { Interlock } from "./interlock.ts";

/** What the console does not show cannot be judged. */
export const blind: Interlock = {
  name: "blind",
  askers: ["watchdog"],
  forceable: false,
  object: ({ linkUp, everAlive, gapAt, suspectSince }) => {
    if (!linkUp) return "the console is down";
    if (!everAlive) return "this console was never seen alive";
    if (gapAt !== undefined && gapAt >= (suspectSince ?? 0))
      return "bytes of the console were lost";
    return undefined;
  },
};
