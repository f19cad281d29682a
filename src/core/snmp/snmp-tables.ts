/**
 * A whole reading of a device: which outlets there are, and all that is asked of them.
 *
 * Instances are never computed. Rows of a table are walked (they have holes, start at 0, or count through chained
 * units); scalars, items of a list and named variables are those that answer. Rows that only fill the table up are
 * left out.
 */
import type { SnmpProfile } from "../../sdk/snmp-profile.ts";
import { type Cell, cellIs, cellNumber, listItems } from "./cell.ts";
import { readAgain } from "./known-variables.ts";
import {
  columnOf,
  isOneForAll,
  isScalar,
  type Place,
  placesIn,
  unitColumns,
} from "./outlet-places.ts";
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
import {
  likenessOf,
  type Steady,
  type SteadyColumns,
  steadyOf,
  unitsIn,
} from "./steady-columns.ts";
import { VariableNames } from "./variable-names.ts";

/** What a whole reading brought. */
export interface Tables extends Seen, MeterRows {
  readonly instances: readonly string[];
  readonly identity: Identity;
}

/** What is kept of it: where things stand, without what stood there. */
export type Layout = Omit<Tables, "look" | "columns" | "identity">;

/** Reads all outlets and all meters, who the device is, and some objects besides. */
export async function readTables(
  session: SnmpSession,
  profile: SnmpProfile,
  steady: SteadyColumns,
  besides: readonly string[] = [],
): Promise<Tables> {
  const { known } = steady;
  const again = known.variables && (await readAgain(session, profile, known.variables));
  if (again) {
    const identity = identityIn(profile, known.variables?.first ?? []);
    const printed = printedBy(profile, again.names);
    return { ...again, columns: new Map(), units: 1, identity, printed };
  }
  const objects = outletObjects(profile);
  const fixed = [...identityOids(profile), ...scalarsOf(profile, objects).map(columnOf)];
  const walked = await session.walk(
    [...walkedColumns(profile, objects), ...totalColumns(profile)].filter(
      (column) => !known.rows.has(column),
    ),
    [...fixed, ...liveScalars(profile).map(columnOf)],
  );
  const single = new Map<string, Cell>();
  for (const one of walked.first) if (one) single.set(one.oid, one.cell);
  let believed = known.cells;
  const look: Look = (oid) => walked.cells.get(oid) ?? single.get(oid) ?? believed.get(oid);
  const get = async (oids: readonly string[]) => {
    for (const [oid, cell] of await session.get(oids)) single.set(oid, cell);
  };
  const names = profile.dictionary && variablesIn(profile.dictionary.names, walked.rows);
  const place = placesIn(profile, names);
  const rows = instancesIn(profile, walked.rows, names, look);
  const { changing, lasting } = singleObjects(profile, objects, rows, { look, place });
  const oids = [...changing, ...lasting.filter((oid) => !believed.has(oid))];
  await get([...oids, ...(names ? totalVariables(profile, names) : []), ...besides]);
  const likeness = likenessOf(profile, walked.first.slice(0, fixed.length), rows, { look, place });
  let columns = new Map([...known.rows, ...walked.rows]);
  if (!steady.holdsFor(likeness)) {
    believed = new Map();
    const more = await session.walk([...known.rows.keys()]);
    for (const [oid, cell] of more.cells) single.set(oid, cell);
    await get(lasting.filter((oid) => !single.has(oid)));
    columns = new Map([...walked.rows, ...more.rows]);
    const variables = names && { names, first: walked.first.slice(0, fixed.length) };
    steady.keep(likeness, { ...steadyIn(profile, columns, lasting, look), variables });
  }
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
/** Single objects that say something of all outlets, and how the device is built. */
function scalarsOf(profile: SnmpProfile, objects: readonly OutletObject[]): string[] {
  const live = liveScalars(profile);
  const { padding, ratedAmps } = profile;
  const all = [...objects.map(({ column }) => column), padding?.count ?? "", ratedAmps?.oid ?? ""];
  return [...new Set(all)].filter((oid) => isOneForAll(oid) && !live.includes(oid));
}

/** Single objects that say what is the case: states of a family that has no table, meters of the device. */
function liveScalars({ read, scalars = [], totalWatts = [], lineAmps }: SnmpProfile): string[] {
  const meters = [...totalWatts, ...(lineAmps ? [lineAmps] : [])].map(({ oid }) => oid);
  return [
    ...(read.list ? [read.oid] : []),
    ...scalars.map((instance) => `${read.oid}.${instance}`),
    ...meters.filter(isScalar),
  ];
}

/** OIDs of objects that stand in no column, of the outlets that there are: those that change, and those that do not. */
function singleObjects(
  profile: SnmpProfile,
  objects: readonly OutletObject[],
  rows: readonly string[],
  { look, place }: { readonly look: Look; readonly place: Place },
) {
  const { read, scalars } = profile;
  const steady = steadyOf(profile);
  const changing = new Set<string>();
  const lasting = new Set<string>();
  const single = objects.filter(({ column, suffix }) => {
    const came = isOneForAll(column) || (scalars !== undefined && column === read.oid);
    return !came && !isWalked(profile, column, suffix);
  });
  for (const row of rows) {
    const state = stateCell(read, row, { look, place });
    if (cellIs(state, read.absent ?? [])) continue;
    const needed = single.filter((one) => !(isOther(one, read) && isTold(state, read)));
    for (const { column, suffix } of needed)
      for (const oid of objectsAt([{ column, suffix }], place, row))
        (steady.has(column) ? lasting : changing).add(oid);
  }
  return { changing: [...changing], lasting: [...lasting] };
}

/** The state of an outlet, where it has an object of its own. */
function stateCell(
  { oid, list }: SnmpProfile["read"],
  row: string,
  { look, place }: { readonly look: Look; readonly place: Place },
): Cell {
  return list ? undefined : look(place(oid, row) ?? "");
}

/** true of the object that tells a state otherwise. */
const isOther = ({ column, suffix }: OutletObject, { otherwise }: SnmpProfile["read"]): boolean =>
  column === otherwise?.oid && suffix === (otherwise.suffix ?? "");

/** true where a state needs nothing that tells it otherwise. */
const isTold = (state: Cell, { otherwise }: SnmpProfile["read"]): boolean =>
  state !== undefined && !cellIs(state, otherwise?.when ?? []);

/** What need not be asked for again. */
function steadyIn(
  profile: SnmpProfile,
  columns: ReadonlyMap<string, Column>,
  lasting: readonly string[],
  look: Look,
): Steady {
  if (unitsIn(profile, columns) > 1) return { rows: new Map(), cells: new Map() };
  const steady = steadyOf(profile);
  const rows = new Map([...columns].filter(([column]) => steady.has(column)));
  const cells = new Map(lasting.map((oid) => [oid, look(oid)]));
  for (const [column, some] of rows)
    for (const [row, cell] of some) cells.set(`${column}.${row}`, cell);
  return { rows, cells };
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

function instancesIn(
  profile: SnmpProfile,
  columns: ReadonlyMap<string, Column>,
  names: VariableNames | undefined,
  look: Look,
): readonly string[] {
  const { read, scalars, dictionary } = profile;
  if (names && dictionary) return names.matching(dictionary.outlet).map(({ row }) => row);
  if (read.list) return listItems(look(read.oid)).map((_, i) => String(i + 1));
  if (scalars) return scalars.filter((instance) => look(`${read.oid}.${instance}`) !== undefined);
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
