import type { LogQuery, LogRecord } from "../../core/site/site.ts";
import { OobError } from "../../lib/errors.ts";
import { chooseHost } from "../chosen-hosts.ts";
import { type Call, defineCommand } from "../command.ts";
import { until } from "../interrupt.ts";
import { timedView } from "../json-views.ts";
import { countOption } from "../option-values.ts";
import { local, parseTime } from "../times.ts";

interface LogOptions {
  readonly follow?: boolean;
  readonly lines?: number;
  readonly since?: string;
  readonly until?: string;
  readonly grep?: string;
  readonly context?: number;
  readonly raw?: boolean;
  readonly force?: boolean;
}

/** Lines shown when nothing says how many. */
const DEFAULT_LINES = 200;

export default defineCommand<LogOptions>({
  usage: "<host>",
  about: `Times are those of arrival. Without --since, --grep or -n: the last ${DEFAULT_LINES} lines. Control characters are shown, not obeyed.`,
  options: [
    { flags: "-f, --follow", summary: "go on with what comes" },
    { flags: "-n, --lines <count>", summary: "the last lines, marks counted", parse: countOption },
    { flags: "--since <time>", summary: "2h (ago), today, 08:47, 2026-11-22, ISO 8601" },
    { flags: "--until <time>", summary: "the same forms" },
    { flags: "--grep <pattern>", summary: "lines that match this regular expression" },
    { flags: "-C, --context <count>", summary: "lines around a match", parse: countOption },
    { flags: "--raw", summary: "the bytes as they came; unsafe on a terminal" },
    { flags: "--force", summary: "let --raw write to a terminal" },
  ],
  examples: ["oob log web1 -f", "oob log web1 --since today --grep 'soft lockup|panic' -C1"],
  async run(call) {
    const { out, args, options, context, interrupt } = call;
    if (options.raw) guardTerminal(call);
    const query = queryOf(options, context.clock.now());
    const { site, host } = await chooseHost(call, args[0] ?? "");
    let hits = 0;
    for await (const record of until(site.log({ ...query, host }), interrupt.signal, out.closed)) {
      if (record.is === "line" && record.hit) hits++;
      print(call, record);
    }
    if (options.grep !== undefined) out.talk(`${hits} ${hits === 1 ? "match" : "matches"}`);
    return undefined;
  },
});

function guardTerminal({ out, options, context }: Call<LogOptions>): void {
  if (context.stdout.isTTY !== true) return;
  if (!options.force)
    throw new OobError("USAGE", "Cannot print raw bytes: stdout is a terminal, and it obeys them", {
      hint: "Redirect to a file or a pipe, or add --force",
    });
  out.talk({ text: "warning: ", style: "yellow" }, "raw bytes of a host can take over a terminal");
}

function queryOf(options: LogOptions, now: number): Omit<LogQuery, "host"> {
  const { since, until: end, grep, context, lines } = options;
  const narrowed = since !== undefined || grep !== undefined || options.raw;
  const last = lines ?? (narrowed ? undefined : DEFAULT_LINES);
  return {
    ...(since === undefined ? {} : { since: parseTime(since, now) }),
    ...(end === undefined ? {} : { until: parseTime(end, now) }),
    ...(grep === undefined ? {} : { grep }),
    ...(context === undefined ? {} : { context }),
    ...(last === undefined ? {} : { last }),
    follow: options.follow ?? false,
    raw: options.raw ?? false,
  };
}

function print({ out, options }: Call<LogOptions>, record: LogRecord): void {
  if (record.is === "raw") out.raw(record.bytes);
  else if (options.json) out.json(timedView(record));
  else if (record.is === "mark")
    out.line(local(record.at), { text: `  -- ${record.kind}: ${record.text}`, style: "dim" });
  else
    out.line(local(record.at), "  ", {
      text: record.text,
      style: record.hit ? "bold" : "plain",
    });
}
