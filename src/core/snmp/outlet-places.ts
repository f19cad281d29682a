import type { SnmpProfile } from "../../sdk/snmp-profile.ts";
import type { VariableNames } from "./variable-names.ts";

/** OID of an outlet's object; undefined where the device has none of that kind. */
export type Place = (column: string, instance: string) => string | undefined;

/** Where the objects of an outlet stand in this family. */
export function placesIn(profile: SnmpProfile, names?: VariableNames): Place {
  return (column, instance) => {
    const [table = column, word] = column.split("#");
    if (word !== undefined) {
      const row = names?.sibling(instance, word);
      return row === undefined ? undefined : `${table}.${row}`;
    }
    if (column.includes("{n")) return numbered(column, numberOf(profile, instance));
    if (isScalar(column)) return column;
    if (!column.includes("{0}")) return `${column}.${instance}`;
    const [unit = "", ...rest] = instance.split(".");
    return [column.replace("{0}", unit), ...rest].join(".");
  };
}

function numbered(column: string, n: number | undefined): string | undefined {
  if (n === undefined) return undefined;
  return column.replace("{n}", String(n)).replace("{n+1}", String(n + 1));
}

/** An outlet's number where its instance does not tell it by itself: its place among the scalars, or in the list. */
export function numberOf(profile: SnmpProfile, instance: string): number | undefined {
  if (profile.scalars === undefined) return profile.read.list ? Number(instance) : undefined;
  const place = profile.scalars.indexOf(instance);
  return place < 0 ? undefined : place + 1;
}

/** Columns never end in 0: such an OID is one object for all outlets. */
export const isScalar = (oid: string): boolean => oid.endsWith(".0");

/** true of an object that is the same for each outlet, not one of many that have ".0" behind the outlet's number. */
export const isOneForAll = (oid: string): boolean => isScalar(oid) && !oid.includes("{");

/** A scalar's OID ends in .0; what is walked, or asked for with GETNEXT, is the object above it. */
export const columnOf = (oid: string): string => oid.replace(/\.0$/, "");

/** A column of every chained unit, with what its rows begin with as instances. */
export function unitColumns(profile: SnmpProfile, column: string): { oid: string; unit: string }[] {
  if (profile.units === undefined || !column.includes("{0}")) return [{ oid: column, unit: "" }];
  return profile.units.map((unit) => ({
    oid: column.replace("{0}", String(unit)),
    unit: `${unit}.`,
  }));
}
