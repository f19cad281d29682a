/**
 * Columns that say how outlets are built in, not what they do: the printed label, the unit of a chain, delays. They are
 * not asked for at every reading, only after ten minutes, and at once where the device is not as it was: another serial
 * number, model or firmware, other rows, another name of any outlet. In a chain of units they are asked for each time:
 * units can change places there while all of that stays. A reading of a single outlet always asks for all.
 */
import type { Clock, Millis } from "../../lib/clock.ts";
import type { SnmpProfile } from "../../sdk/snmp-profile.ts";
import { cellText } from "./cell.ts";
import type { Walked } from "./table-walks.ts";

const KEPT_FOR: Millis = 600_000;

type Columns = Omit<Walked, "first">;
const NONE: Columns = { rows: new Map(), cells: new Map() };

/** The columns of one device that need not be asked for. */
export class SteadyColumns {
  readonly #clock: Clock;
  #columns = NONE;
  #as: string | undefined;
  #until: Millis = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Those that are known, if the device is as it was. */
  get columns(): Columns {
    return this.#clock.monotonic() < this.#until ? this.#columns : NONE;
  }

  /** true where the device is as it was when they were read. */
  holdFor(profile: SnmpProfile, walked: Walked): boolean {
    return this.columns !== NONE && this.#as === likeness(profile, walked);
  }

  /** Keeps what was just read; `all`: with the columns that were not asked for again. */
  keep(profile: SnmpProfile, walked: Walked, all: Walked["rows"]): void {
    const steady = unitsIn(profile, all) > 1 ? [] : steadyOf(profile);
    const rows = new Map([...all].filter(([column]) => steady.includes(column)));
    const cells = [...rows].flatMap(([column, some]) =>
      [...some].map(([row, cell]) => [`${column}.${row}`, cell] as const),
    );
    this.#columns = rows.size === 0 ? NONE : { rows, cells: new Map(cells) };
    this.#as = likeness(profile, walked);
    this.#until = this.#clock.monotonic() + KEPT_FOR;
  }
}

/** Units of a chain, where the device counts them. */
export function unitsIn(profile: SnmpProfile, columns: Walked["rows"]): number {
  const units = profile.unit === undefined ? undefined : columns.get(profile.unit);
  return new Set([...(units?.values() ?? [])].map((cell) => cellText(cell))).size;
}

function steadyOf({ label, unit, delays, match, read }: SnmpProfile): (string | undefined)[] {
  const columns = [label, unit, delays?.on, delays?.off, delays?.cycle];
  return columns.filter((column) => column !== read.oid && !match.probe.includes(column ?? ""));
}

/** What has to stay as it was: who the device is, which rows it has, what its outlets are called. */
function likeness(profile: SnmpProfile, { rows, first }: Walked): string {
  const outlets = profile.match.probe.map((column) => [...(rows.get(column)?.keys() ?? [])]);
  const names = [...(rows.get(profile.name ?? "") ?? [])].map(([row, cell]) => [
    row,
    cell instanceof Uint8Array ? String(cell) : cellText(cell),
  ]);
  return JSON.stringify([first.map((one) => [one?.oid, cellText(one?.cell)]), outlets, names]);
}
