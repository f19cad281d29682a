/**
 * Variables of a device that has no tables, read where they stood: hundreds of names need not be walked at each reading.
 * The name of each outlet's state, and of each meter, is read with its value; where one is another now, or the device has
 * another serial number or firmware, nothing of it counts and all names are walked. What is new is found ten minutes later.
 */
import type { SnmpProfile } from "../../sdk/snmp-profile.ts";
import { type Cell, cellIs, cellText } from "./cell.ts";
import { placesIn } from "./outlet-places.ts";
import { type Look, objectsAt, outletObjects } from "./snmp-outlets.ts";
import type { SnmpSession } from "./snmp-session.ts";
import { meterRows, totalVariables } from "./snmp-totals.ts";
import type { Found } from "./snmp-wire.ts";
import type { VariableNames } from "./variable-names.ts";

/** What the last walk found. */
export interface KnownVariables {
  readonly names: VariableNames;
  /** The objects that say who the device is. */
  readonly first: readonly (Found | undefined)[];
}

/** Reads the same outlets and meters again; undefined where the device is not as it was. */
export async function readAgain(
  session: SnmpSession,
  profile: SnmpProfile,
  { names, first }: KnownVariables,
) {
  const { read, dictionary } = profile;
  if (dictionary === undefined) return undefined;
  const { otherwise } = read;
  const place = placesIn(profile, names);
  const objects = outletObjects(profile).filter(({ column }) => column !== otherwise?.oid);
  const instances = names.matching(dictionary.outlet).map(({ row }) => row);
  const states = instances.flatMap((row) => names.sibling(row, wordOf(read.oid)) ?? []);
  const named = [...new Set([...states, ...meterRows(profile, names)])];
  const cells = await session.get([
    ...first.flatMap((one) => (one ? [one.oid] : [])),
    ...names.objects(named),
    ...instances.flatMap((row) => objectsAt(objects, place, row)),
    ...totalVariables(profile, names),
  ]);
  const look: Look = (oid) => cells.get(oid);
  const same = first.every((one) => one === undefined || sameText(one.cell, look(one.oid)));
  if (!same || !names.stillHolds(named, cells)) return undefined;
  const elsewhere = instances.filter((row) => {
    const state = look(place(read.oid, row) ?? "");
    return otherwise && (state === undefined || cellIs(state, otherwise.when ?? []));
  });
  const others = objectsOf(elsewhere, otherwise, { names, place });
  for (const [oid, cell] of await session.get(others)) cells.set(oid, cell);
  if (!names.stillHolds(elsewhere, cells)) return undefined;
  return { instances, look, place, names };
}

/** Where the states stand that are told otherwise, and the names of these outlets. */
function objectsOf(
  rows: readonly string[],
  otherwise: SnmpProfile["read"]["otherwise"],
  { names, place }: { names: VariableNames; place: ReturnType<typeof placesIn> },
): string[] {
  if (otherwise === undefined) return [];
  const { oid, suffix = "" } = otherwise;
  const values = rows.flatMap((row) => objectsAt([{ column: oid, suffix }], place, row));
  return [...names.objects(rows), ...values];
}

const wordOf = (column: string): string => column.split("#")[1] ?? "";

const sameText = (one: Cell, other: Cell): boolean => cellText(one) === cellText(other);
