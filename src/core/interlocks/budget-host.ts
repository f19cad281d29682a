import { formatDuration } from "../../lib/durations.ts";
import { everybody, type Interlock, needsBudget } from "./interlock.ts";

/** A host that needs cutting again and again needs a person. */
export const budgetHost: Interlock = {
  name: "budget-host",
  askers: everybody,
  forceable: true,
  object: ({ cuts, policy, now, act, asker }) => {
    const { cycles, per } = policy.budget;
    const used = cuts.filter((at) => now - at < per).length;
    if (used < cycles || !needsBudget({ act, asker })) return undefined;
    return `${used} of ${cycles} cuts in ${formatDuration(per)} are used up`;
  },
};
