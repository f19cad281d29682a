import type { HostStatus } from "../../core/site/site.ts";
import { chooseHosts } from "../chosen-hosts.ts";
import { type Call, defineCommand } from "../command.ts";
import { HOST_COLUMNS, hostRow, summary } from "../host-table.ts";
import { until } from "../interrupt.ts";
import { JSON_VERSION, statusView } from "../json-views.ts";
import { LocalTerminal } from "../local-terminal.ts";
import { textOf } from "../piece.ts";
import { local, timeOfDay } from "../times.ts";

const HOME = "\u001b[H";
const CLEAR_TO_LINE_END = "\u001b[K";
const CLEAR_BELOW = "\u001b[J";
const KEY_Q = 0x71;
const CTRL_C = 0x03;

export default defineCommand({
  usage: "[hosts...]",
  about:
    "On a terminal: a table that redraws itself; q or Ctrl-C leaves. Otherwise: a line for each change.",
  options: [],
  examples: ["oob watch", "oob watch 'db[1-2]' --json"],
  async run(call) {
    const { out, args, options, context } = call;
    const { site, hosts } = await chooseHosts(call, args, { all: true });
    const left = new AbortController();
    const rows = until(site.watch(hosts), call.interrupt.signal, out.closed, left.signal);
    const live = context.stdout.isTTY === true && context.stdin.isTTY === true && !options.json;
    if (live) await redraw(call, rows, () => left.abort());
    else await printChanges(call, rows);
    return undefined;
  },
});

async function printChanges(
  { out, options, context }: Call,
  updates: AsyncIterable<readonly HostStatus[]>,
): Promise<void> {
  const before = new Map<string, string>();
  for await (const rows of updates) {
    const now = context.clock.now();
    for (const row of rows) {
      // Time passing is no change.
      const [, ...cells] = hostRow(row, row.health.since).map(textOf);
      const seen = cells.join("  ");
      if (before.get(row.host) === seen) continue;
      before.set(row.host, seen);
      if (options.json) out.json({ v: JSON_VERSION, ...statusView(row) });
      else out.line(`${local(now)}  `, ...hostRow(row, now).flatMap((cell) => [cell, "  "]));
    }
  }
}

async function redraw(
  { out, context }: Call,
  updates: AsyncIterable<readonly HostStatus[]>,
  leave: () => void,
): Promise<void> {
  const terminal = new LocalTerminal(context);
  terminal.onBytes((bytes) => {
    if (bytes.includes(KEY_Q) || bytes.includes(CTRL_C)) leave();
  }, leave);
  terminal.enter({ fullScreen: true });
  try {
    for await (const rows of updates) {
      const now = context.clock.now();
      const height = (context.stdout.rows ?? 24) - 1;
      const lines = out.tableText(
        HOST_COLUMNS,
        rows.map((row) => hostRow(row, now)),
      );
      const shown = [
        `oob watch  ${timeOfDay(now)}  ${summary(rows)}  leave: q`,
        "",
        ...lines.slice(0, height - 3),
        ...(lines.length > height - 3 ? [`… ${lines.length - (height - 3)} more`] : []),
      ];
      const text = shown.map((line) => `${line}${CLEAR_TO_LINE_END}\r\n`).join("");
      out.raw(HOME + text + CLEAR_BELOW);
    }
  } finally {
    terminal.leave();
  }
}
