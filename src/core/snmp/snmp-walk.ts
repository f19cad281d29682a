import type { Cell } from "./cell.ts";
import { compareOids, type Found } from "./snmp-wire.ts";

/** Rows of a column that are read at most: the largest bank of chained PDUs has some hundred outlets. */
const MAX_ROWS = 2048;

/** Rows of one column: instance and value, in the agent's order. */
export type Column = ReadonlyMap<string, Cell>;

/**
 * Columns being walked side by side. A row is known by its OID, never by its place in the answer: agents leave columns
 * out of a GETBULK when they are at their end, and what comes after it would be taken for another column's.
 */
export class SnmpWalk {
  readonly rows: ReadonlyMap<string, Map<string, Cell>>;
  readonly #cursors: Map<string, string>;

  constructor(columns: readonly string[]) {
    this.rows = new Map(columns.map((column) => [column, new Map()]));
    this.#cursors = new Map(columns.map((column) => [column, column]));
  }

  /** Columns that are not at their end. */
  get open(): string[] {
    return [...this.#cursors.keys()];
  }

  /** The last OID that was seen in a column. */
  cursor(column: string): string {
    return this.#cursors.get(column) ?? column;
  }

  /** true where the object lies in the column. */
  holds(column: string, { oid, end }: Found): boolean {
    return !end && oid.startsWith(`${column}.`);
  }

  /** Puts an answer's objects where they belong, in the order of the tree whatever their order was. */
  placeAll(answer: readonly Found[]): void {
    for (const one of [...answer].sort((a, b) => compareOids(a.oid, b.oid))) this.place(one);
  }

  /** Puts an object where it belongs; false where it is none of a column's next rows. */
  place(found: Found): boolean {
    for (const [column, cursor] of this.#cursors) {
      if (!this.holds(column, found)) continue;
      const rows = this.rows.get(column);
      if (!rows || compareOids(found.oid, cursor) <= 0) return false;
      rows.set(found.oid.slice(column.length + 1), found.cell);
      this.#cursors.set(column, found.oid);
      return true;
    }
    return false;
  }

  end(column: string): void {
    this.#cursors.delete(column);
  }

  get tooLong(): boolean {
    return [...this.rows.values()].some((rows) => rows.size > MAX_ROWS);
  }
}
