import type { HostStatus } from "../../core/site/site.ts";
import { chooseHosts } from "../chosen-hosts.ts";
import { type Call, defineCommand } from "../command.ts";
import { hostRow } from "../host-table.ts";
import { until } from "../interrupt.ts";
import { JSON_VERSION, statusView } from "../json-views.ts";
import { JSONL } from "../option-values.ts";
import { textOf } from "../piece.ts";
import { local } from "../times.ts";
import { WatchTable } from "../watch-table/watch-table.ts";

interface WatchOptions {
  readonly jsonl?: boolean;
}

export default defineCommand<WatchOptions>({
  usage: "[hosts...]",
  about:
    "On a terminal: a live table; Enter attaches, p power, l log, h hold, / filter, q leaves. Otherwise: a line for each change.",
  options: [JSONL],
  examples: ["oob watch", "oob watch 'db[1-2]' --jsonl"],
  async run(call) {
    const { out, args, options, context } = call;
    const { site, hosts } = await chooseHosts(call, args, { all: true });
    const json = options.json === true || options.jsonl === true;
    const live = context.stdout.isTTY === true && context.stdin.isTTY === true && !json;
    const table = live ? new WatchTable(call) : undefined;
    const stops = [call.interrupt.signal, out.closed, ...(table ? [table.left] : [])];
    const rows = until(site.watch(hosts), ...stops);
    await (table ? table.run(rows) : printChanges(call, rows, json));
    return undefined;
  },
});

async function printChanges(
  { out, context }: Call,
  updates: AsyncIterable<readonly HostStatus[]>,
  json: boolean,
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
      if (json) out.json({ v: JSON_VERSION, ...statusView(row) });
      else out.line(`${local(now)}  `, ...hostRow(row, now).flatMap((cell) => [cell, "  "]));
    }
  }
}
