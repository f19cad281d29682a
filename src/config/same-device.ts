import { deviceIdentity } from "./device-identity.ts";
import type { DriverCatalog } from "./driver-catalog.ts";
import type { Found } from "./gather.ts";
import type { Problems } from "./problems.ts";
import { inside, report } from "./read-value.ts";
import type { HostEntry } from "./site-config.ts";

/** Warns of hosts that name one device: only the first to open it gets it. Consoles on demand take turns. */
export async function warnOfSameDevice(
  catalog: DriverCatalog,
  hosts: ReadonlyMap<string, HostEntry>,
  spots: ReadonlyMap<string, Found>,
  problems: Problems,
): Promise<void> {
  const identityOf = async (driver: string) =>
    (await catalog.describe("console", driver))?.identity ?? [];
  const first = new Map<string, string>();
  /** A range without {n} is one mistake, not twenty. */
  const told = new Set<Found>();
  for (const { name, console } of hosts.values()) {
    const identity = console.onDemand ? "" : await deviceIdentity(console, identityOf);
    const other = first.get(identity);
    const found = spots.get(name);
    if (identity === "" || found === undefined) continue;
    if (other === undefined) first.set(identity, name);
    else if (!told.has(found)) {
      told.add(found);
      const message = `"${name}" and "${other}" have the same device`;
      const hint = "Only one of them will be open at a time";
      report(problems, inside(found.spot, "console"), message, { severity: "warning", hint });
    }
  }
}
