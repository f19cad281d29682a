import { everybody, type Interlock, takesDown } from "./interlock.ts";

/** File system check, RAID rebuild, firmware update, installation: a cut does harm. */
export const busy: Interlock = {
  name: "busy",
  askers: everybody,
  forceable: true,
  object: ({ seen, act }) => {
    const busyNow = seen.state === "busy" || seen.action === "hold";
    return busyNow && seen.class !== "crash-dump" && takesDown(act) ? seen.means : undefined;
  },
};
