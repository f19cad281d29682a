/*
 * Alerts out of news, and several of them out of one. All that a host printed passes printable() here, and is cut.
 */
import type { Millis } from "../../lib/clock.ts";
import { printable } from "../../lib/printable.ts";
import { type Alert, SEVERITIES, type Severity } from "../../sdk/notify/alert.ts";
import type { IncidentRecord } from "../incident/incident-record.ts";
import type { News } from "./alert-news.ts";

const MAX_SEEN = 3;
const MAX_NEWS = 20;
const MAX_LINE = 240;

/** An alert that waits in a queue. */
export interface Waiting {
  readonly alert: Alert;
  /** Number of the newest event in it. */
  readonly seq: number;
  readonly since: Millis;
  readonly tries: number;
  /** Of a digest: what went into it. */
  readonly of?: readonly { readonly thread: string; readonly seq: number }[];
}

/** What is known around the news when they are told. */
export interface Around {
  readonly site: string;
  readonly record?: IncidentRecord | undefined;
  /** What the watchdog will do next with the host. */
  readonly next?: string | undefined;
  /** It waits for the yes of a person. */
  readonly asks?: boolean;
}

/** One alert out of what happened in one thread. */
export function alertOf(news: readonly [News, ...News[]], around: Around): Alert {
  const [first] = news;
  const last = news.at(-1) ?? first;
  const { site, record, next, asks = false } = around;
  const { host, incident } = last;
  const resolved = news.some((one) => one.phase === "resolved");
  const held = news.some((one) => one.phase === "acknowledged");
  return {
    // Without a number (the trail cannot be written) many have the same moment.
    key: `${site}-${last.seq || `at${last.at}-${last.thread}`}`,
    thread: `${site}/${last.thread}`,
    first: true,
    phase: resolved ? "resolved" : held ? "acknowledged" : "open",
    severity: most(news.map((one) => one.severity)),
    site,
    ...(host !== undefined && { host }),
    ...(incident !== undefined && { incident }),
    at: last.at,
    title: printable(titleOf(last, record), 150),
    seen: record ? seenIn(record) : [],
    news: told(news.map(({ at, text }) => ({ at, text: printable(text, MAX_LINE) }))),
    ...(next !== undefined && !resolved && { next: printable(next, MAX_LINE) }),
    commands: commandsOf(host, incident, { resolved, asks }),
  };
}

/** The two as one: nothing of the older one went out yet. */
export function merged(older: Waiting, newer: Waiting): Waiting {
  const news = [...older.alert.news, ...newer.alert.news];
  const { phase } = newer.alert;
  const severity = most([older.alert.severity, newer.alert.severity]);
  // Who holds a host does not mend it: what follows is still acknowledged, until it is over.
  const stays = older.alert.phase === "acknowledged" && phase === "open" ? "acknowledged" : phase;
  return {
    ...newer,
    since: older.since,
    alert: { ...newer.alert, severity, phase: stays, news: told(news) },
  };
}

/** Many threads as one message: a storm. */
export function digestOf(waiting: readonly [Waiting, ...Waiting[]], site: string): Waiting {
  const alerts = waiting.map((one) => one.alert);
  const shown = alerts.slice(0, 3).map((alert) => alert.title);
  const rest = alerts.length - shown.length;
  const seq = Math.max(...waiting.map((one) => one.seq));
  const newest = alerts.at(-1)?.key ?? `${site}-${seq}`;
  const key = `${newest}-digest-${waiting.length}`;
  return {
    seq,
    since: Math.min(...waiting.map((one) => one.since)),
    tries: 0,
    of: waiting.map(({ alert, seq }) => ({ thread: alert.thread, seq })),
    alert: {
      key,
      thread: `${site}/digest/${key}`,
      first: true,
      phase: "open",
      severity: most(alerts.map((alert) => alert.severity)),
      site,
      at: Math.max(...alerts.map((alert) => alert.at)),
      title: printable(
        `${alerts.length} alerts: ${shown.join("; ")}${rest > 0 ? `; ${rest} more` : ""}`,
        400,
      ),
      seen: [],
      news: told(alerts.map(({ at, title }) => ({ at, text: title }))),
      commands: ["oob incident list", "oob status"],
    },
  };
}

/** The most urgent of these. */
export const most = (severities: readonly Severity[]): Severity =>
  SEVERITIES[Math.max(0, ...severities.map((one) => SEVERITIES.indexOf(one)))] ?? "info";

/** Whether one is as urgent as another. */
export const reaches = (severity: Severity, least: Severity): boolean =>
  SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(least);

type Told = Alert["news"];

/** Each text once, and not too many: the newest, and how many there were before. */
function told(news: Told): Told {
  const fresh = news.filter((one, n) => news.findIndex((two) => two.text === one.text) === n);
  if (fresh.length <= MAX_NEWS) return fresh;
  const kept = fresh.slice(-(MAX_NEWS - 1));
  const [oldest] = fresh;
  const more = fresh.length - kept.length;
  return [{ at: oldest?.at ?? 0, text: `… ${more} more before` }, ...kept];
}

function titleOf(last: News, record: IncidentRecord | undefined): string {
  const what = record && (record.case.first ?? record.case.cause).means;
  const where = last.host === undefined ? "" : `${last.host}: `;
  return `${where}${what ?? last.text}`;
}

function seenIn(record: IncidentRecord): string[] {
  const lines = record.evidence
    .filter(({ state }) => state !== "healthy" && state !== "busy")
    .map((one) => one.line.trim())
    .filter((line) => line !== "");
  const cause = (record.case.first ?? record.case.cause).line?.trim();
  const all = lines.length === 0 && cause ? [cause] : lines;
  return [...new Set(all)].slice(-MAX_SEEN).map((line) => printable(line, MAX_LINE));
}

function commandsOf(
  host: string | undefined,
  incident: number | undefined,
  { resolved, asks }: { readonly resolved: boolean; readonly asks: boolean },
): string[] {
  const show = incident === undefined ? [] : [`oob incident show ${incident}`];
  if (host === undefined) return [...show, "oob notify list"];
  if (resolved) return [...show, `oob log ${host} -n 50`];
  const answer = asks && incident !== undefined ? [`oob incident approve ${incident}`] : [];
  return [...show, ...answer, `oob attach ${host}`, `oob hold ${host} --for 2h --reason TEXT`];
}
