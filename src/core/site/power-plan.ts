/**
 * In which order the hosts of one request are switched. Hosts on one outlet are one unit: it is moved once for all of
 * them. Units that come `after` others wait for them, the other way round where hosts go down. All else goes at once;
 * the PDUs themselves keep time between their outlets.
 */
import type { HostEntry } from "../../config/site-config.ts";
import { outletId } from "../power/power-outlets.ts";
import type { PowerVerb } from "./site.ts";

/** Hosts that are switched as one. */
export interface Unit {
  readonly hosts: readonly HostEntry[];
  /** All their outlets, under the name of the first. */
  readonly switched: HostEntry;
  /** Places of the units that come first because of `after`. */
  readonly follows: readonly number[];
  /** Place of the unit whose current has to be seen before this one is switched on. */
  readonly behind: number | undefined;
}

/** What planning needs to know of the site. */
export interface PlanFacts {
  /** What an outlet really is, by "pdu/reference", as far as that is known. */
  readonly keys: ReadonlyMap<string, string>;
  readonly hostOf: (name: string) => HostEntry | undefined;
  /** Whether a limit of current is set for one of its PDUs. */
  readonly isLimited: (host: HostEntry) => boolean;
}

export function planOrder(
  hosts: readonly HostEntry[],
  verb: PowerVerb,
  facts: PlanFacts,
): readonly Unit[] {
  const groups = together(hosts, facts.keys);
  const placeOf = new Map(groups.flatMap((group, n) => group.map(({ name }) => [name, n])));
  const earlier = groups.map((group, n) => {
    const names = group.flatMap((host) => [...before(host, facts.hostOf)]);
    return new Set(names.flatMap((name) => placeOf.get(name) ?? []).filter((one) => one !== n));
  });
  const follows = verb === "off" || verb === "soft" ? reversed(earlier) : earlier;
  // One behind the other in this order, or a host that was named first waits for one that waits for it.
  const limited = inTurn(follows).filter((n) => verb === "on" && groups[n]?.some(facts.isLimited));
  return groups.map((group, n) => ({
    hosts: group,
    switched: asOne(group),
    follows: [...(follows[n] ?? [])],
    behind: limited[limited.indexOf(n) - 1],
  }));
}

/** Places of the units, those first that others wait for. */
export const turnsOf = (units: readonly Unit[]): readonly number[] =>
  inTurn(units.map(({ follows }) => new Set(follows)));

/** Hosts in groups that share an outlet, in the order in which they were named. */
function together(
  hosts: readonly HostEntry[],
  keys: ReadonlyMap<string, string>,
): readonly HostEntry[][] {
  const keysOf = ({ outlets }: HostEntry) =>
    outlets.map((entry) => keys.get(outletId(entry)) ?? outletId(entry));
  let groups: { readonly hosts: HostEntry[]; readonly keys: ReadonlySet<string> }[] = [];
  for (const host of hosts) {
    const mine = keysOf(host);
    const met = groups.filter((group) => mine.some((key) => group.keys.has(key)));
    const joined = {
      hosts: [...met.flatMap((group) => group.hosts), host],
      keys: new Set([...met.flatMap((group) => [...group.keys]), ...mine]),
    };
    groups = [...groups.filter((group) => !met.includes(group)), joined];
  }
  return groups.map((group) => group.hosts);
}

/** Names of all hosts that come before this one, those of hosts that are not switched included. */
function before(host: HostEntry, hostOf: PlanFacts["hostOf"], found = new Set<string>()) {
  for (const name of host.after ?? []) {
    if (found.has(name)) continue;
    found.add(name);
    const one = hostOf(name);
    if (one) before(one, hostOf, found);
  }
  return found;
}

function reversed(earlier: readonly ReadonlySet<number>[]): Set<number>[] {
  return earlier.map((_, n) => new Set(earlier.flatMap((set, m) => (set.has(n) ? [m] : []))));
}

/**
 * Places in an order in which each comes after those that it follows. Hosts on one outlet may have to come before and
 * after the same third one: such a circle is broken, or they would wait for ever.
 */
function inTurn(follows: Set<number>[]): readonly number[] {
  const done = new Set<number>();
  while (done.size < follows.length) {
    const open = follows.flatMap((_, n) => (done.has(n) ? [] : [n]));
    const ready = open.filter((n) => [...(follows[n] ?? [])].every((one) => done.has(one)));
    const [stuck] = open;
    if (ready.length === 0 && stuck !== undefined)
      for (const one of open) follows[stuck]?.delete(one);
    for (const n of ready) done.add(n);
  }
  return [...done];
}

/** Which of two entries name the same outlet is found where they are bound. */
function asOne([first, ...others]: readonly HostEntry[]): HostEntry {
  if (first === undefined) throw new Error("a unit without hosts");
  const all = [first, ...others].flatMap((host) => host.outlets);
  return {
    ...first,
    outlets: [...new Map(all.map((one) => [outletId(one), one])).values()],
    offFor: Math.max(first.offFor, ...others.map(({ offFor }) => offFor)),
  };
}
