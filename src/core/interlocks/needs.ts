import type { Interlock } from "./interlock.ts";

/** A host that waits for another one is not stuck itself. */
export const needs: Interlock = {
  name: "needs",
  askers: ["watchdog"],
  forceable: false,
  object: ({ needsDown }) =>
    needsDown.length > 0 ? `it needs ${needsDown.join(", ")}, not healthy now` : undefined,
};
