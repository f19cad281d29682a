import { everybody, type Interlock } from "./interlock.ts";

/** A breaker that trips takes everybody down who hangs on it. */
export const overLimit: Interlock = {
  name: "over-limit",
  askers: everybody,
  forceable: true,
  object: ({ feeds, act }) => {
    if (act !== "on") return undefined;
    for (const { id, state, load } of feeds ?? []) {
      if (!load || state === "on") continue;
      const { amps, limit, drew = 0 } = load;
      const more = drew > 0 ? `, and ${id} drew ${inAmps(drew)} A` : "";
      if (amps + drew > limit || amps >= limit)
        return `the PDU of ${id} draws ${inAmps(amps)} A of ${limit} A${more}`;
    }
    return undefined;
  },
};

const inAmps = (amps: number): string => String(Math.round(amps * 100) / 100);
