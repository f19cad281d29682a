import { formatDuration } from "../../lib/durations.ts";
import { everybody, type Interlock, takesDown } from "./interlock.ts";

/** Somebody asked that nothing acts on the host. */
export const held: Interlock = {
  name: "held",
  askers: everybody,
  forceable: true,
  object: ({ hold, act, wall }) => {
    if (!hold || !takesDown(act)) return undefined;
    const left =
      hold.until - wall > 365 * 86_400_000 ? "" : ` for ${formatDuration(hold.until - wall)}`;
    return `hold by ${hold.by}${left}: ${hold.reason}`;
  },
};
