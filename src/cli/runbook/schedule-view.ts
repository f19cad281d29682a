import type { ScheduledRun } from "../../core/site/site.ts";
import type { Piece } from "../piece.ts";
import { localMinute, utc } from "../times.ts";

/** A scheduled run with times as UTC. */
export function scheduleView({ next, last, ...rest }: ScheduledRun): object {
  const told = last && { last: { ...last, due: utc(last.due), at: utc(last.at) } };
  return { ...rest, next: utc(next), ...told };
}

/** What did not go as planned, for people: the last time, or what will not go at all. */
export function scheduleTroubles(planned: readonly ScheduledRun[]): Piece[][] {
  return planned.flatMap(({ host, runbook, trouble, last }): Piece[][] => {
    const head: Piece = { text: `${runbook} on ${host}`, style: "red" };
    if (trouble !== undefined) return [[head, ` will not run: ${trouble}`]];
    if (last === undefined || last.result === "done") return [];
    return [[head, ` ${last.result} ${localMinute(last.due)}: ${last.text}`]];
  });
}
