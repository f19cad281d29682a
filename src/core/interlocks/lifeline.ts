import { everybody, type Interlock } from "./interlock.ts";

/** What feeds this box, or the way to its PDU, could not be switched on again from here. */
export const lifeline: Interlock = {
  name: "lifeline",
  askers: everybody,
  forceable: false,
  object: ({ feeds, act, asker, together }) => {
    if (act !== "off" && act !== "cycle" && act !== "single-user") return undefined;
    const spared = (feeds ?? []).find((feed) => feed.lifeline !== undefined);
    // Whether its PDU can cycle it by itself is for core/power to know; only a person who names it alone is asked on.
    if (!spared || (act === "cycle" && asker === "person" && together.length === 0))
      return undefined;
    return `outlet ${spared.id} ${spared.lifeline}`;
  },
};
