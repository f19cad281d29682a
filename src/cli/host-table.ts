import type { HostStatus, OutletStatus } from "../core/site/site.ts";
import type { Millis } from "../lib/clock.ts";
import { formatDuration } from "../lib/durations.ts";
import type { PowerState } from "../sdk/power.ts";
import { HEALTH_STYLES } from "./health-styles.ts";
import type { Piece, Style } from "./piece.ts";
import type { Column } from "./table.ts";
import { shortTime } from "./times.ts";

/** Columns of `status` and `watch`. */
export const HOST_COLUMNS: readonly Column[] = [
  { title: "HOST" },
  { title: "CONSOLE" },
  { title: "POWER" },
  { title: "HEALTH" },
  { title: "SINCE", align: "right" },
  { title: "WRITER" },
  { title: "LAST LINE", flexible: true },
];

/** One row of `status` and `watch`. */
export function hostRow(status: HostStatus, now: Millis): Piece[] {
  const { health, hold } = status;
  return [
    status.host,
    consolePiece(status),
    powerPiece(status),
    healthPiece(status),
    health.state === "unknown" ? "-" : formatDuration(Math.max(0, now - health.since)),
    status.writer ?? "-",
    `${markOf(status)}${status.unsealed === undefined ? "" : "[log not sealed] "}${hold === undefined ? lastLine(status) : `[held by ${hold.by}: ${hold.reason}]`}`,
  ];
}

/** A runbook that stopped half-way goes before all else: the host is in a state that nobody planned. */
const markOf = ({ mark }: HostStatus): string =>
  mark === undefined ? "" : `[${mark.runbook} stopped half-way] `;

/** What people say for classes of warnings and of a host that is busy; the others are read as they are written. */
const PEOPLE_SAY: Readonly<Record<string, string>> = {
  boot: "booting",
  reboot: "rebooted",
  "os-install": "installing",
  upgrade: "upgrading",
  "crash-dump": "writing a dump",
  "start-job": "waits to start",
  "stop-job": "waits to stop",
  oom: "out of memory",
  mce: "hardware error",
};

/** What a host was when its console was last seen is not what it is: "was ok". A fault that was seen stands. */
function healthPiece(status: HostStatus): Piece {
  const { console, health } = status;
  const blind = console.is === "down" && /^(?:healthy|warning|busy)$/.test(health.state);
  const word = healthWord(status);
  return blind
    ? { text: `was ${word}`, style: "dim" }
    : { text: word, style: HEALTH_STYLES[health.state] };
}

// What is wrong is written in capitals: colour is never the only sign.
function healthWord({ health }: HostStatus): string {
  switch (health.state) {
    case "healthy":
      return "ok";
    case "crash":
    case "stuck":
      return `${health.state.toUpperCase()} ${health.class}`;
    case "warning":
    case "busy":
      return PEOPLE_SAY[health.class] ?? (health.class.replaceAll("-", " ") || health.state);
    case "unknown":
      return "unknown";
  }
}

function consolePiece({ console }: HostStatus): Piece {
  if (console.is === "up") return { text: "up", style: "green" };
  if (console.is === "idle") return { text: "on demand", style: "dim" };
  return console.is === "down" ? { text: "DOWN", style: "red" } : console.is;
}

function lastLine(status: HostStatus): string {
  const { console, lastLine: text, incident } = status;
  const { is, why } = console;
  const { load } = status;
  if ((is === "down" || is === "idle") && why !== undefined)
    return load === undefined ? `[${why}]` : `[${load}] [${why}]`;
  const told = [
    ...(incident === undefined ? [] : [`[incident ${incident}]`]),
    ...loadOf(status),
    text,
  ];
  return told.join(" ");
}

/** What the outlets tell of a host that is not well, or whose console says nothing about it. */
function loadOf({ load, health }: HostStatus): string[] {
  return load === undefined || health.state === "healthy" ? [] : [`[${load}]`];
}

const POWER_STYLES: Readonly<Record<PowerState, Style>> = {
  on: "green",
  off: "yellow",
  unknown: "red",
};

/** "on", or feed by feed "on+off!" where they differ. Unknown stays unknown. */
function powerPiece({ power, outlets, feeds }: HostStatus): Piece {
  if (outlets.length === 0 && power === "unknown")
    return feeds.length === 0 ? "-" : { text: "not read", style: "dim" };
  if (outlets.length === 0) return power;
  const states = outlets.map(stateWord);
  const differ = new Set(outlets.map((outlet) => outlet.state)).size > 1;
  const text = states.join("+") + (differ ? "!" : "");
  return { text, style: differ ? "yellow" : POWER_STYLES[power] };
}

/** The state of an outlet in a word; "~": a command is under way. */
export function stateWord(outlet: Pick<OutletStatus, "state" | "pending">): string {
  return outlet.pending ? `${outlet.state}~` : outlet.state;
}

/** A power state as a piece. */
export function statePiece(outlet: Pick<OutletStatus, "state" | "pending">): Piece {
  return { text: stateWord(outlet), style: POWER_STYLES[outlet.state] };
}

/** "5 hosts · 1 stuck · 2 held" */
export function summary(rows: readonly HostStatus[]): string {
  const count = (word: string, is: (row: HostStatus) => boolean, words = word) => {
    const n = rows.filter(is).length;
    return n === 0 ? [] : [`${n} ${n === 1 ? word : words}`];
  };
  return [
    `${rows.length} ${rows.length === 1 ? "host" : "hosts"}`,
    ...count("crashed", (row) => row.health.state === "crash"),
    ...count("stuck", (row) => row.health.state === "stuck"),
    ...count("console down", (row) => row.console.is === "down", "consoles down"),
    ...count("power unknown", (row) => row.outlets.length > 0 && row.power === "unknown"),
    ...count("held", (row) => row.hold !== undefined),
    ...count("half-way", (row) => row.mark !== undefined),
    ...nextIn(rows),
  ].join(" · ");
}

/** "next: daily-check 06:30 on 12 hosts" */
function nextIn(rows: readonly HostStatus[]): string[] {
  const planned = rows.flatMap(({ scheduled }) => (scheduled ? [scheduled] : []));
  const [first] = planned.sort((a, b) => a.at - b.at);
  if (first === undefined) return [];
  const { runbook, at } = first;
  const hosts = planned.filter((one) => one.at === at && one.runbook === runbook).length;
  const on = hosts === rows.length ? "" : ` on ${hosts} ${hosts === 1 ? "host" : "hosts"}`;
  return [`next: ${runbook} ${shortTime(at)}${on}`];
}
