import { everybody, type Interlock, takesDown } from "./interlock.ts";

/** File system check, RAID rebuild, firmware update, installation: a cut does harm. */
export const busy: Interlock = {
  name: "busy",
  askers: everybody,
  forceable: true,
  object: ({ seen, act, afterShutdown }) => {
    // It is ours, and whoever asked for the cut behind it has waited for it.
    if (afterShutdown && seen.class === "reboot") return undefined;
    const busyNow = seen.state === "busy" || seen.action === "hold";
    return busyNow && seen.class !== "crash-dump" && takesDown(act) ? seen.means : undefined;
  },
};
