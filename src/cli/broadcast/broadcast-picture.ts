import { printable } from "../../lib/printable.ts";
import { cutToWidth, displayWidth, padToWidth } from "../display-width.ts";
import type { BroadcastHost } from "./broadcast-host.ts";

/** Up to so many hosts are seen whole, more by their last line. */
export const GRID_UP_TO = 4;
const REVERSE = "\u001b[7m";
const PLAIN = "\u001b[0m";
const BETWEEN = "│";

/** Size of each host's part of a terminal of this size, without its title. */
export function paneSize(
  hosts: number,
  { columns, rows }: { readonly columns: number; readonly rows: number },
): { readonly columns: number; readonly rows: number } {
  const across = hosts > 2 ? 2 : 1;
  const down = Math.ceil(hosts / across);
  // One row is ours; one of each pane its title.
  return {
    columns: Math.max(1, Math.floor((columns - across + 1) / across)),
    rows: Math.max(1, Math.floor((rows - 1) / down) - 1),
  };
}

/** Rows for the terminal, the last one ours. */
export function picture(
  hosts: readonly BroadcastHost[],
  terminal: { readonly columns: number; readonly rows: number },
  footer: string,
): string[] {
  const rows = hosts.length <= GRID_UP_TO ? grid(hosts, terminal) : list(hosts, terminal);
  const room = terminal.rows - 1;
  const blank = Array<string>(Math.max(0, room - rows.length)).fill("");
  return [...rows.slice(0, room), ...blank, cutToWidth(printable(footer), terminal.columns)];
}

function grid(
  hosts: readonly BroadcastHost[],
  terminal: { readonly columns: number; readonly rows: number },
): string[] {
  const { columns, rows } = paneSize(hosts.length, terminal);
  const panes = hosts.map((host) => [
    title(host, columns),
    ...(host.screen?.rows.slice(0, rows) ?? []),
  ]);
  if (hosts.length <= 2) return panes.flat();
  return [panes.slice(0, 2), panes.slice(2)].flatMap(([left = [], right = []]) =>
    left.map((row, n) => `${row}${BETWEEN}${right[n] ?? ""}`),
  );
}

function title(host: BroadcastHost, columns: number): string {
  const trouble = host.trouble === "" ? "" : `  ${host.trouble}`;
  const text = cutToWidth(` ${host.host}${trouble}`, columns);
  return `${REVERSE}${padToWidth(text, columns)}${PLAIN}`;
}

function list(
  hosts: readonly BroadcastHost[],
  { columns, rows }: { readonly columns: number; readonly rows: number },
): string[] {
  const room = rows - 1;
  const shown = hosts.length > room ? hosts.slice(0, room - 1) : hosts;
  const width = Math.max(...shown.map(({ host }) => displayWidth(host)));
  const lines = shown.map((host) => {
    const trouble = host.trouble === "" ? "" : `[${host.trouble}] `;
    return cutToWidth(`${padToWidth(host.host, width)}  ${trouble}${host.lastLine}`, columns);
  });
  const more = hosts.length - shown.length;
  return more === 0 ? lines : [...lines, `… ${more} more, which get what is typed, too`];
}
