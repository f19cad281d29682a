import { nameHint } from "../lib/nearest.ts";
import type { Found } from "./gather.ts";
import type { Problems } from "./problems.ts";
import { inside, report, type Spot } from "./read-value.ts";
import type { HostEntry } from "./site-config.ts";

/** Hosts that name others: `needs`, `after`, channels, two people. An order that goes in a circle has no beginning. */
export function checkOthers(
  problems: Problems,
  hosts: ReadonlyMap<string, HostEntry>,
  spots: ReadonlyMap<string, Found>,
  { channels, users }: { readonly channels: readonly string[]; readonly users: readonly string[] },
): void {
  // Where a host could not be read, naming it would only repeat that problem.
  if (problems.errors > 0) return;
  for (const host of hosts.values()) {
    const spot = spots.get(host.name)?.spot;
    if (spot === undefined) continue;
    const look = (key: string, names: readonly string[], itself: string) => {
      for (const name of names) {
        if (hosts.has(name) && name !== host.name) continue;
        if (name === host.name) report(problems, inside(spot, key), itself);
        else {
          const hint = nameHint(name, [...hosts.keys()]);
          report(problems, inside(spot, key), `there is no host "${name}"`, { hint });
        }
      }
    };
    look("needs", host.needs, "a host cannot need itself");
    look("after", host.after ?? [], "a host cannot come after itself");
    demandTwo(problems, host, users, spot);
    for (const name of host.notify ?? [])
      if (!channels.includes(name))
        report(problems, inside(spot, "notify"), `there is no channel "${name}"`, {
          hint: nameHint(name, channels),
        });
  }
  if (problems.errors > 0) return;
  const circle = circleIn(hosts);
  const spot = spots.get(circle[0] ?? "")?.spot;
  if (spot === undefined) return;
  const text = [...circle, circle[0]].join(" after ");
  report(problems, inside(spot, "after"), `no host can be the first: ${text}`);
}

function demandTwo(
  problems: Problems,
  { twoPerson }: HostEntry,
  users: readonly string[],
  spot: Spot,
): void {
  if (twoPerson === undefined || new Set(users.filter((user) => user !== "root")).size >= 2) return;
  report(problems, inside(spot, "two-person"), 'there are not two people under "users:"', {
    hint: "Name those who may approve what others ask for; root counts as nobody",
  });
}

/** Hosts that come after each other, or none. */
function circleIn(hosts: ReadonlyMap<string, HostEntry>): readonly string[] {
  const good = new Set<string>();
  const trail: string[] = [];
  const walk = (name: string): readonly string[] => {
    if (good.has(name)) return [];
    const from = trail.indexOf(name);
    if (from >= 0) return trail.slice(from);
    trail.push(name);
    for (const before of hosts.get(name)?.after ?? []) {
      const circle = walk(before);
      if (circle.length > 0) return circle;
    }
    trail.pop();
    good.add(name);
    return [];
  };
  for (const name of hosts.keys()) {
    const circle = walk(name);
    if (circle.length > 0) return circle;
  }
  return [];
}
