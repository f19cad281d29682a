import { printable } from "../../lib/printable.ts";
import type { StateMap } from "../../sdk/snmp-profile.ts";

/**
 * One value of an answer: a number, bytes, an OID as text, or undefined where the agent has no such object. What
 * counts (counters, time ticks) is a number to a meter, and never a state.
 */
export type Cell =
  | number
  | Uint8Array
  | { readonly oid: string }
  | { readonly count: number }
  | undefined;

/** Names are for people; a longer one is no name. */
const MAX_TEXT = 200;
/** States in one text: no PDU has more outlets. */
const MAX_ITEMS = 256;

const UTF_8 = new TextDecoder("utf-8", { fatal: true });
const LATIN_1 = new TextDecoder("latin1");

/** The number in a cell; text that is a plain decimal counts, as some agents answer "1" for 1. */
export function cellNumber(cell: Cell): number | undefined {
  if (typeof cell === "number") return cell;
  if (cell instanceof Uint8Array) {
    const text = rawText(cell).trim();
    return /^-?\d{1,10}$/.test(text) ? Number(text) : undefined;
  }
  return cell !== undefined && "count" in cell ? cell.count : undefined;
}

/** The number in a cell of a meter; some agents answer text with a decimal point. */
export function cellDecimal(cell: Cell): number | undefined {
  if (!(cell instanceof Uint8Array)) return cellNumber(cell);
  const text = rawText(cell).trim();
  return /^-?\d{1,10}(\.\d{1,9})?$/.test(text) ? Number(text) : undefined;
}

/** One of the states that stand in a text with commas between them; the first has number 1. */
export function listItem(cell: Cell, number: number): Cell {
  const item = listItems(cell)[number - 1]?.trim();
  return item === undefined ? undefined : new TextEncoder().encode(item);
}

/** What stands between the commas. */
export function listItems(cell: Cell): string[] {
  const text = cell instanceof Uint8Array ? rawText(cell) : "";
  return text === "" ? [] : text.split(",", MAX_ITEMS);
}

/** The text in a cell, made safe for people; "" where the device has an empty one, undefined where it has none. */
export function cellText(cell: Cell): string | undefined {
  if (cell === undefined) return undefined;
  if (typeof cell === "number") return String(cell);
  if (cell instanceof Uint8Array) return printable(rawText(cell), MAX_TEXT);
  return "oid" in cell ? cell.oid : String(cell.count);
}

/** Octets as people typed them: UTF-8, else Latin-1; padding of NULs and blanks taken off. */
function rawText(octets: Uint8Array): string {
  let text: string;
  try {
    text = UTF_8.decode(octets);
  } catch {
    text = LATIN_1.decode(octets);
  }
  return text.replace(/[\0\s]+$/, "");
}

/** true where the cell holds one of the values; text is compared without regard to case. */
export function cellIs(cell: Cell, values: readonly (number | string)[]): boolean {
  if (typeof cell !== "number" && !(cell instanceof Uint8Array)) return false;
  const number = cellNumber(cell);
  if (number !== undefined && values.includes(number)) return true;
  const text = cell instanceof Uint8Array ? rawText(cell).trim().toLowerCase() : undefined;
  return text !== undefined && values.some((one) => one === text);
}

/** true where bit `bit` of a BITS value is set; bit 0 is the highest of the first octet (RFC 2578, section 7.1.4). */
export function cellBit(cell: Cell, bit: number): boolean | undefined {
  if (!(cell instanceof Uint8Array)) return undefined;
  return ((cell[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0;
}

/** What a state column says. */
export interface CellState {
  readonly state: "on" | "off" | "unknown";
  readonly pending: boolean;
  readonly absent: boolean;
  readonly note?: string;
}

/** Reads a state by its family's map; what is not listed is unknown, and why. */
export function cellState(cell: Cell, map: StateMap): CellState {
  if (cell === undefined)
    return { state: "unknown", pending: false, absent: false, note: "the device gives no state" };
  if (cellIs(cell, map.absent ?? [])) return { state: "unknown", pending: false, absent: true };
  const on = cellIs(cell, map.on);
  const off = cellIs(cell, map.off);
  if (on !== off) return { state: on ? "on" : "off", pending: false, absent: false };
  const seen = cellText(cell) ?? "";
  return {
    state: "unknown",
    pending: cellIs(cell, map.pending ?? []),
    absent: false,
    note: map.notes?.[seen] ?? `the device says "${seen}"`,
  };
}
