import type { Interlock } from "./interlock.ts";

/** A person typed the text that matched. */
export const ownTyping: Interlock = {
  name: "own-typing",
  askers: ["watchdog"],
  forceable: false,
  object: ({ typedItself }) => (typedItself ? "a person typed the text that matched" : undefined),
};
