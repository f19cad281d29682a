/*
 * Which events of the audit trail people are told, how urgent they are, and to which thread they belong. An incident is
 * a thread; what belongs to none is one of its own.
 */
import type { Millis } from "../../lib/clock.ts";
import type { Alert, Severity } from "../../sdk/notify/alert.ts";
import type { SiteEvent } from "../site/site.ts";

/** One thing that happened, as far as people are told. */
export interface News {
  readonly seq: number;
  readonly at: Millis;
  /** Without the site's name. */
  readonly thread: string;
  readonly host?: string;
  readonly incident?: number;
  readonly severity: Severity;
  readonly phase: Alert["phase"];
  readonly text: string;
  /** Not told through this channel: it is the one that does not work. */
  readonly except?: string;
}

interface Kind {
  readonly severity: Severity;
  readonly phase?: Alert["phase"];
  /** Said before the event's own text. */
  readonly says?: string;
}

const KINDS: Readonly<Record<string, Kind>> = {
  "incident.open": { severity: "warning" },
  "incident.close": { severity: "info", phase: "resolved" },
  "watch.page": { severity: "critical", says: "a person is needed: " },
  "watch.act": { severity: "warning" },
  "watch.ask": { severity: "warning" },
  "watch.approved": { severity: "info", phase: "acknowledged" },
  "watch.denied": { severity: "info", phase: "acknowledged" },
  "watch.veto": { severity: "info" },
  "watch.observe": { severity: "warning", says: "observed only: " },
  "watch.recovered": { severity: "info" },
  "watch.resume": { severity: "info" },
  "watch.error": { severity: "warning" },
  "hold.set": { severity: "info", phase: "acknowledged" },
  "run.left": { severity: "warning" },
  "schedule.failed": { severity: "warning", says: "scheduled run failed: " },
  "schedule.missed": { severity: "warning", says: "scheduled run missed: " },
  "schedule.impossible": { severity: "warning", says: "schedule: " },
  "notify.down": { severity: "warning" },
  "notify.up": { severity: "info", phase: "resolved" },
  "notify.dropped": { severity: "warning" },
  "notify.error": { severity: "warning" },
  "web.down": { severity: "warning" },
  "anchor.failed": { severity: "warning" },
  "anchor.restored": { severity: "info", phase: "resolved" },
};

/** What this event is to people; undefined: nothing. `openIncident`: of its host, where the event names none. */
export function newsOf(
  event: SiteEvent,
  openIncident: (host: string) => number | undefined,
): News | undefined {
  const { type, host, data, seq, at } = event;
  const kind = Object.hasOwn(KINDS, type) ? KINDS[type] : undefined;
  if (kind === undefined) return undefined;
  const { severity, phase = "open", says = "" } = kind;
  const incident = incidentOf(event, openIncident);
  // A hold, or a recovery, is news only to those who were told that something is wrong.
  if (incident === undefined && (type === "hold.set" || type === "watch.recovered"))
    return undefined;
  const channel = typeof data?.channel === "string" ? data.channel : undefined;
  return {
    ...{ seq, at, severity, phase },
    thread: threadOf(event, incident, channel),
    text: `${says}${type === "hold.set" ? `${event.by}: ` : ""}${event.text}`,
    ...(host !== undefined && { host }),
    ...(incident !== undefined && { incident }),
    ...(channel !== undefined && { except: channel }),
  };
}

function incidentOf(
  { type, host, data }: SiteEvent,
  openIncident: (host: string) => number | undefined,
): number | undefined {
  if (typeof data?.incident === "number") return data.incident;
  return type === "hold.set" && host !== undefined ? openIncident(host) : undefined;
}

function threadOf(
  { type, host, seq, at, data }: SiteEvent,
  incident: number | undefined,
  channel: string | undefined,
): string {
  if (incident !== undefined) return `incident/${incident}`;
  if (channel !== undefined) return `channel/${channel}`;
  if (typeof data?.anchor === "string") return `anchor/${data.anchor}`;
  // Of one host and one moment: what comes minutes later is another matter.
  return `${type}/${host ?? "site"}/${seq || at}`;
}
