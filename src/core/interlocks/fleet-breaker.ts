import { formatDuration } from "../../lib/durations.ts";
import type { Interlock } from "./interlock.ts";

/** Many suspects at once: the fault is ours or the site’s. */
export const fleetBreaker: Interlock = {
  name: "fleet-breaker",
  askers: ["watchdog"],
  forceable: false,
  object: ({ suspects, fleet }) =>
    suspects > fleet.suspects
      ? `${suspects} hosts became suspect within ${formatDuration(fleet.within)}: the fault is not theirs`
      : undefined,
};
