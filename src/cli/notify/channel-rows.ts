import type { ChannelStatus, ChannelTest } from "../../core/notify/notify-view.ts";
import type { Millis } from "../../lib/clock.ts";
import { formatDuration } from "../../lib/durations.ts";
import type { Piece, Style } from "../piece.ts";
import type { Column } from "../table.ts";
import { utc } from "../times.ts";

/** Columns of `notify list`. */
export const CHANNEL_COLUMNS: readonly Column[] = [
  { title: "CHANNEL" },
  { title: "DRIVER" },
  { title: "FROM" },
  { title: "STATE" },
  { title: "WAITING", align: "right" },
  { title: "SENT", align: "right" },
  { title: "LAST" },
  { title: "WHY", flexible: true },
];

const STYLES: Readonly<Record<ChannelStatus["state"], Style>> = {
  ok: "green",
  unused: "dim",
  failing: "yellow",
  down: "red",
};

/** One row of `notify list`. */
export function channelRow(status: ChannelStatus, now: Millis): Piece[] {
  const { channel, driver, severity, state, waiting, sent, lastSentAt, failingSince } = status;
  const ago = (at: Millis | undefined) =>
    at === undefined ? "-" : `${formatDuration(Math.max(0, now - at))} ago`;
  const word = state === "down" ? "DOWN" : state;
  const since =
    failingSince === undefined ? "" : ` ${formatDuration(Math.max(0, now - failingSince))}`;
  return [
    ...[channel, driver, severity],
    { text: word + since, style: STYLES[state] },
    ...[String(waiting), String(sent), ago(lastSentAt), status.why ?? "-"],
  ];
}

/** A channel with times as UTC. */
export function channelView({ lastSentAt, failingSince, ...status }: ChannelStatus): object {
  return {
    ...status,
    ...(lastSentAt !== undefined && { lastSentAt: utc(lastSentAt) }),
    ...(failingSince !== undefined && { failingSince: utc(failingSince) }),
  };
}

/** The line of one test. */
export function testLine({ channel, result, text, tookMs }: ChannelTest): Piece[] {
  const done = result === "done";
  return [
    { text: channel, style: "bold" },
    "  ",
    { text: done ? "sent" : "FAILED", style: done ? "green" : "red" },
    `  ${text}${done ? `, ${formatDuration(tookMs)}` : ""}`,
  ];
}

/** "2 alerts wait: pager DOWN 12m, mail failing 1m"; undefined where all is well. */
export function channelTrouble(
  channels: readonly ChannelStatus[],
  now: Millis,
): string | undefined {
  const bad = channels.filter(({ state }) => state === "down" || state === "failing");
  if (bad.length === 0) return undefined;
  const each = bad.map(({ channel, state, failingSince = now, waiting }) => {
    const stood = formatDuration(Math.max(0, now - failingSince));
    return `${channel} ${state === "down" ? "DOWN" : state} ${stood}, ${waiting} waiting`;
  });
  return `alerts: ${each.join("; ")}  See: oob notify list`;
}
