import type { SnmpProfile } from "../../sdk/snmp-profile.ts";

/** A profile with this number for the `*` in its OIDs. */
export function bindArc(profile: SnmpProfile, arc: string): SnmpProfile {
  return bound(profile, arc) as SnmpProfile;
}

function bound(value: unknown, arc: string): unknown {
  if (typeof value === "string") return /^[\d.]+\*/.test(value) ? value.replace("*", arc) : value;
  if (Array.isArray(value)) return value.map((one: unknown) => bound(one, arc));
  if (typeof value !== "object" || value === null || value instanceof RegExp) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, bound(one, arc)]));
}
