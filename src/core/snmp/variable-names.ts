/**
 * The names of a device that has variables instead of tables: "Sockets.Socket 01.General.Relay" and hundreds more.
 * Their rows change with firmware and with what is plugged in, so an outlet's rows are found by name and are looked at
 * again before anything is written.
 */
import { type Cell, cellText } from "./cell.ts";
import type { Column } from "./snmp-walk.ts";

export class VariableNames {
  readonly #column: string;
  readonly #names = new Map<string, string>();
  /** Rows by device and name; undefined where two variables of one device have the same name. */
  readonly #rows = new Map<string, string | undefined>();

  constructor(column: string, rows: Column) {
    this.#column = column;
    for (const [row, cell] of rows) {
      const name = cellText(cell);
      if (name === undefined) continue;
      const key = keyOf(row, name);
      this.#names.set(row, name);
      this.#rows.set(key, this.#rows.has(key) ? undefined : row);
    }
  }

  /** Rows whose names match, with the first group. */
  matching(pattern: RegExp): { readonly row: string; readonly group: string | undefined }[] {
    return [...this.#names].flatMap(([row, name]) => {
      const found = pattern.exec(name);
      return found ? [{ row, group: found[1] }] : [];
    });
  }

  /** Row of the variable beside this one: the same device, the same name but for what stands behind its last dot. */
  sibling(row: string, word: string): string | undefined {
    const name = this.#names.get(row);
    return name && this.#rows.get(keyOf(row, name.replace(/\.[^.]*$/, word)));
  }

  nameOf(row: string): string | undefined {
    return this.#names.get(row);
  }

  /** The objects that hold the names of these rows. */
  objects(rows: readonly string[]): string[] {
    return rows.map((row) => `${this.#column}.${row}`);
  }

  /** true where the rows still have the names that they had. */
  stillHolds(rows: readonly string[], cells: ReadonlyMap<string, Cell>): boolean {
    return rows.every(
      (row) => cellText(cells.get(`${this.#column}.${row}`)) === this.#names.get(row),
    );
  }
}

const keyOf = (row: string, name: string): string => `${row.replace(/\.\d+$/, "")} ${name}`;
