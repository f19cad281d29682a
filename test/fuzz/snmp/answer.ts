/** What an agent puts into an answer, in the terms of the library, and how a fuzzer makes odd ones. */
import snmp from "net-snmp";
import type { SnmpProfile } from "../../../src/sdk/snmp-profile.ts";

/** One object of an answer, as the library hands it out. */
export interface Varbind {
  readonly oid: string;
  readonly type: number;
  readonly value: unknown;
}

/** An object without its place. */
export type Value = Omit<Varbind, "oid">;

const { ObjectType } = snmp;
export const integer = (value: number): Value => ({ type: ObjectType.Integer, value });
export const text = (value: string): Value => ({
  type: ObjectType.OctetString,
  value: Buffer.from(value, "latin1"),
});
export const NO_MORE: Value = { type: ObjectType.EndOfMibView, value: null };
export const NONE: Value = { type: ObjectType.NoSuchInstance, value: null };

const NASTY_NUMBERS = [0, -1, 2147483647, -2147483648, 4294967295, 65535, 255, 1e6, 99] as const;
const NASTY_TEXTS = [
  "",
  "\0\0",
  "on",
  "OFF",
  " on ",
  "Ready",
  "1.5",
  "-0",
  "0x1",
  "1e0",
  "1,0,1",
  "1,,0",
  "\xff\xfe1",
  "\x1b[2J",
  "7 8",
  `${"9".repeat(40)}`,
  "A".repeat(300),
  ",".repeat(400),
  "Sockets.Socket 01.General.Relay",
  "\xc21",
] as const;

/** A number that the family gives a meaning, or one beside it. */
export function number(pick: (below: number) => number): number {
  return pick(3) === 0 ? (NASTY_NUMBERS[pick(NASTY_NUMBERS.length)] ?? 0) : pick(24) - 2;
}

/** Text in which a state may seem to stand. */
export function words(profile: SnmpProfile, pick: (below: number) => number): string {
  const { on, off } = profile.read;
  const meant = [...on, ...off].map(String);
  const kind = pick(4);
  if (kind === 0) return String(pick(24) - 2);
  if (kind === 1) return meant[pick(meant.length)] ?? "";
  if (kind === 2) return String.fromCharCode(...Array.from({ length: pick(6) }, () => pick(256)));
  return NASTY_TEXTS[pick(NASTY_TEXTS.length)] ?? "";
}

/** A type in which no state stands, with a value that would be one. */
export function wrongType(value: number, pick: (below: number) => number): Value {
  const wide = Buffer.alloc(8);
  wide[7] = value & 255;
  const all: readonly Value[] = [
    { type: ObjectType.Counter, value },
    { type: ObjectType.TimeTicks, value },
    { type: ObjectType.Counter64, value: pick(2) === 0 ? wide : Buffer.of(value & 255) },
    { type: ObjectType.IpAddress, value: `${value & 255}.0.0.0` },
    { type: ObjectType.Opaque, value: Buffer.from(String(value)) },
    { type: ObjectType.OID, value: String(value) },
    { type: ObjectType.Null, value: null },
    { type: ObjectType.Boolean, value: value > 0 },
    { type: ObjectType.NoSuchObject, value: null },
    NONE,
    NO_MORE,
  ];
  return all[pick(all.length)] ?? NONE;
}
