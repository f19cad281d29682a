import { minutes } from "../lib/durations.ts";
import { durationOf, flagOf, type OptionSpecs } from "../sdk/options.ts";
import { isRecord } from "./host-range.ts";
import { readOptions } from "./option-values.ts";
import type { Problems } from "./problems.ts";
import { inside, report, type Spot } from "./read-value.ts";
import type { DeviceEntry } from "./site-config.ts";

const HANGUP_AFTER = minutes(5);

/** What a host's console takes beside the options of its driver. */
const ON_DEMAND: OptionSpecs = {
  "on-demand": {
    kind: "boolean",
    default: false,
    summary: "opened only while somebody wants it",
  },
  "hangup-after": {
    kind: "duration",
    min: 1000,
    summary: "closed when it was unused for so long (5m)",
  },
};

/** Takes `on-demand` and `hangup-after` out of a console's entry; `rest` is for its driver. */
export function takeOnDemand(
  given: unknown,
  spot: Spot,
  problems: Problems,
): { readonly rest: unknown; readonly onDemand?: NonNullable<DeviceEntry["onDemand"]> } {
  if (!isRecord(given)) return { rest: given };
  const entries = Object.entries(given);
  const isOurs = ([name]: readonly [string, unknown]) => Object.hasOwn(ON_DEMAND, name);
  const ours = Object.fromEntries(entries.filter(isOurs));
  const { values, problems: wrong } = readOptions(ON_DEMAND, ours);
  for (const { option, message, hint, at } of wrong)
    report(problems, inside(spot, option), message, { hint, at });
  const wanted = flagOf(values, "on-demand");
  if (!wanted && Object.hasOwn(ours, "hangup-after"))
    report(problems, inside(spot, "hangup-after"), '"hangup-after" has no meaning here', {
      hint: 'Add "on-demand: true"',
      at: "key",
    });
  return {
    rest: Object.fromEntries(entries.filter((entry) => !isOurs(entry))),
    ...(wanted && { onDemand: { hangupAfter: durationOf(values, "hangup-after", HANGUP_AFTER) } }),
  };
}
