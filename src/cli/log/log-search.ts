import type { LogQuery, LogRecord, Site } from "../../core/site/site.ts";
import { OobError } from "../../lib/errors.ts";
import { chooseHosts } from "../chosen-hosts.ts";
import type { Call } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { until } from "../interrupt.ts";
import { JSON_VERSION, timedView } from "../json-views.ts";
import type { Output } from "../output.ts";
import { local, parseTime } from "../times.ts";

/** Options of `oob log search`. */
export interface SearchOptions {
  readonly since?: string;
  readonly until?: string;
  readonly context?: number;
  readonly fixed?: boolean;
  readonly ignoreCase?: boolean;
  readonly count?: boolean;
}

type Search = Omit<LogQuery, "host">;
type ShownRecord = Exclude<LogRecord, { is: "raw" }>;

/** Looks for a pattern in the logs of hosts, one after the other; of all that may be read, where none is named. */
export async function searchLogs(
  call: Call<SearchOptions>,
  pattern: string,
  words: readonly string[],
): Promise<number> {
  const { out, options, context, interrupt } = call;
  const search = searchOf(pattern, options, context.clock.now());
  const { site, hosts } = await chooseHosts(call, words, { all: true });
  const width = Math.max(...hosts.map((host) => host.length));
  const refused: string[] = [];
  let total = 0;
  let found = 0;
  for (const host of hosts) {
    const show = options.count ? () => {} : printer(call, host.padEnd(width), host);
    const hits = await searchOne(call, site, { ...search, host }, show).catch(
      noneIfUnnamed(words.length > 0),
    );
    // Whoever stopped it was told less than the whole.
    interrupt.signal.throwIfAborted();
    if (hits === undefined) {
      refused.push(host);
      continue;
    }
    total += hits;
    if (hits > 0) found++;
    if (options.count) printCount(out, options.json, host, host.padEnd(width), hits);
  }
  const searched = hosts.length - refused.length;
  out.talk(
    `${total} ${total === 1 ? "match" : "matches"} on ${found} of ${searched} ${searched === 1 ? "host" : "hosts"}`,
  );
  if (refused.length > 0)
    out.talk(
      `not searched, for you may not read their logs: ${refused.length} hosts, ${refused[0]} first`,
    );
  return total > 0 ? EXIT.done : EXIT.failed;
}

function searchOf(pattern: string, options: SearchOptions, now: number): Search {
  const { since, until: end, context, fixed, ignoreCase } = options;
  return {
    grep: pattern,
    ...(since !== undefined && { since: parseTime(since, now) }),
    ...(end !== undefined && { until: parseTime(end, now) }),
    ...(context !== undefined && { context }),
    ...(fixed && { fixed }),
    ...(ignoreCase && { ignoreCase }),
    follow: false,
    raw: false,
  };
}

/** How many lines match. */
async function searchOne(
  { interrupt, out }: Call<SearchOptions>,
  site: Site,
  query: LogQuery,
  show: (record: ShownRecord) => void,
): Promise<number> {
  let hits = 0;
  for await (const record of until(site.log(query), interrupt.signal, out.closed)) {
    if (record.is === "raw") continue;
    if (record.is === "line" && record.hit) hits++;
    show(record);
  }
  return hits;
}

/** A host that nobody named, and that is not for this person, is left out. */
const noneIfUnnamed =
  (named: boolean) =>
  (thrown: unknown): undefined => {
    if (named || !(thrown instanceof OobError) || thrown.code !== "NOT_PERMITTED") throw thrown;
  };

const printer =
  ({ out, options }: Call<SearchOptions>, padded: string, host: string) =>
  (record: ShownRecord): void => {
    if (options.json) out.json({ ...timedView(record), host });
    else if (record.is === "mark")
      out.line(padded, "  ", local(record.at), {
        text: `  -- ${record.kind}: ${record.text}`,
        style: "dim",
      });
    else
      out.line(padded, "  ", local(record.at), "  ", {
        text: record.text,
        style: record.hit ? "bold" : "plain",
      });
  };

/** For programs every host; for people those where there is something. */
function printCount(
  out: Output,
  json: boolean | undefined,
  host: string,
  padded: string,
  matches: number,
): void {
  if (json) out.json({ v: JSON_VERSION, host, matches });
  else if (matches > 0) out.line(padded, "  ", String(matches));
}
