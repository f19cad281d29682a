import { cutsPower, type Interlock } from "./interlock.ts";

/** A host that somebody switched off is not stuck. */
export const alreadyOff: Interlock = {
  name: "already-off",
  askers: ["watchdog"],
  forceable: false,
  object: ({ feeds, act }) => {
    if (!feeds || feeds.length === 0 || !cutsPower(act)) return undefined;
    const pending = feeds.find((feed) => feed.pending);
    if (pending) return `outlet ${pending.id} is being switched by somebody else`;
    return feeds.every((feed) => feed.state === "off") ? "its outlets are off already" : undefined;
  },
};
