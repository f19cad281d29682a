import type { Cell } from "./cell.ts";
import { compareOids, type Found } from "./snmp-wire.ts";

/** Rows of a column that are read at most: the largest bank of chained PDUs has some hundred outlets. */
const MAX_ROWS = 2048;

/** Rows of one column: instance and value, in the agent's order. */
export type Column = ReadonlyMap<string, Cell>;

interface Open {
  /** What its rows' OIDs begin with. */
  readonly prefix: string;
  readonly rows: Map<string, Cell>;
  cursor: string;
}

/** A piece of a column as an answer has it. */
export interface Run {
  readonly column: string;
  readonly rows: readonly Found[];
  readonly behind: readonly Found[];
}

/**
 * Columns being walked side by side. A row is known by its OID, never by its place in the answer: agents leave columns
 * out of a GETBULK when they are at their end, and what comes after it would be taken for another column's.
 */
export class SnmpWalk {
  readonly rows: ReadonlyMap<string, Column>;
  /** All rows by their full OID. */
  readonly cells: ReadonlyMap<string, Cell>;
  readonly #cells = new Map<string, Cell>();
  readonly #open = new Map<string, Open>();
  /** Where the last object was put: most often the next one belongs there too. */
  #latest: Open | undefined;
  #tooLong = false;

  constructor(columns: readonly string[]) {
    const all = new Map<string, Map<string, Cell>>();
    for (const column of columns) {
      const rows = new Map<string, Cell>();
      all.set(column, rows);
      this.#open.set(column, { prefix: `${column}.`, rows, cursor: column });
    }
    this.rows = all;
    this.cells = this.#cells;
  }

  /** Columns that are not at their end. */
  get open(): string[] {
    return [...this.#open.keys()];
  }

  /** The last OID that was seen in a column. */
  cursor(column: string): string {
    return this.#open.get(column)?.cursor ?? column;
  }

  /** true where the object lies in the column. */
  holds(column: string, { oid, end }: Found): boolean {
    return !end && oid[column.length] === "." && oid.startsWith(column);
  }

  /** What each of these series brings: its column's next rows, and what stands behind them. */
  runs(columns: readonly string[], series: readonly (readonly Found[])[]): Run[] {
    return columns.map((column, i) => {
      const all = series[i] ?? [];
      const over = all.findIndex((one) => !this.holds(column, one));
      return over < 0
        ? { column, rows: all, behind: [] }
        : { column, rows: all.slice(0, over), behind: all.slice(over) };
    });
  }

  /**
   * true where the rows of each run go on from where the column was, and nothing that stands behind or beside them is a
   * row that its run lacks: what stands behind a column's rows is its end then. Agents that leave something out of an
   * answer shift what comes after it, and then this does not hold.
   */
  inOrder(runs: readonly Run[], beside: readonly Found[]): boolean {
    const rising = runs.every(({ column, rows }) => {
      let last = this.cursor(column);
      return rows.every(({ oid }) => {
        const on = compareOids(oid, last) > 0;
        last = oid;
        return on;
      });
    });
    return rising && ![beside, ...runs.map(({ behind }) => behind)].flat().some(this.#lacks(runs));
  }

  /** Tells whether an object is one of a column's next rows, and not in its run. */
  #lacks(runs: readonly Run[]) {
    return (one: Found): boolean => {
      const run = runs.find(({ column }) => this.holds(column, one));
      if (run === undefined || compareOids(one.oid, this.cursor(run.column)) <= 0) return false;
      return !run.rows.some(({ oid }) => oid === one.oid);
    };
  }

  /** Puts runs that are in order where they belong. */
  placeRuns(runs: readonly Run[]): void {
    for (const { column, rows } of runs) {
      const open = this.#open.get(column);
      if (open) for (const one of rows) this.#put(open, one);
    }
  }

  /** Puts an answer's objects where they belong, in the order of the tree whatever their order was. */
  placeAll(answer: readonly Found[]): void {
    for (const one of [...answer].sort((a, b) => compareOids(a.oid, b.oid))) this.place(one);
  }

  /** Puts an object where it belongs; false where it is none of a column's next rows. */
  place({ oid, cell, end }: Found): boolean {
    const column = end ? undefined : this.#columnOf(oid);
    if (column === undefined || compareOids(oid, column.cursor) <= 0) return false;
    this.#put(column, { oid, cell });
    return true;
  }

  #put(column: Open, { oid, cell }: Pick<Found, "oid" | "cell">): void {
    column.rows.set(oid.slice(column.prefix.length), cell);
    this.#cells.set(oid, cell);
    column.cursor = oid;
    if (column.rows.size > MAX_ROWS) this.#tooLong = true;
  }

  end(column: string): void {
    if (this.#latest === this.#open.get(column)) this.#latest = undefined;
    this.#open.delete(column);
  }

  get tooLong(): boolean {
    return this.#tooLong;
  }

  #columnOf(oid: string): Open | undefined {
    if (this.#latest && oid.startsWith(this.#latest.prefix)) return this.#latest;
    for (const one of this.#open.values())
      if (oid.startsWith(one.prefix)) {
        this.#latest = one;
        return one;
      }
    return undefined;
  }
}
