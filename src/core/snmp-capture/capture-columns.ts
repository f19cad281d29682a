import type { SnmpProfile } from "../../sdk/snmp-profile.ts";

/** What a column of a family holds: its outlets' names, its serial number, what kind of device it is, or anything else. */
export type Column = "name" | "serial" | "kind" | "own";

/** Tells the columns of a family by an object's OID. */
export function columnsOf(profile: SnmpProfile): (oid: string) => Column | undefined {
  const { name, serial, model, firmware, believedIf } = profile;
  const roles = new Map<string, Column>(oidsIn(profile).map((oid) => [oid, "own"]));
  for (const oid of [model, firmware, believedIf?.oid])
    if (oid !== undefined) roles.set(oid, "kind");
  if (serial !== undefined) roles.set(serial, "serial");
  if (name !== undefined && name !== profile.read.oid) roles.set(name, "name");
  const columns = [...roles].map(([oid, role]) => ({ pattern: patternOf(oid), role }));
  return (oid) => columns.find(({ pattern }) => pattern.test(oid))?.role;
}

/** Every OID that the profile names. */
function oidsIn(value: unknown): string[] {
  if (typeof value === "string") return /^1\.3\.6\.\d/.test(value) ? [value] : [];
  if (typeof value !== "object" || value === null || value instanceof RegExp) return [];
  const { match: _, ...rest } = value as { readonly match?: unknown };
  return Object.values(rest).flatMap(oidsIn);
}

/** The column and what lies below it; "#.Status" and ".0" are left out, "{n}" and "*" stand for any number. */
function patternOf(oid: string): RegExp {
  const column = oid.replace(/#.*$/, "").replace(/\.0$/, "");
  const arcs = column.split(".").map((arc) => (/^\d+$/.test(arc) ? arc : "\\d+"));
  return new RegExp(`^${arcs.join("\\.")}(?:\\.|$)`);
}
