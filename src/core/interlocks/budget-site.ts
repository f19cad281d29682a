import { formatDuration } from "../../lib/durations.ts";
import { type Interlock, needsBudget } from "./interlock.ts";

/** Many cuts at one site in a short time: the fault is elsewhere. */
export const budgetSite: Interlock = {
  name: "budget-site",
  askers: ["watchdog", "runbook"],
  forceable: true,
  object: ({ siteCuts, fleet, now, act, asker }) => {
    const used = siteCuts.filter((at) => now - at < fleet.per).length;
    if (used < fleet.cycles || !needsBudget({ act, asker })) return undefined;
    return `${used} of ${fleet.cycles} cuts of the site in ${formatDuration(fleet.per)} are used up`;
  },
};
