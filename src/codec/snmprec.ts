/**
 * Recorded walks of SNMP agents, one object a line: `OID|type|value`, with the types of ASN.1 (2 INTEGER,
 * 4 OCTET STRING, 5 NULL, 6 OID, 64 IpAddress, 65 Counter32, 66 Gauge32, 67 TimeTicks, 68 Opaque, 70 Counter64). An x
 * behind the type: the value is in hex, as everything is that would not stay on its line. The format of snmpsim, which
 * plays such files, as we do.
 */
import { latin1 } from "../lib/bytes.ts";

/** Numbers that recordings are cut to: a PDU has some thousand objects. */
export const MAX_RECORDED_OBJECTS = 100_000;
const MAX_LINE = 140_000;
const MAX_ARCS = 128;

/** One object as it was on the wire. Octets for 4 and 68, text for 6, 64 and 70 (a decimal), numbers for the others. */
export interface RecordedObject {
  readonly oid: string;
  readonly type: number;
  readonly value: number | string | Uint8Array;
}

const OCTETS = new Set([4, 68]);
const NUMBERS = new Set([2, 65, 66, 67]);

/** One line, without its end. */
export function formatRecorded({ oid, type, value }: RecordedObject): string {
  if (!(value instanceof Uint8Array)) return `${oid}|${type}|${type === 5 ? "" : value}`;
  const plain = value.every((octet) => octet >= 0x20 && octet < 0x7f);
  if (plain) return `${oid}|${type}|${textOf(value)}`;
  const hex = [...value].map((octet) => octet.toString(16).padStart(2, "0")).join("");
  return `${oid}|${type}x|${hex}`;
}

/** The objects of a recording, in its order. Lines that are none are left out. */
export function parseRecording(text: string): RecordedObject[] {
  const found: RecordedObject[] = [];
  for (const line of text.split(/\r?\n/)) {
    const one = line.length > MAX_LINE ? undefined : parseLine(line);
    if (one) found.push(one);
    if (found.length >= MAX_RECORDED_OBJECTS) break;
  }
  return found;
}

function parseLine(line: string): RecordedObject | undefined {
  const [, oid = "", kind, hex, text = ""] = /^\.?([\d.]+)\|(\d{1,2})(x?)\|(.*)$/.exec(line) ?? [];
  if (kind === undefined || !isOid(oid)) return undefined;
  const type = Number(kind);
  const octets = hex ? fromHex(text) : undefined;
  if (hex && octets === undefined) return undefined;
  if (OCTETS.has(type)) return { oid, type, value: octets ?? latin1(text) };
  if (type === 5) return { oid, type, value: "" };
  const value = octets ? textOf(octets) : text;
  if (WELL_FORMED.get(type)?.(value) !== true) return undefined;
  return { oid, type, value: NUMBERS.has(type) ? Number(value) : value };
}

/** Octets as text. A line is longer than what may be spread into one call. */
function textOf(octets: Uint8Array): string {
  let text = "";
  for (const octet of octets) text += String.fromCharCode(octet);
  return text;
}

function isOid(text: string): boolean {
  const arcs = text.split(".", MAX_ARCS + 1);
  if (arcs.length < 2 || arcs.length > MAX_ARCS || !/^[0-2]$/.test(arcs[0] ?? "")) return false;
  return arcs.every((arc) => /^\d{1,10}$/.test(arc) && Number(arc) < 2 ** 32);
}

function fromHex(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) return undefined;
  return Uint8Array.from({ length: text.length / 2 }, (_, i) =>
    Number.parseInt(text.slice(2 * i, 2 * i + 2), 16),
  );
}

const isNumber = (text: string): boolean => /^-?\d{1,10}$/.test(text);

const isAddress = (text: string): boolean =>
  /^(\d{1,3}\.){3}\d{1,3}$/.test(text) && text.split(".").every((octet) => Number(octet) < 256);

/** What the values of each type look like. */
const WELL_FORMED: ReadonlyMap<number, (text: string) => boolean> = new Map([
  ...[...NUMBERS].map((type) => [type, isNumber] as const),
  [6, (text: string) => isOid(text.replace(/^\./, ""))],
  [64, isAddress],
  [70, (text: string) => /^\d{1,20}$/.test(text)],
]);
