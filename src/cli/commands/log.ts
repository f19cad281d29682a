import type { LogQuery, LogRecord } from "../../core/site/site.ts";
import { OobError } from "../../lib/errors.ts";
import { chooseHost } from "../chosen-hosts.ts";
import { type Call, defineCommand } from "../command.ts";
import { until } from "../interrupt.ts";
import { timedView } from "../json-views.ts";
import { printAnchors, verifyLogs } from "../log/log-evidence.ts";
import { type ExportOptions, exportLogs } from "../log/log-export.ts";
import { type SearchOptions, searchLogs } from "../log/log-search.ts";
import { countOption } from "../option-values.ts";
import { local, parseTime } from "../times.ts";
import { chooseVerb } from "../verbs.ts";

interface LogOptions extends ExportOptions, SearchOptions {
  readonly follow?: boolean;
  readonly lines?: number;
  readonly grep?: string;
  readonly raw?: boolean;
  readonly force?: boolean;
}

/** Lines shown when nothing says how many. */
const DEFAULT_LINES = 200;

export default defineCommand<LogOptions>({
  usage: "<host> [more...]",
  about: `HOST          its lines, with times of arrival. Without --since, --grep or -n: the last ${DEFAULT_LINES}.
              Control characters are shown, not obeyed
search PATTERN [HOSTS]
              lines that match, of these hosts or of all, in all that is kept, compressed too. Exit
              code 1: none
verify HOSTS  are the files as they were written? "consistent"; with --anchor "verified" up to
              what was kept elsewhere. A folder may stand for a host. Exit code 1: they are not
anchor HOSTS  the newest checkpoint of each, one line: keep it where this machine cannot reach

export HOSTS --to FOLDER
              a copy with all that proves it, for verify FOLDER on any machine. --since and --until
              choose whole segments

verify, anchor and export read the files themselves; no daemon is asked.`,
  options: [
    { flags: "-f, --follow", summary: "go on with what comes" },
    { flags: "-n, --lines <count>", summary: "the last lines, marks counted", parse: countOption },
    { flags: "--since <time>", summary: "2h (ago), today, 08:47, 2026-11-22, ISO 8601" },
    { flags: "--until <time>", summary: "the same forms" },
    { flags: "--grep <pattern>", summary: "lines that match this regular expression" },
    { flags: "-C, --context <count>", summary: "lines around a match", parse: countOption },
    { flags: "--fixed", summary: "search: a text, not a pattern" },
    { flags: "-i, --ignore-case", summary: "search: upper and lower case are the same" },
    { flags: "--count", summary: "search: how many lines of each host, not which" },
    { flags: "--raw", summary: "the bytes as they came; unsafe on a terminal" },
    { flags: "--force", summary: "let --raw write to a terminal" },
    { flags: "--to <folder>", summary: "export: a folder that is not there yet" },
    { flags: "--worm", summary: "export: FOLDER.iso beside it, too, for media written once" },
    {
      flags: "--anchor <file>",
      summary: "verify: checkpoints that were kept elsewhere, one a line",
    },
    {
      flags: "--key <key>",
      summary: "verify: the first public key, as oob serve printed it, or a file with it",
    },
  ],
  examples: [
    "oob log web1 --since today --grep 'soft lockup|panic' -C1",
    "oob log verify web1 --anchor /mnt/usb/anchors",
  ],
  async run(call) {
    const { out, args, options, context, interrupt } = call;
    const [verb = "", ...named] = args;
    if (named.length > 0) {
      // One word alone is a host, whatever its name.
      const work = chooseVerb("log", verb, ["search", "verify", "anchor", "export"]);
      const [pattern = "", ...hosts] = named;
      if (work === "search") return searchLogs(call, pattern, hosts);
      if (work === "export") return exportLogs(call, named);
      return work === "verify" ? verifyLogs(call, named) : printAnchors(call, named);
    }
    if (options.raw) guardTerminal(call);
    const query = queryOf(options, context.clock.now());
    const { site, host } = await chooseHost(call, verb);
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
