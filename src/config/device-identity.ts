import type { DeviceEntry } from "./site-config.ts";

type IdentityOf = (driver: string) => Promise<readonly string[]>;

/** What two entries for the same device have in common; it is also the name of the device's lock. */
export async function deviceIdentity(entry: DeviceEntry, identityOf: IdentityOf): Promise<string> {
  const own = await ownIdentity(entry, identityOf);
  // The same port of a menu is another one behind another way.
  return entry.via === undefined
    ? own
    : `${own} via ${await deviceIdentity(entry.via, identityOf)}`;
}

/** The same of one device, whatever it is reached through. */
export async function ownIdentity(
  { driver, options }: DeviceEntry,
  identityOf: IdentityOf,
): Promise<string> {
  const names = await identityOf(driver);
  return names
    .map((name) => options[name])
    .filter((value) => value !== undefined)
    .map(identityText)
    .join(":");
}

/** Options that say where a power device is, whatever its driver calls it. */
const WHERE = ["host", "port", "path", "url", "uri", "address", "device", "mac", "interface"];

/** The same of a power device that is reached by itself. Users, secrets and time-outs make no other device. */
export function powerIdentity({ driver, options }: DeviceEntry, address: string): string {
  const known = WHERE.filter((name) => options[name] !== undefined);
  const names = known.length > 0 ? known : Object.keys(options).sort();
  const where = names.map((name) => identityText(options[name])).join(":");
  // An address of its own is one whatever speaks to it; a command is another thing for each driver.
  return address === "host-port" || address === "path" ? where : `${driver} ${where}`;
}

const identityText = (value: unknown): string =>
  typeof value === "string" || typeof value === "number" ? String(value) : JSON.stringify(value);
