import type { HostStatus } from "../../core/site/site.ts";
import type { TableKey } from "./table-keys.ts";

/** Which hosts stand in the table, which one is chosen, and which part of them the terminal shows. */
export class HostView {
  #rows: readonly HostStatus[] = [];
  #filter = "";
  #chosen: string | undefined;
  #top = 0;

  get filter(): string {
    return this.#filter;
  }

  set filter(text: string) {
    this.#filter = text;
    this.#top = 0;
  }

  get all(): readonly HostStatus[] {
    return this.#rows;
  }

  set all(rows: readonly HostStatus[]) {
    this.#rows = rows;
  }

  /** Hosts that match the filter: in their name, state, writer or last line. */
  get matching(): readonly HostStatus[] {
    const words = this.#filter
      .toLowerCase()
      .split(/\s+/)
      .filter((word) => word !== "");
    if (words.length === 0) return this.#rows;
    return this.#rows.filter((row) => {
      const text = searched(row);
      return words.every((word) => text.includes(word));
    });
  }

  /** Stays with its host, wherever that goes; a host that is gone gives it to the first one. */
  get chosen(): HostStatus | undefined {
    const rows = this.matching;
    return rows.find((row) => row.host === this.#chosen) ?? rows[0];
  }

  /** The rows for a terminal that has room for so many; the chosen one is among them. */
  window(room: number): { readonly from: number; readonly rows: readonly HostStatus[] } {
    const rows = this.matching;
    const at = Math.max(0, rows.indexOf(this.chosen as HostStatus));
    const lowest = Math.max(0, rows.length - room);
    this.#top = Math.min(Math.max(this.#top, at - room + 1), at, lowest);
    return { from: this.#top, rows: rows.slice(this.#top, this.#top + room) };
  }

  /** Moves the choice. `room`: rows of a page. */
  move(key: TableKey, room: number): void {
    const rows = this.matching;
    const step = STEPS[key]?.(room, rows.length);
    if (step === undefined || rows.length === 0) return;
    const at = Math.max(0, rows.indexOf(this.chosen as HostStatus));
    this.#chosen = rows[Math.min(rows.length - 1, Math.max(0, at + step))]?.host;
  }
}

const STEPS: Readonly<Partial<Record<TableKey, (room: number, rows: number) => number>>> = {
  up: () => -1,
  down: () => 1,
  pageUp: (room) => -room,
  pageDown: (room) => room,
  first: (_, rows) => -rows,
  last: (_, rows) => rows,
};

function searched({
  host,
  os,
  console,
  power,
  health,
  writer,
  lastLine,
  hold,
}: HostStatus): string {
  const held = hold === undefined ? "" : `held ${hold.by} ${hold.reason}`;
  return [host, os, console.is, power, health.state, health.class, writer ?? "", held, lastLine]
    .join(" ")
    .toLowerCase();
}
