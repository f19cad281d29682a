/** Where the objects of an outlet stand in a family of PDUs: the other side of what core/snmp finds. */
import type { MockObject } from "./snmp-agent.ts";

type Values = readonly (number | string)[];

interface MockMeter {
  readonly oid: string;
  readonly scale?: number;
  readonly digits?: string;
  readonly factor?: string;
  readonly suffix?: string;
}

interface MockColumn {
  readonly oid: string;
  readonly values: readonly number[];
}

interface MockWrite {
  readonly oid: string;
  readonly value: number;
  readonly type?: "gauge";
}

/** The part of an SNMP profile that a device of the family needs to be imitated. */
export interface MockFamily {
  readonly match: {
    readonly sysObjectID: readonly string[];
    readonly arc?: { readonly known: readonly number[] } | { readonly below: string };
  };
  readonly index: readonly string[];
  readonly firstIs?: number;
  readonly scalars?: readonly string[];
  readonly units?: readonly number[];
  readonly dictionary?: { readonly names: string };
  readonly only?: MockColumn;
  readonly padding?: { readonly count: string; readonly states: readonly number[] };
  readonly name?: string;
  readonly nameUntil?: string;
  readonly label?: string;
  readonly unit?: string;
  readonly read: {
    readonly oid: string;
    readonly on: Values;
    readonly off: Values;
    readonly pending?: Values;
    readonly absent?: Values;
    readonly list?: true;
  };
  readonly sensed?: { readonly oid: string; readonly on: Values; readonly off: Values };
  readonly believedIf?: { readonly oid: string; readonly matches: RegExp };
  readonly pending?: MockColumn;
  readonly locked?: MockColumn;
  readonly write?: {
    readonly on: MockWrite;
    readonly off: MockWrite;
    readonly cycle?: MockWrite;
    readonly unlock?: MockWrite;
    readonly unlessAny?: MockColumn;
  };
  readonly serial?: string;
  readonly model?: string;
  readonly outletWatts?: MockMeter;
}

/** Where a model's own number is asked for, this one has 43. */
const MODEL = "43";
/** Variables of one outlet stand together; nothing computes their rows. */
const FIRST_VARIABLE = 158;
const VARIABLES_EACH = 9;

/** Instances of the first outlets of a device; a chain's first unit is 0 where the family counts straps. */
export function instancesOf(family: MockFamily, outlets: number): string[] {
  return Array.from({ length: outlets }, (_, i) => {
    if (family.scalars) return family.scalars[i] ?? "";
    if (family.dictionary) return `2.${FIRST_VARIABLE + i * VARIABLES_EACH}`;
    const outlet = i + 1 - (family.firstIs ?? 0);
    const counted = family.index.includes("outlet") ? "outlet" : family.index.at(-1);
    return family.index
      .map((part) => {
        if (part === counted) return outlet;
        if (part === "mac") return "12.48.48.69.68.51.48.48.65.68.50.49";
        if (part === "strap") return 0;
        return family.units?.[0] ?? 1;
      })
      .join(".");
  });
}

/** OID of an outlet's object. */
export function placeOf(family: MockFamily, column: string, instance: string, n: number): string {
  return withArc(family, unbound(column, instance, n));
}

function unbound(column: string, instance: string, n: number): string {
  const [table = column, word] = column.split("#");
  if (word !== undefined) return `${table}.2.${rowOf(instance, word)}`;
  if (column.includes("{n"))
    return column.replace("{n}", String(n)).replace("{n+1}", String(n + 1));
  if (column.endsWith(".0")) return column;
  if (!column.includes("{0}")) return `${column}.${instance}`;
  const [unit = "", ...rest] = instance.split(".");
  return [column.replace("{0}", unit), ...rest].join(".");
}

/** What is not an outlet's: a scalar, or the first row of a column. */
export function scalarOf(family: MockFamily, oid: string): string {
  const first = oid.endsWith(".0") ? oid : `${oid}.1`;
  return withArc(family, first.replace("{0}", String(family.units?.[0] ?? 1)));
}

/** The number that stands for `*` in this device's tree. */
export function withArc(family: MockFamily, oid: string): string {
  const { arc } = family.match;
  return oid.replace("*", arc && "known" in arc ? String(arc.known[0]) : MODEL);
}

const WORDS = [".DescName", ".Status"];

const rowOf = (instance: string, word: string): number =>
  Number(instance.split(".").at(-1)) + 1 + WORDS.indexOf(word);

/** The names of an outlet's variables. */
export function variablesOf(
  family: MockFamily,
  instance: string,
  n: number,
): [string, MockObject][] {
  const { dictionary } = family;
  if (!dictionary) return [];
  const prefix = `Sockets.Socket ${String(n).padStart(2, "0")}.General`;
  const names: [string, string][] = [
    [`${dictionary.names}.${instance}`, `${prefix}.Relay`],
    ...WORDS.map((word): [string, string] => [
      `${dictionary.names}.2.${rowOf(instance, word)}`,
      `${prefix}${word}`,
    ]),
  ];
  return names.map(([oid, value]) => [oid, { type: "string", value }]);
}

/** Rows behind the last outlet, where tables are padded. */
const GHOSTS = 3;
const BLANK: MockObject = { type: "string", value: "\0\0" };

/** Rows that a padded table has and the device has not. */
export function ghostsOf(family: MockFamily, outlets: number): [string, MockObject][] {
  const { read, padding, name } = family;
  const value = read.absent?.[0] ?? padding?.states[0];
  if (typeof value !== "number" || read.list || family.dictionary) return [];
  return instancesOf(family, outlets + GHOSTS).flatMap((instance, i): [string, MockObject][] => {
    if (i < outlets || instance === "") return [];
    const state: MockObject = { type: "integer", value };
    const ghost: [string, MockObject][] = [[placeOf(family, read.oid, instance, i + 1), state]];
    if (name) ghost.push([placeOf(family, name, instance, i + 1), BLANK]);
    return ghost;
  });
}

/** A meter whose readings stand in a column of their own. */
export function plainMeter(meter: MockMeter | undefined): MockMeter | undefined {
  const plain = [meter?.suffix, meter?.digits, meter?.factor].every((part) => part === undefined);
  return plain ? meter : undefined;
}
