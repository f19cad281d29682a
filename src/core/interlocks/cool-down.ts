import { formatDuration } from "../../lib/durations.ts";
import { type Interlock, needsBudget } from "./interlock.ts";

/** A host in trouble again so soon after a cut was not helped by it: a person is needed. A person's yes is one. */
export const coolDown: Interlock = {
  name: "cool-down",
  askers: ["watchdog"],
  forceable: false,
  object: ({ cuts, policy, now, act, asker, person, caseBegan = now }) => {
    const { coolDown: time = 0 } = policy;
    const last = Math.max(Number.NEGATIVE_INFINITY, ...cuts.filter((at) => at <= caseBegan));
    if (!needsBudget({ act, asker }) || person !== undefined || now - last >= time)
      return undefined;
    const ago = formatDuration(now - last);
    return `it was cut ${ago} ago: another cut within ${formatDuration(time)} needs a person`;
  },
};
