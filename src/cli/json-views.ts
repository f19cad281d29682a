import type {
  Hold,
  HostStatus,
  IncidentSummary,
  OutletStatus,
  PowerEvent,
  RunEvent,
  SiteEvent,
} from "../core/site/site.ts";
import type { Millis } from "../lib/clock.ts";
import { utc } from "./times.ts";

/** Version of everything that `--json` prints. Fields may be added to it, never changed or taken away. */
export const JSON_VERSION = 1;

/** An outlet: `read` is when. */
export function outletView({ readAt, ...outlet }: OutletStatus): object {
  return { ...outlet, read: utc(readAt) };
}

/** A host's row with times as UTC. */
export function statusView(status: HostStatus): object {
  const { outlets, health, hold, lastByteAt, mark, scheduled, ...rest } = status;
  return {
    ...rest,
    health: { ...health, since: utc(health.since) },
    ...(hold === undefined ? {} : { hold: holdView(hold) }),
    ...(lastByteAt === undefined ? {} : { lastByteAt: utc(lastByteAt) }),
    ...(mark && { mark: { ...mark, at: utc(mark.at) } }),
    ...(scheduled && { scheduled: { ...scheduled, at: utc(scheduled.at) } }),
    outlets: outlets.map(outletView),
  };
}

function holdView(hold: Hold): object {
  return { ...hold, until: utc(hold.until) };
}

/** A step or the end of switching. */
export function powerEventView({ at, outlets, ...event }: PowerEvent): object {
  return {
    v: JSON_VERSION,
    at: utc(at),
    ...event,
    ...(outlets === undefined ? {} : { outlets: outlets.map(outletView) }),
  };
}

/** Anything that has an `at` and nothing else to turn. */
export function timedView<T extends SiteEvent | RunEvent | { readonly at: Millis }>(
  event: T,
): object {
  return { v: JSON_VERSION, ...event, at: utc(event.at) };
}

/** An incident's head. */
export function incidentView({ openedAt, closedAt, ...incident }: IncidentSummary): object {
  return {
    ...incident,
    openedAt: utc(openedAt),
    ...(closedAt === undefined ? {} : { closedAt: utc(closedAt) }),
  };
}
