import type { PduReading } from "../../sdk/power.ts";
import type { LineAmps, Meter, SnmpProfile } from "../../sdk/snmp-profile.ts";
import { cellIs, cellText } from "./cell.ts";
import { columnOf, isScalar } from "./outlet-places.ts";
import { type Look, meterAt, rounded } from "./snmp-outlets.ts";
import { ratingsOf } from "./snmp-ratings.ts";
import type { Column } from "./snmp-walk.ts";
import type { VariableNames } from "./variable-names.ts";

/** What the totals are made of. */
export interface MeterRows {
  readonly columns: ReadonlyMap<string, Column>;
  readonly look: Look;
  /** The variables' names, where the device has these instead of tables. */
  readonly names?: VariableNames;
}

/** Columns of the device's own meters; those that are single objects come along. */
export function totalColumns(profile: SnmpProfile): string[] {
  const { lineAmps, ratedAmps } = profile;
  const meters = [...(profile.totalWatts ?? []), ...(lineAmps ? [lineAmps] : [])];
  const wanted = [
    ...meters
      .filter(({ variable, oid }) => variable === undefined && !isScalar(oid))
      .flatMap((meter) => [meter.oid, meter.digits]),
    ...meters.map(({ where }) => where?.oid),
    lineAmps?.names,
    ...(ratedAmps && !isScalar(ratedAmps.oid) ? [ratedAmps.oid] : []),
  ];
  return [...new Set(wanted.filter((oid) => oid !== undefined))];
}

/** Rows of the meters that are variables. */
export function meterRows(profile: SnmpProfile, names: VariableNames): string[] {
  const meters = [...(profile.totalWatts ?? []), ...(profile.lineAmps ? [profile.lineAmps] : [])];
  return meters.flatMap(({ variable }) =>
    variable === undefined ? [] : names.matching(variable).map(({ row }) => row),
  );
}

/** Objects of the meters that are variables. */
export function totalVariables(profile: SnmpProfile, names: VariableNames): string[] {
  const meters = [...(profile.totalWatts ?? []), ...(profile.lineAmps ? [profile.lineAmps] : [])];
  return meters.flatMap(({ variable, oid, factor }) =>
    variable === undefined
      ? []
      : names
          .matching(variable)
          .flatMap(({ row }) =>
            [oid, factor].flatMap((column) => (column ? [`${column}.${row}`] : [])),
          ),
  );
}

/** Load of the whole device, where it is metered. */
export function totalsOf(profile: SnmpProfile, seen: MeterRows): PduReading["totals"] | undefined {
  const watts = sumOf(profile.totalWatts ?? [], seen);
  const amps = profile.lineAmps ? linesOf(profile.lineAmps, seen) : [];
  if (watts === undefined && amps.length === 0) return undefined;
  const rated = ratingsOf(profile, seen);
  return {
    ...(watts !== undefined && { watts }),
    ...(amps.length > 0 && { amps }),
    ...(rated && { rated }),
  };
}

/** The sum of the first meter that has any reading. */
export function sumOf(meters: readonly Meter[], seen: MeterRows): number | undefined {
  const metered = eachOf(meters, seen);
  if (metered.length === 0) return undefined;
  return rounded(metered.reduce((sum, { value }) => sum + value, 0));
}

/** The readings of the first meter that has any, row by row. */
export function eachOf(meters: readonly Meter[], seen: MeterRows) {
  for (const meter of meters) {
    const metered = rowsOf(meter, seen).flatMap(({ row }) => {
      const value = valueAt(meter, row, seen);
      return value === undefined ? [] : [{ row, value }];
    });
    if (metered.length > 0) return metered;
  }
  return [];
}

/** Each line with its name. */
export function linesOf(meter: LineAmps, seen: MeterRows) {
  const { names } = meter;
  const amps: { phase: string; amps: number }[] = [];
  for (const { row, name } of rowsOf(meter, seen)) {
    const value = valueAt(meter, row, seen);
    const given = names === undefined ? name : cellText(seen.look(`${names}.${row}`));
    if (value !== undefined) amps.push({ phase: given || row, amps: value });
  }
  return amps;
}

function valueAt(meter: Meter, row: string, { look }: MeterRows): number | undefined {
  return meterAt(meter, (column, suffix = "") =>
    column === undefined ? undefined : look(`${columnOf(column)}.${row}${suffix}`),
  );
}

/** Rows of a meter, their suffix taken off, and their names where the meter itself tells. */
function rowsOf(meter: Meter, { columns, names, look }: MeterRows): MeterRow[] {
  const { variable, suffix = "", where } = meter;
  if (variable)
    return (names?.matching(variable) ?? []).map(({ row, group }) => ({
      row,
      ...(group !== undefined && { name: group }),
    }));
  if (isScalar(meter.oid))
    return look(meter.oid) === undefined ? [] : [{ row: "0", name: "total" }];
  return [...(columns.get(meter.oid)?.keys() ?? [])]
    .filter((row) => row.endsWith(suffix))
    .map((row) => row.slice(0, row.length - suffix.length))
    .filter((row) => where === undefined || cellIs(look(`${where.oid}.${row}`), where.is))
    .map((row) => ({ row }));
}

interface MeterRow {
  readonly row: string;
  readonly name?: string;
}
