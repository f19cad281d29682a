/**
 * Objects that say how outlets are built in, not what they do: the printed label, the unit of a chain, delays, whether an
 * outlet can be switched at all, digits of a meter, ratings. They are not asked for at every reading, only after ten minutes, and
 * at once where the device is not as it was: another serial number, model or firmware, other rows, another name of any
 * outlet. In a chain of units they are asked for each time: units can change places there while all of that stays. A
 * reading of a single outlet always asks for all.
 */
import type { Clock, Millis } from "../../lib/clock.ts";
import type { SnmpProfile } from "../../sdk/snmp-profile.ts";
import { type Cell, cellText } from "./cell.ts";
import type { KnownVariables } from "./known-variables.ts";
import type { Place } from "./outlet-places.ts";
import type { Look } from "./snmp-outlets.ts";
import type { Column } from "./snmp-walk.ts";
import type { Walked } from "./table-walks.ts";

const KEPT_FOR: Millis = 600_000;

/** What is kept: columns that were walked, and single objects by their OID. */
export interface Steady {
  readonly rows: ReadonlyMap<string, Column>;
  readonly cells: ReadonlyMap<string, Cell>;
  /** Of a device that has variables instead of tables: where these stood. */
  readonly variables?: KnownVariables | undefined;
}

const NONE: Steady = { rows: new Map(), cells: new Map() };

/** The columns of one device that need not be asked for. */
export class SteadyColumns {
  readonly #clock: Clock;
  #known = NONE;
  #likeness: string | undefined;
  #until: Millis = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What is known, if it is not too old. */
  get known(): Steady {
    return this.#clock.monotonic() < this.#until ? this.#known : NONE;
  }

  /** true where the device is as it was when they were read. */
  holdsFor(likeness: string): boolean {
    return this.known !== NONE && this.#likeness === likeness;
  }

  /** Keeps what was just read of a device that is like this. */
  keep(likeness: string, steady: Steady): void {
    const { rows, cells, variables } = steady;
    this.#known = variables || rows.size + cells.size > 0 ? steady : NONE;
    this.#likeness = likeness;
    this.#until = this.#clock.monotonic() + KEPT_FOR;
  }
}

/** Units of a chain, where the device counts them. */
export function unitsIn(profile: SnmpProfile, columns: ReadonlyMap<string, Column>): number {
  const units = profile.unit === undefined ? undefined : columns.get(profile.unit);
  return new Set([...(units?.values() ?? [])].map((cell) => cellText(cell))).size;
}

/** Columns of a family that are steady; none in a dictionary, whose objects are looked at by name. */
export function steadyOf(profile: SnmpProfile): ReadonlySet<string> {
  const { label, unit, delays, match, read, name, switchable } = profile;
  if (profile.dictionary) return new Set();
  const { outletAmps, outletWatts, totalWatts = [], lineAmps, ratedAmps } = profile;
  const digits = [outletAmps, outletWatts, ...totalWatts, lineAmps].map((meter) => meter?.digits);
  const columns = [
    label,
    unit,
    delays?.on,
    delays?.off,
    delays?.cycle,
    switchable?.oid,
    ratedAmps?.oid,
  ];
  const live = [read.oid, name, ...match.probe];
  const steady = [...columns, ...digits].filter((column) => !live.includes(column));
  return new Set(steady.filter((column) => column !== undefined));
}

/** What has to stay as it was: who the device is, which rows it has, what its outlets are called. */
export function likenessOf(
  profile: SnmpProfile,
  first: Walked["first"],
  rows: readonly string[],
  { look, place }: { readonly look: Look; readonly place: Place },
): string {
  const names = rows.map((row) => {
    const cell = profile.name === undefined ? undefined : look(place(profile.name, row) ?? "");
    return cell instanceof Uint8Array ? String(cell) : cellText(cell);
  });
  return JSON.stringify([first.map((one) => [one?.oid, cellText(one?.cell)]), rows, names]);
}
