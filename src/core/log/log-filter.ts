import { setImmediate } from "node:timers/promises";
import { messageOf, OobError } from "../../lib/errors.ts";
import type { LogQuery, LogRecord } from "../site/site.ts";

/** Lines shown around a hit at most. */
const MAX_CONTEXT = 1000;
/** Letters that are searched before others have their turn: about 2 ms. */
const BREATHES_AFTER = 4096;
/** Records kept for `--last` at most. */
const MAX_LAST = 100_000;

/**
 * Compiles a person's pattern, or takes it for a text. Not by RegExp: host text and 28 letters of pattern keep that busy
 * for ten seconds.
 */
export async function lineMatcher(
  pattern: string,
  { fixed = false, ignoreCase = false }: Pick<LogQuery, "fixed" | "ignoreCase"> = {},
): Promise<(line: string) => boolean> {
  if (fixed && !ignoreCase) return (line) => line.includes(pattern);
  const { RE2JS } = await import("re2js");
  try {
    const text = fixed ? RE2JS.quote(pattern) : pattern;
    const compiled = RE2JS.compile(text, ignoreCase ? RE2JS.CASE_INSENSITIVE : 0);
    return (line) => compiled.matcher(line).find();
  } catch (cause) {
    throw new OobError("USAGE", `Cannot search for "${pattern}": ${messageOf(cause)}`, {
      cause,
      hint: "Look-around and back-references are not supported",
    });
  }
}

/** Records that came within the asked time. */
export async function* withinTime(
  query: Pick<LogQuery, "since" | "until">,
  records: AsyncIterable<LogRecord>,
): AsyncGenerator<LogRecord> {
  for await (const record of records) {
    const at = record.is === "raw" ? undefined : record.at;
    if (at !== undefined && query.since !== undefined && at < query.since) continue;
    if (at !== undefined && query.until !== undefined && at > query.until) continue;
    yield record;
  }
}

/** Lines that match, with `context` lines around each; marks only where they stand in the context. */
export async function* grepContext(
  records: AsyncIterable<LogRecord>,
  matches: (line: string) => boolean,
  context: number,
): AsyncGenerator<LogRecord> {
  const keep = Math.max(0, Math.min(MAX_CONTEXT, context));
  let before: LogRecord[] = [];
  let after = 0;
  let worked = 0;
  for await (const record of records) {
    // A pattern may take half a microsecond a letter, and consoles are read in this loop.
    worked += record.is === "line" ? record.text.length : 0;
    if (worked > BREATHES_AFTER) {
      worked = 0;
      await setImmediate();
    }
    if (record.is === "line" && matches(record.text)) {
      yield* before;
      before = [];
      yield { ...record, hit: true };
      after = keep;
    } else if (after > 0) {
      after--;
      yield record;
    } else if (keep > 0) {
      before.push(record);
      if (before.length > keep) before.shift();
    }
  }
}

/** The last records: a console that goes up and down all day has more marks than lines. */
export async function* lastRecords(
  records: AsyncIterable<LogRecord>,
  count: number,
): AsyncGenerator<LogRecord> {
  const wanted = Math.max(0, Math.min(MAX_LAST, count));
  let kept: LogRecord[] = [];
  for await (const record of records) {
    kept.push(record);
    if (kept.length > wanted * 2 + 1000) kept = kept.slice(kept.length - wanted);
  }
  yield* kept.slice(Math.max(0, kept.length - wanted));
}
