import type { Interlock } from "./interlock.ts";

/** A console server that died behind an open connection makes every host on it silent. */
export const deafWay: Interlock = {
  name: "deaf-way",
  askers: ["watchdog"],
  forceable: false,
  object: (facts) => facts.deafWay,
};
