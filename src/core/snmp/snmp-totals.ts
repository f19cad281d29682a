import type { PduReading } from "../../sdk/power.ts";
import type { LineAmps, Meter, SnmpProfile } from "../../sdk/snmp-profile.ts";
import { cellNumber, cellText } from "./cell.ts";
import { type Look, meterAt } from "./snmp-outlets.ts";
import type { Column } from "./snmp-walk.ts";

/** Columns of the device's own meters; a scalar is walked as the column above it. */
export function totalColumns(profile: SnmpProfile): string[] {
  const { lineAmps } = profile;
  const wanted = [
    ...(profile.totalWatts ?? []).flatMap((meter) => [columnOf(meter), meter.digits]),
    lineAmps?.oid,
    lineAmps?.digits,
    lineAmps?.names,
    lineAmps?.where?.oid,
  ];
  return [...new Set(wanted.filter((oid) => oid !== undefined))];
}

/** A scalar's OID ends in .0; what is walked is the object above it. */
const columnOf = (meter: Meter): string => meter.oid.replace(/\.0$/, "");

/** Load of the whole device, where it is metered. */
export function totalsOf(
  profile: SnmpProfile,
  columns: ReadonlyMap<string, Column>,
  look: Look,
): PduReading["totals"] | undefined {
  const watts = totalWatts(profile.totalWatts ?? [], columns, look);
  const amps = profile.lineAmps ? lines(profile.lineAmps, columns, look) : [];
  if (watts === undefined && amps.length === 0) return undefined;
  return { ...(watts !== undefined && { watts }), ...(amps.length > 0 && { amps }) };
}

function totalWatts(
  meters: readonly Meter[],
  columns: ReadonlyMap<string, Column>,
  look: Look,
): number | undefined {
  for (const meter of meters) {
    const column = columnOf(meter);
    const values = rowsOf({ ...meter, oid: column }, columns).map((row) =>
      meterAt({ ...meter, oid: column }, row, look),
    );
    const metered = values.filter((value) => value !== undefined);
    if (metered.length > 0) return metered.reduce((sum, value) => sum + value, 0);
  }
  return undefined;
}

function lines(meter: LineAmps, columns: ReadonlyMap<string, Column>, look: Look) {
  const { where, names } = meter;
  const amps: { phase: string; amps: number }[] = [];
  for (const row of rowsOf(meter, columns)) {
    const kind = where && cellNumber(look(`${where.oid}.${row}`));
    if (where && (kind === undefined || !where.is.includes(kind))) continue;
    const value = meterAt(meter, row, look);
    const name = names === undefined ? undefined : cellText(look(`${names}.${row}`));
    if (value !== undefined) amps.push({ phase: name || row, amps: value });
  }
  return amps;
}

/** Instances of a meter's rows, its suffix taken off. */
function rowsOf(meter: Meter, columns: ReadonlyMap<string, Column>): string[] {
  const suffix = meter.suffix ?? "";
  const rows = [...(columns.get(meter.oid)?.keys() ?? [])];
  return rows
    .filter((row) => row.endsWith(suffix))
    .map((row) => row.slice(0, row.length - suffix.length));
}
