import { seconds } from "../lib/durations.ts";
import { durationOf, numberOf, type OptionSpecs } from "../sdk/options.ts";
import { isRecord } from "./host-range.ts";
import { readOptions } from "./option-values.ts";
import type { Problems } from "./problems.ts";
import { inside, report, type Spot } from "./read-value.ts";
import type { OutletRules } from "./site-config.ts";

/** What a PDU's entry takes beside the options of its driver. */
const RULES: OptionSpecs = {
  "min-interval": {
    kind: "duration",
    max: 3_600_000,
    summary: "between two acts on one outlet; none by default",
  },
  stagger: {
    kind: "duration",
    max: 60_000,
    summary: "between two outlets of this PDU that are switched (500ms)",
  },
  lifeline: {
    kind: "list",
    summary: "outlets that feed this box, or the way to this PDU: never switched off",
  },
  "limit-amps": {
    kind: "integer",
    min: 1,
    max: 1000,
    summary: "nothing is switched on where the PDU, or a phase of it, would draw more",
  },
};

/** What an entry may hold besides, for whoever misspells it. */
export const OUTLET_RULE_NAMES = Object.keys(RULES);

/** The rules of a PDU of which nothing is said. */
export const USUAL_RULES: OutletRules = {
  minInterval: 0,
  // Inrush: supplies draw many times their load for some tens of milliseconds.
  stagger: seconds(0.5),
  lifeline: [],
};

/** Takes the rules of its outlets out of a PDU's entry; `rest` is for its driver. */
export function takeOutletRules(
  given: unknown,
  spot: Spot,
  problems: Problems,
): { readonly rest: unknown; readonly rules?: OutletRules } {
  if (!isRecord(given)) return { rest: given };
  const entries = Object.entries(given);
  const isOurs = ([name]: readonly [string, unknown]) => Object.hasOwn(RULES, name);
  const ours = Object.fromEntries(entries.filter(isOurs));
  if (Object.keys(ours).length === 0) return { rest: given };
  const { values, problems: wrong } = readOptions(RULES, ours);
  for (const { option, message, hint, at } of wrong)
    report(problems, inside(spot, option), message, { hint, at });
  const { lifeline } = values;
  const limit = numberOf(values, "limit-amps", 0);
  return {
    rest: Object.fromEntries(entries.filter((entry) => !isOurs(entry))),
    rules: {
      minInterval: durationOf(values, "min-interval", USUAL_RULES.minInterval),
      stagger: durationOf(values, "stagger", USUAL_RULES.stagger),
      lifeline: Array.isArray(lifeline) ? lifeline.map(String) : [],
      ...(limit > 0 && { limitAmps: limit }),
    },
  };
}
