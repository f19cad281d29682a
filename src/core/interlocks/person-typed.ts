import { formatDuration } from "../../lib/durations.ts";
import { type Interlock, takesDown } from "./interlock.ts";

/** A person was at work a moment ago. */
export const personTyped: Interlock = {
  name: "person-typed",
  askers: ["watchdog", "runbook"],
  forceable: true,
  object: ({ typedAt, now, policy, act }) => {
    if (typedAt === undefined || now - typedAt >= policy.handsOff || !takesDown(act))
      return undefined;
    return `a person typed ${formatDuration(now - typedAt)} ago`;
  },
};
