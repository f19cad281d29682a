/**
 * What a device without a serial number is known by: the hardware address of its first interface that has one (IF-MIB
 * ifPhysAddress), else its engine ID (SNMP-FRAMEWORK-MIB snmpEngineID, RFC 3411: no two agents have the same).
 */
import { type ErrorCode, OobError } from "../../lib/errors.ts";
import { type Cell, cellText } from "./cell.ts";
import type { SnmpSession } from "./snmp-session.ts";

const PHYSICAL_ADDRESS = "1.3.6.1.2.1.2.2.1.6";
const ENGINE_ID = "1.3.6.1.6.3.10.2.1.1";
/** Hardware addresses of Ethernet, and EUI-64. */
const ADDRESS_BYTES = [6, 8];
/** RFC 3411, SnmpEngineID: 5 to 32 octets. */
const ENGINE_BYTES = { least: 5, most: 32 };
/** IEEE 802: set in addresses that software made up, which may be others after the next start. */
const LOCAL_BIT = 0x02;
const WITHOUT: ReadonlySet<ErrorCode> = new Set(["PDU_REFUSED", "PDU_SILENT"]);
const TEXT_ADDRESS = /^[0-9a-f]{2}([:-][0-9a-f]{2}){5}$/i;

/** One object that tells a device from another, and what it said. */
export interface Mark {
  readonly oid: string;
  /** "mac 00:c0:b7:5e:10:4a" */
  readonly text: string;
}

/** Looks for one; undefined where the device has none, or will not be asked for it. */
export async function findMark(session: SnmpSession): Promise<Mark | undefined> {
  try {
    const { rows, first } = await session.walk([PHYSICAL_ADDRESS], [ENGINE_ID]);
    const column = rows.get(PHYSICAL_ADDRESS) ?? new Map<string, Cell>();
    for (const [row, cell] of column) {
      const oid = `${PHYSICAL_ADDRESS}.${row}`;
      const text = markIn(oid, cell);
      if (text !== undefined) return { oid, text };
    }
    const [engine] = first;
    const text = engine && markIn(engine.oid, engine.cell);
    return engine && text !== undefined ? { oid: engine.oid, text } : undefined;
  } catch (error) {
    // An agent that fails at these tables, or is silent, may give its outlets all the same.
    if (error instanceof OobError && WITHOUT.has(error.code)) return undefined;
    throw error;
  }
}

/** The mark that an object gives; undefined where it says nothing. */
export function markIn(oid: string, cell: Cell): string | undefined {
  if (!(cell instanceof Uint8Array)) return undefined;
  if (oid.startsWith(`${ENGINE_ID}.`)) {
    const fits = cell.length >= ENGINE_BYTES.least && cell.length <= ENGINE_BYTES.most;
    return fits && saysSomething(cell) ? `engine ${hex(cell, "")}` : undefined;
  }
  const text = cellText(cell) ?? "";
  if (TEXT_ADDRESS.test(text)) {
    const bytes = Uint8Array.from(text.split(/[:-]/), (two) => Number.parseInt(two, 16));
    return markIn(oid, bytes);
  }
  const own = ((cell[0] ?? 0) & LOCAL_BIT) === 0;
  const fits = ADDRESS_BYTES.includes(cell.length) && own && saysSomething(cell);
  return fits ? `mac ${hex(cell, ":")}` : undefined;
}

/** true where a mark is the one that somebody has written down, however that was put. */
export function isMark(wanted: string, mark: string | undefined): boolean {
  const plain = (text: string) =>
    text
      .toLowerCase()
      .replace(/^(?:mac|engine) /, "")
      .replace(/[:\-.\s]/g, "");
  return mark !== undefined && plain(wanted) === plain(mark);
}

const saysSomething = (bytes: Uint8Array): boolean => new Set(bytes).size > 1;

const hex = (bytes: Uint8Array, between: string): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(between);
