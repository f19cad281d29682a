/*
 * Telephone calls: what is written down of each, and how often one number may be called. The book is the site's; a driver
 * that dials is given it.
 */
import type { HayesResult } from "../../codec/hayes.ts";
import type { Millis } from "../../lib/clock.ts";
import { formatDuration, hours, minutes } from "../../lib/durations.ts";

/** How a call went. `hung-up`: by us; `lost`: the carrier fell; `unproven`: it was not seen that the line is free. */
export type CallOutcome =
  | Exclude<HayesResult, "ok" | "connect" | "ring" | "ringing">
  | "timed-out"
  | "given-up"
  | "modem-lost"
  | "hung-up"
  | "lost"
  | "unproven"
  | "unknown";

/** One call. Times are Unix ms. */
export interface Call {
  readonly host: string;
  readonly number: string;
  /** When the modem was told to dial. */
  readonly at: Millis;
  readonly connectedAt?: Millis;
  readonly endedAt?: Millis;
  /** Absent: it goes on. */
  readonly outcome?: CallOutcome;
  /** What was seen: "CONNECT 33600", "BUSY". */
  readonly text?: string;
  /** Of a minute: "0.12 EUR". */
  readonly costPerMinute?: string;
}

/** "connected 3m 12s", "busy": how it went, or goes. */
export function callInWords({ outcome, connectedAt, endedAt }: Call): string {
  if (connectedAt === undefined) return outcome ?? "dialling";
  if (endedAt === undefined) return outcome === undefined ? "connected" : `connected, ${outcome}`;
  const lasted = `connected ${formatDuration(endedAt - connectedAt)}`;
  return outcome === "hung-up" ? lasted : `${lasted}, ${outcome}`;
}

/** A call that has begun. Each step is on disk when it resolves. */
export interface OpenCall {
  connected(text: string): Promise<void>;
  ended(outcome: CallOutcome, text: string): Promise<void>;
}

/** Where calls are written down. */
export interface CallBook {
  /** Calls to a number, oldest first, of every host and also from before a restart. */
  recent(number: string): Promise<readonly Call[]>;
  /** Before the modem dials: a process that dies has counted its call. */
  begin(call: Pick<Call, "number" | "costPerMinute">): Promise<OpenCall>;
}

/** How often one number may be called. */
export interface RedialPolicy {
  /** First wait after a call that failed; doubles with each further one. */
  readonly wait: Millis;
  readonly longest: Millis;
  /** Calls within an hour, whoever asks for them and however they went. */
  readonly perHour: number;
}

/** A call that was connected this long was a good one: what comes after it is no redial. */
const GOOD: Millis = minutes(1);

/** How long a number has to be left alone, and why; undefined: it may be called. `now` is Unix ms. */
export function redialWait(
  calls: readonly Call[],
  policy: RedialPolicy,
  now: Millis,
): { readonly wait: Millis; readonly why: string } | undefined {
  // A call "in the future": the clock was set back, and the call counts as one of this moment.
  const times = calls.map((call) => Math.min(call.at, now));
  const lately = times.filter((at) => now - at < hours(1)).sort((a, b) => a - b);
  const oldest = lately[lately.length - policy.perHour];
  if (oldest !== undefined) {
    const wait = oldest + hours(1) - now;
    const why = `it was called ${lately.length} times within the hour, and ${policy.perHour} is the limit`;
    return { wait, why };
  }
  const good = calls.findLastIndex(wasGood);
  const failed = calls.slice(good + 1);
  const last = failed.at(-1);
  if (last === undefined) return undefined;
  const since = now - Math.min(last.endedAt ?? last.at, now);
  const wait = Math.min(policy.longest, policy.wait * 2 ** Math.min(failed.length - 1, 16)) - since;
  if (wait <= 0) return undefined;
  const ended = last.text === undefined ? "" : ` (${last.text})`;
  return { wait, why: `the call of ${formatDuration(since)} ago came to nothing${ended}` };
}

const wasGood = ({ outcome, connectedAt, endedAt = connectedAt }: Call): boolean =>
  outcome === "hung-up" || (connectedAt !== undefined && (endedAt ?? 0) - connectedAt >= GOOD);
