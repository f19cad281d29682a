import type { PduReading } from "../../sdk/power.ts";
import type { Meter, SnmpProfile } from "../../sdk/snmp-profile.ts";
import { columnOf } from "./outlet-places.ts";
import { meterAt } from "./snmp-outlets.ts";
import type { SnmpSession } from "./snmp-session.ts";
import type { Layout } from "./snmp-tables.ts";
import { eachOf, linesOf, sumOf } from "./snmp-totals.ts";

/** A reading with what is asked for only by those who look at the whole device: energy, banks, single units. */
export async function readEnergy(
  session: SnmpSession,
  profile: SnmpProfile,
  tables: Layout | undefined,
  reading: PduReading,
): Promise<PduReading> {
  const { outletKwh, totalKwh = [], totalWatts = [], bankAmps } = profile;
  if (tables === undefined || profile.dictionary) return reading;
  const outlets = outletKwh
    ? await outletsKwh(session, outletKwh, tables, reading)
    : reading.outlets;
  const meters = [...totalKwh, ...(totalKwh.length > 0 ? totalWatts : [])];
  const { rows: columns, cells } = await session.walk(
    columnsOf([...meters, ...(bankAmps ? [bankAmps] : [])], bankAmps?.names),
  );
  const seen = { columns, look: (oid: string) => cells.get(oid) };
  const kwh = sumOf(totalKwh, seen);
  const banks = bankAmps
    ? linesOf(bankAmps, seen).map(({ phase, amps }) => ({ bank: phase, amps }))
    : [];
  const units = new Map<string, { watts?: number; kwh?: number }>();
  for (const { row, value } of eachOf(totalKwh, seen)) units.set(row, { kwh: value });
  for (const { row, value } of meters.length > 0 ? eachOf(totalWatts, seen) : [])
    units.set(row, { watts: value, ...units.get(row) });
  const totals = {
    ...reading.totals,
    ...(kwh !== undefined && { kwh }),
    ...(banks.length > 0 && { banks }),
    ...(units.size > 1 && { units: [...units].map(([unit, meter]) => ({ unit, ...meter })) }),
  };
  return { ...reading, outlets, ...(Object.keys(totals).length > 0 && { totals }) };
}

function columnsOf(meters: readonly Meter[], names: string | undefined): string[] {
  const all = meters.flatMap(({ oid, digits, where }) => [columnOf(oid), digits, where?.oid]);
  return [...new Set([...all, names].filter((oid) => oid !== undefined))];
}

async function outletsKwh(
  session: SnmpSession,
  meter: Meter,
  { place }: Layout,
  { outlets }: PduReading,
): Promise<PduReading["outlets"]> {
  const { suffix = "" } = meter;
  const at = (column: string | undefined, instance: string) => {
    const oid = column === undefined ? undefined : place(column, instance);
    return oid === undefined ? [] : [`${oid}${suffix}`];
  };
  const wanted = outlets.flatMap(({ instance }) => [
    ...at(meter.oid, instance),
    ...at(meter.digits, instance),
  ]);
  const cells = await session.get(wanted);
  return outlets.map((outlet) => {
    const kwh = meterAt(meter, (column) => cells.get(at(column, outlet.instance)[0] ?? ""));
    return kwh === undefined ? outlet : { ...outlet, kwh };
  });
}
