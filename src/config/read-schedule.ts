import { z } from "zod";
import { messageOf, OobError } from "../lib/errors.ts";
import { expandHosts, type HostGroups } from "../lib/host-list.ts";
import { nameHint } from "../lib/nearest.ts";
import type { Found } from "./gather.ts";
import { isRecord, NAME } from "./host-range.ts";
import { describe } from "./option-values.ts";
import type { Problems } from "./problems.ts";
import { inside, readValue, report, type Spot } from "./read-value.ts";
import { parseScheduleTime, type ScheduleTime } from "./schedule-time.ts";
import { flag, listOf, reading, text } from "./schema-values.ts";
import type { ScheduleEntry } from "./site-config.ts";

const time = reading(
  'a time such as "06:30", "Sun 03:00" or "Mon-Fri 06:30"',
  (value): ScheduleTime | undefined =>
    typeof value === "string" ? parseScheduleTime(value) : undefined,
);
const times = listOf(time);
const setting = reading("a text, a number, true or false", (value) =>
  ["string", "number", "boolean"].includes(typeof value) ? String(value) : undefined,
);
const own = {
  at: times,
  set: z.record(z.string(), setting).optional(),
  "allow-disrupt": flag.optional(),
};
const hostPlan = z.strictObject(own);
const sitePlan = z.strictObject({ ...own, hosts: listOf(text).optional() });

/** What one entry says of a runbook. */
interface Plan {
  readonly times: readonly ScheduleTime[];
  readonly set: Readonly<Record<string, string>>;
  readonly allowDisrupt: boolean;
  readonly hosts?: readonly string[];
}

/** Runbooks of one `schedule:`, by name; "off": not here, whatever the site says. */
export type Plans = ReadonlyMap<string, Plan | "off">;

/** Reads `schedule:` of a host. */
export const readHostSchedule = (
  value: unknown,
  spot: Spot,
  problems: Problems,
  runbooks: readonly string[],
): Plans => readPlans(value, spot, problems, runbooks, hostPlan);

function readPlans(
  value: unknown,
  spot: Spot,
  problems: Problems,
  runbooks: readonly string[],
  schema: typeof hostPlan | typeof sitePlan,
): Plans {
  const plans = new Map<string, Plan | "off">();
  if (value === undefined || value === null) return plans;
  if (!isRecord(value)) {
    report(problems, spot, `expected runbooks with their times, got ${describe(value)}`, {
      hint: 'schedule: { daily-check: "06:30" }',
    });
    return plans;
  }
  for (const [runbook, given] of Object.entries(value)) {
    const at = inside(spot, runbook);
    if (!NAME.test(runbook))
      report(problems, at, `"${runbook}" is no name of a runbook`, { at: "key" });
    else if (!runbooks.includes(runbook))
      // A file that is gone keeps no daemon from starting: each run that fails alerts.
      report(problems, at, `there is no runbook "${runbook}": its runs will fail`, {
        hint: nameHint(runbook, runbooks),
        at: "key",
        severity: "warning",
      });
    // People who quote nothing also write `false`.
    const plan = given === "off" || given === false ? "off" : readPlan(given, at, problems, schema);
    if (plan) plans.set(runbook, plan);
  }
  return plans;
}

function readPlan(
  given: unknown,
  spot: Spot,
  problems: Problems,
  schema: typeof hostPlan | typeof sitePlan,
): Plan | undefined {
  if (!isRecord(given)) {
    const read = readValue(times, given, spot, problems);
    if (!read) return undefined;
    return { times: demanded(read, spot, problems), set: {}, allowDisrupt: false };
  }
  const read = readValue(schema, given, spot, problems);
  if (!read) return undefined;
  return {
    times: demanded(read.at, inside(spot, "at"), problems),
    set: read.set ?? {},
    allowDisrupt: read["allow-disrupt"] ?? false,
    ...("hosts" in read && read.hosts && { hosts: read.hosts }),
  };
}

function demanded(read: readonly ScheduleTime[], spot: Spot, problems: Problems) {
  if (read.length === 0) report(problems, spot, "expected at least one time");
  return read;
}

/** All that runs by itself: what the site says for all hosts, or for some of them, under what a host says itself. */
export function readSchedule(
  found: Found | undefined,
  hosts: ReadonlyMap<string, Plans>,
  groups: HostGroups,
  problems: Problems,
  runbooks: readonly string[],
): readonly ScheduleEntry[] {
  const names = [...hosts.keys()];
  const whole = new Map<string, ScheduleEntry>();
  const add = (host: string, runbook: string, plan: Plan | "off") => {
    const key = `${host} ${runbook}`;
    if (plan === "off") whole.delete(key);
    else {
      const { times: at, set, allowDisrupt } = plan;
      whole.set(key, { host, runbook, times: at, set, allowDisrupt });
    }
  };
  const plans = found
    ? readPlans(found.value, found.spot, problems, runbooks, sitePlan)
    : new Map();
  for (const [runbook, plan] of plans as Plans) {
    if (plan === "off" || !found) continue;
    const spot = inside(found.spot, runbook, "hosts");
    for (const host of chosen(plan.hosts, names, groups, spot, problems)) add(host, runbook, plan);
  }
  for (const [host, own] of hosts) for (const [runbook, plan] of own) add(host, runbook, plan);
  return [...whole.values()];
}

function chosen(
  words: readonly string[] | undefined,
  names: readonly string[],
  groups: HostGroups,
  spot: Spot,
  problems: Problems,
): readonly string[] {
  if (words === undefined) return names;
  // Where something is wrong already, a host that could not be read would only be missed again.
  const isRead = problems.errors === 0;
  try {
    return expandHosts(words, names, groups);
  } catch (thrown) {
    const hint = thrown instanceof OobError ? thrown.hint : undefined;
    if (isRead) report(problems, spot, messageOf(thrown), { hint });
    return [];
  }
}
