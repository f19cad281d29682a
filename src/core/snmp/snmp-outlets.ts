import type { Millis } from "../../lib/clock.ts";
import type { OutletReading } from "../../sdk/power.ts";
import type { Meter, SnmpProfile } from "../../sdk/snmp-profile.ts";
import {
  type Cell,
  type CellState,
  cellBit,
  cellDecimal,
  cellIs,
  cellNumber,
  cellState,
  cellText,
  listItem,
} from "./cell.ts";
import { numberOf, type Place } from "./outlet-places.ts";

/** Gives the cell of an object, undefined where it was not found. */
export type Look = (oid: string) => Cell;

/** What was read of a device: cells by OID, and where an outlet's stand. */
export interface Seen {
  readonly look: Look;
  readonly place: Place;
  /** Number of chained units; labels depend on it. */
  readonly units: number;
  /** What is printed beside the outlet, where neither a column nor the instance tells. */
  readonly printed?: (instance: string) => string | undefined;
}

/** One kind of object that each outlet has. The suffix stands behind the instance. */
export interface OutletObject {
  readonly column: string;
  readonly suffix: string;
}

/** No device delays longer than this; larger numbers are nonsense and would let us wait for ever. */
const MAX_DELAY: Millis = 300_000;

/** All that is read of an outlet. */
export function outletObjects(profile: SnmpProfile): OutletObject[] {
  const { read, delays } = profile;
  const columns = [
    read.oid,
    profile.sensed?.oid,
    profile.believedIf?.oid,
    ...(profile.remarks ?? []).map(({ oid }) => oid),
    profile.pending?.oid,
    profile.name,
    profile.label,
    profile.unit,
    profile.only?.oid,
    profile.switchable?.oid,
    profile.locked?.oid,
    delays?.on,
    delays?.off,
    delays?.cycle,
  ];
  const meters = [profile.outletAmps, profile.outletWatts].flatMap((meter) =>
    [meter?.oid, meter?.digits, meter?.factor].map((column) => ({ column, suffix: meter?.suffix })),
  );
  const objects = new Map<string, OutletObject>();
  for (const { column, suffix = "" } of [
    ...columns.map((column) => ({ column, suffix: "" })),
    { column: read.otherwise?.oid, suffix: read.otherwise?.suffix },
    ...meters,
  ])
    if (column !== undefined) objects.set(`${column} ${suffix}`, { column, suffix });
  return [...objects.values()];
}

/** OIDs of one outlet's objects. */
export function objectsAt(
  objects: readonly OutletObject[],
  place: Place,
  instance: string,
): string[] {
  return objects.flatMap(({ column, suffix }) => {
    const oid = place(column, instance);
    return oid === undefined ? [] : [`${oid}${suffix}`];
  });
}

/** One outlet out of what was read; undefined where the row is a ghost. */
export function outletAt(
  profile: SnmpProfile,
  instance: string,
  seen: Seen,
): OutletReading | undefined {
  const at = (column: string | undefined, suffix = ""): Cell => {
    const oid = column === undefined ? undefined : seen.place(column, instance);
    return oid === undefined ? undefined : seen.look(`${oid}${suffix}`);
  };
  if (profile.only && !cellIs(at(profile.only.oid), profile.only.values)) return undefined;
  const state = believed(profile, stateAt(profile, instance, at), at);
  if (state.absent) return undefined;
  const name = nameAt(profile, at);
  const refuses = refusal(profile, at);
  const delays = delaysAt(profile, at);
  const amps = profile.outletAmps && meterAt(profile.outletAmps, at);
  const watts = profile.outletWatts && meterAt(profile.outletWatts, at);
  return {
    instance,
    label: labelAt(profile, instance, at, seen),
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

/** Gives the cell of one outlet in a column. */
type At = (column: string | undefined, suffix?: string) => Cell;

function stateAt(profile: SnmpProfile, instance: string, at: At): CellState {
  const { read } = profile;
  const whole = at(read.oid);
  const cell = read.list ? listItem(whole, numberOf(profile, instance) ?? 0) : whole;
  const { otherwise } = read;
  const elsewhere = cell === undefined || cellIs(cell, otherwise?.when ?? []);
  if (otherwise === undefined || !elsewhere) return cellState(cell, read);
  return cellState(at(otherwise.oid, otherwise.suffix), otherwise.map ?? read);
}

/** The state with what speaks against it, and what else the device says. */
function believed(profile: SnmpProfile, told: CellState, at: At): CellState {
  const { believedIf, sensed, remarks = [] } = profile;
  if (told.absent) return told;
  const doubted = (note: string): CellState => ({ ...told, state: "unknown", note });
  if (believedIf && !believedIf.matches.test(cellText(at(believedIf.oid)) ?? ""))
    return doubted(believedIf.note);
  const remark = remarks.find(
    ({ oid, values, against = told.state }) => against === told.state && cellIs(at(oid), values),
  );
  if (remark?.doubt) return doubted(remark.note);
  const compared = sensed && told.state !== "unknown" && at(sensed.oid) !== undefined;
  const senses = compared ? cellState(at(sensed.oid), sensed) : told;
  if (senses.state !== told.state)
    return doubted(`told ${told.state}, senses ${senses.note ?? senses.state}`);
  return remark && told.note === undefined ? { ...told, note: remark.note } : told;
}

/** What a person called it. */
export function nameAt(profile: SnmpProfile, at: At): string | undefined {
  const name = cellText(at(profile.name));
  const { nameUntil } = profile;
  return nameUntil === undefined ? name : name?.split(nameUntil)[0];
}

/** What is printed on the device; the outlet's number in the instance where no column tells. */
function labelAt(profile: SnmpProfile, instance: string, at: At, seen: Seen): string {
  const label = cellText(at(profile.label)) || numberIn(profile, instance, seen);
  const unit = seen.units > 1 ? cellText(at(profile.unit)) : undefined;
  return unit === undefined ? label : `${unit}:${label}`;
}

function numberIn(profile: SnmpProfile, instance: string, seen: Seen): string {
  const number = seen.printed?.(instance) ?? numberOf(profile, instance);
  if (number !== undefined) return String(number);
  const arcs = instance.split(".");
  const arc = (profile.index[0] === "outlet" ? arcs[0] : arcs.at(-1)) ?? instance;
  return profile.firstIs === undefined ? arc : String(Number(arc) + profile.firstIs);
}

function refusal(profile: SnmpProfile, at: At): string | undefined {
  if (profile.write === undefined) {
    const { readOnlyBecause: why, unproven } = profile;
    const told = why === undefined ? "read only" : `read only: ${why}`;
    return unproven ? `${told} ("oob pdu map --prove" settles it)` : told;
  }
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

function delaysAt(profile: SnmpProfile, at: At) {
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
export function meterAt(meter: Meter, at: At): number | undefined {
  const raw = cellDecimal(at(meter.oid, meter.suffix));
  if (raw === undefined || raw < 0 || meter.absent?.includes(raw)) return undefined;
  const scaled = raw * (meter.scale ?? 1);
  if (meter.digits !== undefined) {
    const digits = cellNumber(at(meter.digits, meter.suffix));
    // More digits than a reading can have: the two columns do not belong together.
    return digits === undefined || digits < 0 || digits > 9
      ? undefined
      : rounded(scaled / 10 ** digits);
  }
  if (meter.factor === undefined) return rounded(scaled);
  const factor = cellNumber(at(meter.factor, meter.suffix));
  if (factor === undefined) return undefined;
  return rounded(factor < 0 ? scaled / -factor : scaled * Math.max(factor, 1));
}

/** Takes off what binary fractions add: 3.0900000000000003 A. */
export const rounded = (value: number): number => Math.round(value * 1e6) / 1e6;
