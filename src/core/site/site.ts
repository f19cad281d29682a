import type { Rating, WatchMode } from "../../config/site-config.ts";
import type { Millis } from "../../lib/clock.ts";
import type { Call } from "../../sdk/modem/calls.ts";
import type { PduReading, PowerState } from "../../sdk/power.ts";
import type { IncidentSummary } from "../incident/incident-summary.ts";
import type { ChannelDoors } from "../notify/notify-view.ts";
import type { IntentDoors } from "./intent-doors.ts";
import type { LineAct, LineEvent } from "./line-act.ts";
import type { LoadQuery, OutletLoad } from "./load-view.ts";
import type { LogQuery, LogRecord } from "./log-query.ts";
import type { PowerRequest, ProveRequest } from "./power-request.ts";
import type { RunDoors, RunMark } from "./run-doors.ts";
import type { HostHealth, WatchSite } from "./watch-site.ts";
import type { LastVisit, LeaveHow, OpenShell, SessionView } from "./who.ts";

export type { IncidentSummary } from "../incident/incident-summary.ts";
export type { IntentView } from "./intent-doors.ts";
export type { LogQuery, LogRecord } from "./log-query.ts";
export type { PowerRequest, PowerVerb, ProveRequest } from "./power-request.ts";
export type {
  DailyHost,
  DailyPage,
  ReportSummary,
  ReportView,
  RunbookSummary,
  RunEvent,
  RunMark,
  RunRequest,
  ScheduledRun,
} from "./run-doors.ts";
export type { WhyStep, WhyView } from "./watch-site.ts";

/** A row of `oob status`. Times are Unix ms. */
export interface HostStatus {
  readonly host: string;
  readonly os: string;
  /** Asks for more than "y" before it is switched. */
  readonly precious: boolean;
  readonly console: {
    /** "idle": opened on demand, and nobody wants it. */
    readonly is: "up" | "down" | "opening" | "closed" | "idle";
    readonly label: string;
    readonly why?: string;
  };
  readonly power: PowerState;
  /** Outlets as last read; empty where none is configured, or none was read yet. */
  readonly outlets: readonly OutletStatus[];
  /** Outlets of the configuration: "pdu-a/3". */
  readonly feeds: readonly string[];
  readonly health: HostHealth;
  /** What the outlets' loads tell of the host: "pdu-a/3 draws 0 W". Nothing is decided by it. */
  readonly load?: string;
  readonly watch: { readonly mode: WatchMode; readonly next?: string };
  readonly hold?: Hold;
  readonly writer?: string;
  readonly watchers: readonly string[];
  readonly lastLine: string;
  readonly lastByteAt?: Millis;
  readonly incident?: number;
  /** A runbook stopped half-way here, and nobody has cleared it. */
  readonly mark?: RunMark;
  /** The runbook of the schedule that comes next. */
  readonly scheduled?: { readonly runbook: string; readonly at: Millis };
  /** What of it is reached in clear text by consent: "console", PDUs. */
  readonly insecure?: readonly string[];
  /** Why its log, which goes on, is not sealed at the moment. */
  readonly unsealed?: string;
}

/** One outlet of a host as just read. */
export interface OutletStatus {
  /** "pdu-a/3" */
  readonly id: string;
  readonly state: PowerState;
  readonly pending: boolean;
  readonly amps?: number;
  readonly watts?: number;
  /** What it is made for, as the configuration says. */
  readonly rating?: Rating;
  readonly name?: string;
  readonly readAt: Millis;
  /** Why the state is unknown, and by which error where there was one. */
  readonly error?: string;
  readonly cause?: { readonly code: string; readonly hint?: string };
  /** The device has no such outlet, or several that fit. */
  readonly missing?: boolean;
  /** Why it must never be switched off: it feeds this box, or the way to its PDU. */
  readonly lifeline?: string;
  /** What its PDU (the fullest phase of it) draws, may draw, and what this outlet drew when it was on. */
  readonly load?: { readonly amps: number; readonly limit: number; readonly drew?: number };
}

/** Nothing acts on the host until then. */
export interface Hold {
  readonly by: string;
  readonly until: Millis;
  readonly reason: string;
}

/** What is known of a verb's outcome. `unknown`: it may or may not have happened. */
export type PowerResult = "done" | "failed" | "refused" | "unknown";

/** A line of progress or, with `result`, the end for one host. */
export interface PowerEvent {
  readonly at: Millis;
  readonly host: string;
  readonly outlet?: string;
  readonly text: string;
  readonly state?: PowerState;
  readonly result?: PowerResult;
  readonly error?: { readonly code: string; readonly message: string; readonly hint?: string };
  readonly outlets?: readonly OutletStatus[];
}

/** How somebody wants to be at a console. */
export interface AttachRequest {
  readonly host: string;
  readonly mode: "write" | "read" | "force" | "join";
  readonly reason: string;
  readonly replayLines: number;
  readonly filter: "safe" | "strict" | "raw";
  readonly columns: number;
  readonly rows: number;
  /** Where the person comes from, as their client says: shown to others, proves nothing. */
  readonly from?: string;
}

/** What an attached person is told, in order. */
export type AttachEvent =
  | {
      readonly is: "welcome";
      readonly status: HostStatus;
      readonly seat: SeatView;
      /** Escape key of the configuration, for whoever did not choose one. */
      readonly escape?: string;
      /** The filter in force: the one asked for, or the stricter one of the configuration. */
      readonly filter: AttachRequest["filter"];
    }
  /** Already filtered for the person's terminal. `repaint`: a whole screen follows after a skip. */
  | { readonly is: "bytes"; readonly bytes: Uint8Array; readonly replay: boolean }
  | { readonly is: "skipped"; readonly bytes: number }
  | { readonly is: "seat"; readonly seat: SeatView; readonly text: string }
  | { readonly is: "notice"; readonly text: string }
  | { readonly is: "ended"; readonly why: string };

/** Who writes and who reads. */
export interface SeatView {
  readonly mine: "write" | "read";
  readonly writer?: { readonly who: string; readonly since: Millis; readonly idle: Millis };
  readonly others: readonly {
    readonly who: string;
    readonly since: Millis;
    readonly mode: "write" | "read";
  }[];
  readonly lastWriter?: LastVisit;
  /** In the welcome: a shell that waits for whoever comes. */
  readonly openShell?: OpenShell;
}

/** Somebody's place at a console. */
export interface Attachment {
  readonly events: AsyncIterable<AttachEvent>;
  write(bytes: Uint8Array): Promise<void>;
  sendBreak(ms?: Millis): Promise<void>;
  setMode(mode: "write" | "read" | "force" | "join", reason: string): Promise<void>;
  /** Repaint from the screen, after so many of the lines before it. */
  repaint(lines?: number): Promise<void>;
  /** A note into the log's marks and the audit trail. */
  note(text: string): Promise<void>;
  /** Says something to the others here; gives those who were told. */
  message(text: string): Promise<readonly SessionView[]>;
  /** Opens the console at once where it is down and waits for its next attempt. */
  reopen(): Promise<void>;
  leave(how?: LeaveHow): Promise<void>;
}

/** What the visible screen of a console holds. */
export interface ScreenShot {
  readonly host: string;
  readonly rows: readonly string[];
  readonly columns: number;
  readonly cursor: { readonly row: number; readonly column: number; readonly visible: boolean };
}

/** Something that happened: the audit trail and the watchdog's story, one JSON line each. */
export interface SiteEvent {
  readonly seq: number;
  /** Unix ms. */
  readonly at: Millis;
  readonly host?: string;
  /** "console.up", "session.attach", "watch.suspect", "power.intent", "power.outcome", "incident.open" … */
  readonly type: string;
  readonly by: string;
  readonly text: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

/**
 * All that a command can ask of a site. The daemon serves it over its socket (daemon/client gives the same interface),
 * and without a daemon the command opens the devices itself (core/local-site).
 */
export interface Site extends WatchSite, ChannelDoors, RunDoors, IntentDoors<PowerEvent> {
  /** "daemon" or "direct": who has the devices. */
  readonly via: "daemon" | "direct";
  hosts(): Promise<readonly string[]>;
  /** Groups of hosts by name, as the configuration has them. */
  groups(): Promise<Readonly<Record<string, readonly string[]>>>;
  status(
    hosts: readonly string[],
    options: { readonly power: boolean },
  ): Promise<readonly HostStatus[]>;
  attach(request: AttachRequest): Promise<Attachment>;
  /** Everybody at the consoles of these hosts, or of all. */
  who(hosts: readonly string[]): Promise<readonly SessionView[]>;
  /** Sends a session ("web1/3") away; gives what it was. */
  kick(session: string, reason: string): Promise<SessionView>;
  /** Says something to a session, or to everybody at the console of a host; gives those who were told. */
  message(to: string, text: string): Promise<readonly SessionView[]>;
  /** Telephone calls of hosts on record, oldest first; of all and of PDUs where none is named. */
  calls(hosts: readonly string[]): Promise<readonly Call[]>;
  line(request: { readonly host: string; readonly act: LineAct }): AsyncIterable<LineEvent>;
  screen(host: string): Promise<ScreenShot>;
  log(query: LogQuery): AsyncIterable<LogRecord>;
  powerStatus(hosts: readonly string[]): Promise<
    readonly {
      readonly host: string;
      readonly power: PowerState;
      readonly outlets: readonly OutletStatus[];
    }[]
  >;
  power(request: PowerRequest): AsyncIterable<PowerEvent>;
  outlets(pdu: string): Promise<PduReading>;
  proveMap(request: ProveRequest): AsyncIterable<PowerEvent>;
  /** What the outlets of hosts have drawn. */
  loads(query: LoadQuery): Promise<readonly OutletLoad[]>;
  hold(hosts: readonly string[], forMs: Millis, reason: string): Promise<void>;
  /** Ends holds; gives the hosts that had one. */
  release(hosts: readonly string[]): Promise<readonly string[]>;
  events(query: {
    readonly hosts: readonly string[];
    readonly since?: Millis;
    readonly type?: string;
    readonly follow: boolean;
  }): AsyncIterable<SiteEvent>;
  incidents(hosts: readonly string[]): Promise<readonly IncidentSummary[]>;
  /** `record`: all of it, for programs. */
  incident(id: number): Promise<{
    readonly summary: IncidentSummary;
    readonly report: string;
    readonly record?: object;
  }>;
  /** Live rows; in direct mode this also runs the watchdog in this process. */
  watch(hosts: readonly string[]): AsyncIterable<readonly HostStatus[]>;
  /** Of a site that a daemon holds: reaches whichever daemon holds it now. Throws DAEMON_UNREACHABLE. */
  readonly reopen?: () => Promise<Site>;
  close(): Promise<void>;
}
