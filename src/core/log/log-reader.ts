/**
 * A console's log for people: lines with their time of arrival, marks and holes in between, filtered by time and
 * pattern, followed while it grows. Reads the files alone, so it works beside a running daemon and without one.
 */
import type { Clock } from "../../lib/clock.ts";
import type { Encoding } from "../session/host-encoding.ts";
import type { LogQuery, LogRecord } from "../site/site.ts";
import { grepContext, lastRecords, lineMatcher, withinTime } from "./log-filter.ts";
import { logFolder } from "./log-folder.ts";
import { LogLines } from "./log-lines.ts";
import { type LogPiece, LogWalk, startOfLast } from "./log-walk.ts";

/** How often a followed log is looked at. */
const FOLLOW_EVERY = 250;
/** A line without its end is shown after this many looks at which nothing came: a prompt stands open. */
const OPEN_LINE_AFTER_LOOKS = 4;

interface ReaderOptions {
  readonly state: string;
  readonly clock: Clock;
  readonly encoding: Encoding;
  /** Ends a followed log. */
  readonly signal?: AbortSignal;
  /** Brings the index up to date; false where this process does not write the log. Then marks may come late. */
  readonly settle?: () => Promise<boolean>;
}

/** Records of a log, oldest first. Throws USAGE where the pattern is none. */
export async function* readLog(
  query: LogQuery,
  options: ReaderOptions,
): AsyncGenerator<LogRecord, void, void> {
  const folder = logFolder(options.state, query.host);
  const plainLast =
    query.last !== undefined && query.grep === undefined && query.until === undefined;
  const from = plainLast && !query.since ? startOfLast(folder, query.last ?? 0) : undefined;
  const walk = new LogWalk(folder, {
    ...(query.since !== undefined && { since: query.since }),
    ...(query.until !== undefined && { until: query.until }),
    ...from,
  });
  try {
    yield* query.raw ? readRaw(query, walk, options) : readLines(query, walk, options);
  } finally {
    await walk.close();
  }
}

async function* readLines(
  query: LogQuery,
  walk: LogWalk,
  options: ReaderOptions,
): AsyncGenerator<LogRecord> {
  const matches = query.grep === undefined ? undefined : await lineMatcher(query.grep, query);
  const context = query.context ?? 0;
  const lines = new LogLines(options.encoding);
  const past = withinTime(query, readPast(walk, lines, query.follow, options));
  const shown = matches ? grepContext(past, matches, context) : past;
  yield* query.last === undefined ? shown : lastRecords(shown, query.last);
  if (!query.follow) return;
  const fresh = withinTime(query, follow(walk, lines, options));
  yield* matches ? grepContext(fresh, matches, context) : fresh;
}

async function* readPast(
  walk: LogWalk,
  lines: LogLines,
  goesOn: boolean,
  options: ReaderOptions,
): AsyncGenerator<LogRecord> {
  const settled = await isSettled(options);
  const next = () => walk.next(goesOn && settled);
  for (let piece = await next(); piece; piece = await next()) yield* lines.take(piece);
  if (!goesOn) yield* lines.open();
}

async function* follow(
  walk: LogWalk,
  lines: LogLines,
  options: ReaderOptions,
): AsyncGenerator<LogRecord> {
  let looks = 0;
  while (await waited(options)) {
    let came = false;
    const settled = await isSettled(options);
    for (let piece = await walk.next(settled); piece; piece = await walk.next(settled)) {
      came = true;
      yield* lines.take(piece);
    }
    looks = came ? 0 : looks + 1;
    if (looks === OPEN_LINE_AFTER_LOOKS) yield* lines.open();
  }
}

async function* readRaw(
  query: LogQuery,
  walk: LogWalk,
  options: ReaderOptions,
): AsyncGenerator<LogRecord> {
  const wanted = (piece: LogPiece) =>
    piece.is === "bytes" &&
    (query.since === undefined || piece.at >= query.since) &&
    (query.until === undefined || piece.at <= query.until);
  do {
    for (let piece = await walk.next(); piece; piece = await walk.next()) {
      if (piece.is === "bytes" && wanted(piece)) yield { is: "raw", bytes: piece.bytes };
    }
  } while (query.follow && (await waited(options)));
}

/** Whether the index covers all that had come; a disk that refuses it must not hide bytes. */
async function isSettled({ settle }: ReaderOptions): Promise<boolean> {
  return settle === undefined ? false : settle().catch(() => false);
}

/** false: nobody wants more. */
async function waited(options: ReaderOptions): Promise<boolean> {
  try {
    await options.clock.sleep(FOLLOW_EVERY, options.signal);
    return true;
  } catch {
    // The only rejection is the caller's own signal.
    return false;
  }
}
