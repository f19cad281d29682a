/**
 * A whole reading of a device: which outlets there are, and all that is asked of them.
 *
 * Instances are never computed. Rows of a table are walked (they have holes, start at 0, or count through chained
 * units); scalars, items of a list and named variables are those that answer. Rows that only fill the table up are
 * left out.
 */
import type { SnmpProfile } from "../../sdk/snmp-profile.ts";
import { type Cell, cellIs, cellNumber, listItems } from "./cell.ts";
import { columnOf, isScalar, type Place, placesIn, unitColumns } from "./outlet-places.ts";
import { type Identity, identityIn, identityOids } from "./snmp-identity.ts";
import {
  type Look,
  nameAt,
  type OutletObject,
  objectsAt,
  outletObjects,
  type Seen,
} from "./snmp-outlets.ts";
import type { SnmpSession } from "./snmp-session.ts";
import { type MeterRows, totalColumns, totalVariables } from "./snmp-totals.ts";
import type { Column } from "./snmp-walk.ts";
import { type SteadyColumns, unitsIn } from "./steady-columns.ts";
import type { Walked } from "./table-walks.ts";
import { VariableNames } from "./variable-names.ts";

/** What a whole reading brought. */
export interface Tables extends Seen, MeterRows {
  readonly instances: readonly string[];
  readonly identity: Identity;
}

/** What is kept of it: where things stand, without what stood there. */
export type Layout = Omit<Tables, "look" | "columns" | "identity">;

/** Reads all outlets and all meters, and who the device is. */
export async function readTables(
  session: SnmpSession,
  profile: SnmpProfile,
  steady: SteadyColumns,
): Promise<Tables> {
  const objects = outletObjects(profile);
  const walked = await walkTables(session, profile, objects, steady);
  const columns = walked.rows;
  const names = profile.dictionary && variablesIn(profile.dictionary.names, columns);
  const place = placesIn(profile, names);
  const rows = await instancesIn(session, profile, columns, names);
  const came = new Set(scalarsOf(profile, objects));
  const single = objects.filter(
    ({ column, suffix }) => !isWalked(profile, column, suffix) && !came.has(column),
  );
  const cells = await session.get([
    ...new Set(rows.flatMap((instance) => objectsAt(single, place, instance))),
    ...(names ? totalVariables(profile, names) : []),
  ]);
  const look: Look = (oid) => walked.look(oid) ?? cells.get(oid);
  return {
    instances: withoutPadding(profile, rows, look, place),
    columns,
    look,
    place,
    units: unitsIn(profile, columns),
    identity: identityIn(profile, walked.first),
    ...(names && { names, printed: printedBy(profile, names) }),
  };
}

/** Walks a device's columns; those that are known and still hold are not asked for. */
async function walkTables(
  session: SnmpSession,
  profile: SnmpProfile,
  objects: readonly OutletObject[],
  steady: SteadyColumns,
): Promise<Omit<Walked, "cells"> & { readonly look: Look }> {
  const known = steady.columns;
  const wanted = walkedColumns(profile, objects).filter((column) => !known.rows.has(column));
  const scalars = scalarsOf(profile, objects).map(columnOf);
  const now = await session.walk(
    [...wanted, ...totalColumns(profile)],
    [...identityOids(profile), ...scalars],
  );
  const holds = steady.holdFor(profile, now);
  const more = holds ? known : await session.walk([...known.rows.keys()]);
  const rows = new Map([...now.rows, ...more.rows]);
  const beside = new Map(now.first.map((one) => [one?.oid, one?.cell]));
  const look: Look = (oid) => now.cells.get(oid) ?? more.cells.get(oid) ?? beside.get(oid);
  if (!holds) steady.keep(profile, now, rows);
  return { rows, first: now.first, look };
}

/** Single objects that say something of all outlets. */
function scalarsOf(profile: SnmpProfile, objects: readonly OutletObject[]): string[] {
  const { read, scalars, dictionary, padding } = profile;
  const all = [...objects.map(({ column, suffix }) => `${column}${suffix}`), padding?.count];
  const own = read.list || scalars || dictionary ? [padding?.count] : all;
  return [...new Set(own.filter((oid) => oid !== undefined && isScalar(oid)))] as string[];
}

/** true where the outlets of a family are known only after a whole reading. */
export function needsWhole(profile: SnmpProfile): boolean {
  const { dictionary, scalars, padding, only, read } = profile;
  return Boolean(dictionary ?? scalars ?? padding ?? only ?? read.list);
}

/** Objects that stand in a column with a row an outlet; the others are asked for one by one. */
function isWalked(profile: SnmpProfile, column: string, suffix = ""): boolean {
  if (profile.dictionary ?? profile.scalars ?? profile.read.list) return false;
  return suffix === "" && !isScalar(column);
}

function walkedColumns(profile: SnmpProfile, objects: readonly OutletObject[]): string[] {
  const { dictionary, padding } = profile;
  if (dictionary) return [dictionary.names];
  const wanted = [
    ...objects.filter(({ column, suffix }) => isWalked(profile, column, suffix)),
    ...profile.match.probe
      .filter((column) => isWalked(profile, column))
      .map((column) => ({ column })),
    ...(padding && !isScalar(padding.count) ? [{ column: padding.count }] : []),
  ];
  return [
    ...new Set(wanted.flatMap(({ column }) => unitColumns(profile, column).map(({ oid }) => oid))),
  ];
}

async function instancesIn(
  session: SnmpSession,
  profile: SnmpProfile,
  columns: ReadonlyMap<string, Column>,
  names: VariableNames | undefined,
): Promise<readonly string[]> {
  const { read, scalars, dictionary } = profile;
  if (names && dictionary) return names.matching(dictionary.outlet).map(({ row }) => row);
  if (read.list) {
    const states = (await session.get([read.oid])).get(read.oid);
    return listItems(states).map((_, i) => String(i + 1));
  }
  if (scalars) {
    const states = await session.get(scalars.map((instance) => `${read.oid}.${instance}`));
    return scalars.filter((instance) => states.get(`${read.oid}.${instance}`) !== undefined);
  }
  return rowsIn(profile, columns);
}

/** Rows of the first probe column that has any: states, else names. */
function rowsIn(profile: SnmpProfile, columns: ReadonlyMap<string, Column>): string[] {
  for (const probe of profile.match.probe) {
    const rows = unitColumns(profile, probe).flatMap(({ oid, unit }) =>
      [...(columns.get(oid)?.keys() ?? [])].map((row) => `${unit}${row}`),
    );
    if (rows.length > 0) return rows;
  }
  return [];
}

/** Takes off the rows that have no outlet: by the device's own count, or those at the end that say nothing. */
function withoutPadding(
  profile: SnmpProfile,
  rows: readonly string[],
  look: Look,
  place: Place,
): readonly string[] {
  const { padding } = profile;
  if (padding === undefined) return rows;
  const unitOf = (row: string) => row.replace(/(^|\.)\d+$/, "");
  const units = [...new Set(rows.map(unitOf))];
  return units.flatMap((unit) => {
    const mine = rows.filter((row) => unitOf(row) === unit);
    const scalar = isScalar(padding.count);
    // One number for a chain of several units does not tell where each of them ends.
    const counted =
      scalar && units.length > 1 ? undefined : scalar ? padding.count : `${padding.count}.${unit}`;
    const count = counted === undefined ? undefined : cellNumber(look(counted));
    if (count !== undefined && count > 0)
      return mine.filter((row) => Number(row.split(".").at(-1)) <= count);
    const last = mine.findLastIndex((row) => !saysNothing(profile, row, look, place));
    return mine.slice(0, last + 1);
  });
}

function saysNothing(profile: SnmpProfile, row: string, look: Look, place: Place): boolean {
  const at = (column: string | undefined): Cell => {
    const oid = column === undefined ? undefined : place(column, row);
    return oid === undefined ? undefined : look(oid);
  };
  const state = at(profile.read.oid);
  const name = nameAt(profile, at)?.trim() ?? "";
  return name === "" && (state === undefined || cellIs(state, profile.padding?.states ?? []));
}

function variablesIn(column: string, columns: ReadonlyMap<string, Column>): VariableNames {
  return new VariableNames(column, columns.get(column) ?? new Map());
}

/** The number in a variable's name: "Socket 01" is outlet 1. */
function printedBy(profile: SnmpProfile, names: VariableNames) {
  return (instance: string): string | undefined => {
    const name = names.nameOf(instance) ?? "";
    const number = profile.dictionary?.outlet.exec(name)?.[1];
    return number?.replace(/^0+(?=\d)/, "");
  };
}

/** What is asked to tell a family by: its outlets, of every chained unit. */
export function probesOf(profile: SnmpProfile): readonly string[] {
  return profile.match.probe.flatMap((column) =>
    unitColumns(profile, column).map(({ oid }) => oid),
  );
}

/** What a unit without outlets is told by: its meters. */
export function meterProbesOf(profile: SnmpProfile): readonly string[] {
  const { totalWatts = [], lineAmps } = profile;
  return [...totalWatts, ...(lineAmps ? [lineAmps] : [])]
    .filter(({ variable }) => variable === undefined)
    .map(({ oid }) => columnOf(oid));
}
