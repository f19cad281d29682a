import type { Millis } from "../../lib/clock.ts";
import type { OutletReading } from "../../sdk/power.ts";
import type { Meter, SnmpProfile } from "../../sdk/snmp-profile.ts";
import { type Cell, cellBit, cellIs, cellNumber, cellState, cellText } from "./cell.ts";

/** Gives the cell of an object, undefined where it was not found. */
export type Look = (oid: string) => Cell;

/** No device delays longer than this; larger numbers are nonsense and would let us wait for ever. */
const MAX_DELAY: Millis = 300_000;

/** Columns that hold one row an outlet and are walked: those without a suffix behind the instance. */
export function outletColumns(profile: SnmpProfile): string[] {
  const { read, delays } = profile;
  const wanted = [
    read.oid,
    profile.pending?.oid,
    profile.name,
    profile.label,
    profile.unit,
    profile.switchable?.oid,
    profile.locked?.oid,
    delays?.on,
    delays?.off,
    delays?.cycle,
    ...[profile.outletAmps, profile.outletWatts].flatMap((meter) =>
      meter && meter.suffix === undefined ? [meter.oid, meter.digits] : [],
    ),
  ];
  return [...new Set(wanted.filter((oid) => oid !== undefined))];
}

/** Objects of one outlet that lie behind a suffix: sensors. */
export function outletSensors(profile: SnmpProfile, instance: string): string[] {
  const sensors = [profile.outletAmps, profile.outletWatts].flatMap((meter) =>
    meter?.suffix === undefined ? [] : meterOids(meter, instance),
  );
  const { otherwise } = profile.read;
  return otherwise ? [`${otherwise.oid}.${instance}${otherwise.suffix}`, ...sensors] : sensors;
}

function meterOids(meter: Meter, instance: string): string[] {
  const row = `${instance}${meter.suffix ?? ""}`;
  return meter.digits === undefined
    ? [`${meter.oid}.${row}`]
    : [`${meter.oid}.${row}`, `${meter.digits}.${row}`];
}

/** One outlet out of what was read; undefined where the row is a ghost. */
export function outletAt(
  profile: SnmpProfile,
  instance: string,
  look: Look,
  units: number,
): OutletReading | undefined {
  const at = (column: string | undefined): Cell =>
    column === undefined ? undefined : look(`${column}.${instance}`);
  const state = stateAt(profile, instance, look);
  if (state.absent) return undefined;
  const name = cellText(at(profile.name));
  const refuses = refusal(profile, at);
  const delays = delaysAt(profile, at);
  const amps = meterAt(profile.outletAmps, instance, look);
  const watts = meterAt(profile.outletWatts, instance, look);
  return {
    instance,
    label: labelAt(profile, instance, at, units),
    ...(name !== undefined && { name }),
    state: state.state,
    pending:
      state.pending ||
      (profile.pending !== undefined && cellIs(at(profile.pending.oid), profile.pending.values)),
    ...(state.note !== undefined && { note: state.note }),
    ...(refuses !== undefined && { refuses }),
    ...(delays && { delays }),
    ...(amps !== undefined && { amps }),
    ...(watts !== undefined && { watts }),
  };
}

function stateAt(profile: SnmpProfile, instance: string, look: Look) {
  const { read } = profile;
  const cell = look(`${read.oid}.${instance}`);
  if (cell !== undefined || read.otherwise === undefined) return cellState(cell, read);
  return cellState(look(`${read.otherwise.oid}.${instance}${read.otherwise.suffix}`), read);
}

/** What is printed on the device; the last number of the instance where no column tells. */
function labelAt(
  profile: SnmpProfile,
  instance: string,
  at: (column: string | undefined) => Cell,
  units: number,
): string {
  const label = cellText(at(profile.label)) || (instance.split(".").at(-1) ?? instance);
  const unit = units > 1 ? cellText(at(profile.unit)) : undefined;
  return unit === undefined ? label : `${unit}:${label}`;
}

function refusal(profile: SnmpProfile, at: (column: string | undefined) => Cell) {
  if (profile.write === undefined) return "this family can only be read";
  if (profile.locked && cellIs(at(profile.locked.oid), profile.locked.values)) return "locked";
  const { switchable } = profile;
  const cell = at(switchable?.oid);
  if (switchable === undefined || cell === undefined) return undefined;
  const can =
    switchable.bit === undefined
      ? cellIs(cell, switchable.yes ?? [])
      : cellBit(cell, switchable.bit);
  return can === false ? "not switchable" : undefined;
}

function delaysAt(profile: SnmpProfile, at: (column: string | undefined) => Cell) {
  const { delays } = profile;
  if (delays === undefined) return undefined;
  const one = (column: string | undefined) => {
    const value = cellNumber(at(column));
    return value !== undefined && value > 0
      ? Math.min(value * delays.unitMs, MAX_DELAY)
      : undefined;
  };
  const [on, off, cycle] = [one(delays.on), one(delays.off), one(delays.cycle)];
  if (on === undefined && off === undefined && cycle === undefined) return undefined;
  return {
    ...(on !== undefined && { on }),
    ...(off !== undefined && { off }),
    ...(cycle !== undefined && { cycle }),
  };
}

/** A meter's reading in SI units; undefined where it is not metered. Absent is not zero. */
export function meterAt(meter: Meter | undefined, row: string, look: Look): number | undefined {
  if (meter === undefined) return undefined;
  const instance = `${row}${meter.suffix ?? ""}`;
  const raw = cellNumber(look(instance === "" ? meter.oid : `${meter.oid}.${instance}`));
  if (raw === undefined || raw < 0 || meter.absent?.includes(raw)) return undefined;
  if (meter.digits === undefined) return rounded(raw * (meter.scale ?? 1));
  const digits = cellNumber(look(`${meter.digits}.${instance}`));
  // More digits than a reading can have: the two columns do not belong together.
  return digits === undefined || digits < 0 || digits > 9 ? undefined : rounded(raw / 10 ** digits);
}

/** Takes off what binary fractions add: 3.0900000000000003 A. */
const rounded = (value: number): number => Math.round(value * 1e6) / 1e6;
