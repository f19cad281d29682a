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
    if (feeds.every((feed) => feed.state === "off")) return "its outlets are off already";
    // A cycle would switch it on, perhaps while somebody works on that power supply.
    const off = feeds.find((feed) => feed.state === "off");
    return off && `outlet ${off.id} is off already: somebody switched it off`;
  },
};
