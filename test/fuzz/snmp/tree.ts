/** The objects of a device of every family, and what a fuzzer makes of them. */
import { compareOids } from "../../../mocks/oid-order.ts";
import type { MockObject } from "../../../mocks/snmp-agent.ts";
import { instancesOf, placeOf, scalarOf, withArc } from "../../../mocks/snmp-family.ts";
import { MockSnmpPdu } from "../../../mocks/snmp-pdu.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import type { SnmpProfile } from "../../../src/sdk/snmp-profile.ts";
import { integer, NO_MORE, NONE, number, text, type Value, words, wrongType } from "./answer.ts";

const OUTLETS = 3;
/** Rows beside those that the device has. */
const MORE_ROWS = 2;
const MAX_KNOWN = 4096;
const SUFFIXES = ["", ".1", ".5", ".14"] as const;

/** A family's device as it is before anything is wrong, and every place at which something could stand. */
export interface Device {
  readonly name: string;
  readonly profile: SnmpProfile;
  /** OIDs in order; most of them are empty at first. */
  readonly oids: readonly string[];
  readonly at: ReadonlyMap<string, number>;
  /** By an OID that is no place: the first place behind it, where that was asked before. */
  readonly behind: Map<string, number>;
  readonly values: readonly (Value | undefined)[];
  /** Places of one column, row by row. */
  readonly columns: readonly (readonly number[])[];
  readonly instances: readonly string[];
}

/** Builds one from the mock of the family: outlet 2 is off. */
export async function deviceOf(name: string, profile: SnmpProfile): Promise<Device> {
  const mock = await MockSnmpPdu.start({ family: profile, outlets: OUTLETS, clock: systemClock });
  for (const [n, instance] of mock.instances.entries())
    if (n % 2 === 1) mock.press(instance, "off");
  const objects = new Map(mock.objects().map(([oid, object]) => [oid, asAnswered(object)]));
  await mock.close();
  const instances = instancesOf(profile, OUTLETS + MORE_ROWS);
  const places = columnsIn(profile).map((column) => placesIn(profile, column, instances));
  const oids = [...new Set([...objects.keys(), ...places.flat()])].sort(compareOids);
  const at = new Map(oids.map((oid, n) => [oid, n]));
  return {
    ...{ name, profile, oids, at, instances, behind: new Map() },
    values: oids.map((oid) => objects.get(oid)),
    columns: places.map((column) => column.map((oid) => at.get(oid) ?? 0)),
  };
}

function asAnswered({ type, value }: MockObject): Value {
  if (type === "oid") return { type: 6, value };
  return typeof value === "number" ? integer(value) : text(String(value));
}

/** Every OID that a profile names. */
function columnsIn(value: unknown): string[] {
  if (typeof value === "string")
    return /^1\.3\.6\.1\.[\d.*{}n+]+(#\.\w+)?$/.test(value) ? [value] : [];
  if (typeof value !== "object" || value === null || value instanceof RegExp) return [];
  return [...new Set(Object.values(value).flatMap(columnsIn))];
}

function placesIn(profile: SnmpProfile, column: string, instances: readonly string[]): string[] {
  if (column.endsWith(".0") && !column.includes("{n")) return [withArc(profile, column)];
  const rows = [...instances, ...instances.slice(0, 2).map(otherUnit)];
  const suffixed = JSON.stringify(profile).includes('"suffix"') ? SUFFIXES : [""];
  return [
    ...rows.flatMap((row, n) =>
      suffixed.map((suffix) => `${placeOf(profile, column, row, n + 1)}${suffix}`),
    ),
    ...(column.includes("{") || column.includes("#") ? [] : [scalarOf(profile, column)]),
  ];
}

/** The same outlet of the next unit in a chain. */
const otherUnit = (instance: string): string =>
  instance.includes(".")
    ? instance.replace(/^\d+/, (unit) => String(Number(unit) + 1))
    : `${instance}.1`;

/** A device's objects while it is asked; `change` is what went wrong with it. */
export class Tree {
  readonly device: Device;
  readonly #values: (Value | undefined)[];
  /** A column that never ends. */
  #endless: string | undefined;

  constructor(device: Device) {
    this.device = device;
    this.#values = [...device.values];
  }

  get(oid: string): Value {
    const at = this.device.at.get(oid);
    return (at === undefined ? undefined : this.#values[at]) ?? NONE;
  }

  put(oid: string, value: Value): void {
    const at = this.device.at.get(oid);
    if (at !== undefined) this.#values[at] = value;
  }

  next(oid: string): { readonly oid: string; readonly value: Value } {
    const { oids } = this.device;
    const column = this.#endless;
    // Rows of a column that never ends are no places of the device.
    if (column !== undefined && oid.startsWith(column) && /\.\d{4,}$/.test(oid))
      return { oid: rowBehind(oid), value: integer(1) };
    let at = this.#firstBehind(oid);
    while (at < oids.length && this.#values[at] === undefined) at++;
    const found = oids[at];
    if (
      column !== undefined &&
      `${oid}.`.startsWith(`${column}.`) &&
      !found?.startsWith(`${column}.`)
    )
      return { oid: `${column}.1000`, value: integer(1) };
    const value = this.#values[at];
    return found === undefined || value === undefined
      ? { oid, value: NO_MORE }
      : { oid: found, value };
  }

  #firstBehind(oid: string): number {
    const { at, oids, behind } = this.device;
    const here = at.get(oid);
    if (here !== undefined) return here + 1;
    const known = behind.get(oid);
    if (known !== undefined) return known;
    let [low, high] = [0, oids.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareOids(oids[middle] ?? "", oid) > 0) high = middle;
      else low = middle + 1;
    }
    if (behind.size < MAX_KNOWN) behind.set(oid, low);
    return low;
  }

  /** One fault: what, and where, as the numbers say. */
  change(kind: number, pick: (below: number) => number): void {
    const { columns, profile, oids } = this.device;
    const column = columns[pick(columns.length)] ?? [];
    const place = column[pick(column.length)] ?? 0;
    const { on, off, pending = [], absent = [] } = profile.read;
    const meant = [...on, ...off, ...pending, ...absent];
    const value = meant[pick(meant.length)] ?? 0;
    const values = this.#values;
    switch (kind) {
      case 0:
        values[place] = undefined;
        return;
      case 1:
        values[place] = integer(number(pick));
        return;
      case 2:
        values[place] = text(words(profile, pick));
        return;
      case 3:
        values[place] = wrongType(Number(value) || 0, pick);
        return;
      case 4:
        values[place] = typeof value === "number" ? integer(value) : text(value);
        return;
      case 5:
        for (const one of column) values[one] = undefined;
        return;
      case 6: {
        const other = column[pick(column.length)] ?? 0;
        [values[place], values[other]] = [values[other], values[place]];
        return;
      }
      case 7:
        for (const one of columns) {
          const row = one[pick(3)];
          if (row !== undefined && one.length > 1) values[row] = undefined;
        }
        return;
      case 8:
        for (const one of column) values[one] = integer(number(pick));
        return;
      case 9:
        values[place] = { type: 0x42, value: Math.abs(number(pick)) };
        return;
      default:
        if (pick(64) === 0) this.#endless = oids[place]?.replace(/\.\d+$/, "");
        else values[place] = values[pick(values.length)];
    }
  }
}

const rowBehind = (oid: string): string => oid.replace(/\d+$/, (arc) => String(Number(arc) + 1));
