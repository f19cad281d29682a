import type { AnchorStatus } from "../../core/notify/notify-view.ts";
import type { Millis } from "../../lib/clock.ts";
import { formatDuration } from "../../lib/durations.ts";
import type { Piece, Style } from "../piece.ts";
import type { Column } from "../table.ts";
import { utc } from "../times.ts";

/** Columns of `anchor list`. */
export const ANCHOR_COLUMNS: readonly Column[] = [
  { title: "ANCHOR" },
  { title: "STATE" },
  { title: "LOGS", align: "right" },
  { title: "LAST" },
  { title: "WAY" },
  { title: "WHY", flexible: true },
];

const STYLES: Readonly<Record<AnchorStatus["state"], Style>> = {
  ok: "green",
  unused: "dim",
  failing: "yellow",
  late: "red",
};

const since = (at: Millis, now: Millis): string => formatDuration(Math.max(0, now - at));

/** One row of `anchor list`. */
export function anchorRow(status: AnchorStatus, now: Millis): Piece[] {
  const { anchor, way, state, logs, deliveredAt, failingSince, why } = status;
  const word = state === "late" ? "LATE" : state;
  const stood = failingSince === undefined ? "" : ` ${since(failingSince, now)}`;
  return [
    anchor,
    { text: word + stood, style: STYLES[state] },
    String(logs),
    ...[deliveredAt === undefined ? "-" : `${since(deliveredAt, now)} ago`, way, why ?? "-"],
  ];
}

/** An anchor with times as UTC. */
export function anchorView({ deliveredAt, failingSince, ...status }: AnchorStatus): object {
  return {
    ...status,
    ...(deliveredAt !== undefined && { deliveredAt: utc(deliveredAt) }),
    ...(failingSince !== undefined && { failingSince: utc(failingSince) }),
  };
}

/** "not anchored: loghost for 3h 10m"; undefined where none is late. */
export function anchorTrouble(anchors: readonly AnchorStatus[], now: Millis): string | undefined {
  const late = anchors.filter(({ state }) => state === "late");
  if (late.length === 0) return undefined;
  const each = late.map(
    ({ anchor, failingSince = now }) => `${anchor} for ${since(failingSince, now)}`,
  );
  return `logs are not anchored: ${each.join("; ")}  See: oob anchor list`;
}
