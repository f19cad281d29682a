import type { Cell } from "./cell.ts";

/** Tag and length, of a value shorter than 128 octets. */
const HEAD = 2;
/** An INTEGER, as long as most are. */
const NUMBER = 4;

/** Octets that an object takes in an answer (BER, RFC 3417, section 8). */
export function sizeOf(oid: string, cell: Cell): number {
  // The first two numbers share an octet.
  const name = oid.split(".").reduce((sum, arc) => sum + octetsOf(Number(arc)), -1);
  const value = cell instanceof Uint8Array ? cell.length : cell === undefined ? 0 : NUMBER;
  const long = name + value + 2 * HEAD > 127 ? 4 : 0;
  return 3 * HEAD + name + value + long;
}

/** Seven bits go into an octet. */
function octetsOf(arc: number): number {
  if (arc < 128) return 1;
  return arc < 16_384 ? 2 : arc < 2_097_152 ? 3 : 5;
}
