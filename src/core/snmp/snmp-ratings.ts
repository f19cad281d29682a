import type { PduReading } from "../../sdk/power.ts";
import type { SnmpProfile } from "../../sdk/snmp-profile.ts";
import { type Cell, cellDecimal, cellText } from "./cell.ts";
import { isScalar } from "./outlet-places.ts";
import { type Look, rounded } from "./snmp-outlets.ts";
import type { Column } from "./snmp-walk.ts";

/** What an inlet can be rated for, in A. Anything else is another unit, or a setting that nobody has made. */
const LEAST = 1;
const MOST = 600;

type Totals = NonNullable<PduReading["totals"]>;

/** Rated currents of the inlets, by the names that their currents have where there is one a line. */
export function ratingsOf(
  profile: SnmpProfile,
  seen: { readonly columns: ReadonlyMap<string, Column>; readonly look: Look },
): Totals["rated"] {
  const { ratedAmps, lineAmps } = profile;
  if (ratedAmps === undefined) return undefined;
  const { oid, scale = 1, perLine } = ratedAmps;
  const rows = isScalar(oid) ? [["0", seen.look(oid)] as const] : (seen.columns.get(oid) ?? []);
  const rated = [...rows].flatMap(([row, cell]) => {
    const amps = ampsIn(cell, scale);
    if (amps === undefined) return [];
    const names = lineAmps?.names;
    const name = names === undefined ? row : cellText(seen.look(`${names}.${row}`)) || row;
    return [{ ...(perLine && { phase: name }), amps }];
  });
  return rated.length > 0 ? rated : undefined;
}

/** A number in the family's unit, or a text that says its own: "32A" (PDU2-MIB inletRatedCurrent). */
function ampsIn(cell: Cell, scale: number): number | undefined {
  const said = cell instanceof Uint8Array ? cellText(cell) : undefined;
  const [, own] = /^(\d{1,3}(?:\.\d{1,2})?) ?A$/.exec(said ?? "") ?? [];
  const raw = cellDecimal(cell);
  const amps = own !== undefined ? Number(own) : raw === undefined ? undefined : raw * scale;
  return amps !== undefined && amps >= LEAST && amps <= MOST ? rounded(amps) : undefined;
}
