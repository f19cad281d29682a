import type { HostEntry, SiteConfig } from "../../config/site-config.ts";
import type { Clock, Millis } from "../../lib/clock.ts";
import type { HostState } from "../../sdk/rule.ts";
import type { Audit } from "../audit/audit.ts";
import type { Habits } from "../habit/habits.ts";
import type { Incident, Incidents } from "../incident/incident.ts";
import type { CutShort } from "../policy/resume.ts";
import type { Input, WatchState } from "../policy/state.ts";
import type { Power } from "../power/power.ts";
import type { WatchedConsole } from "../session/watched-console.ts";
import type { Guard } from "./guard.ts";
import type { Holds } from "./holds.ts";
import type { ProbeTimes } from "./probe.ts";

/** A runbook that the watchdog starts as a rung. */
export interface RungRunbook {
  /** "sysrq-reboot", "single-user": as `oob run` knows it. */
  readonly name: string;
  readonly host: HostEntry;
  readonly id: string;
  readonly by: string;
  /** Who approved it, in mode ask. */
  readonly person?: string;
  /** Who approved it besides, where two have to. */
  readonly second?: string;
  readonly reason: string;
  readonly incident: number;
  readonly onText: (text: string) => void;
  readonly signal: AbortSignal;
}

/** Whether an address answers one ICMP echo; the text says how it went. */
export type Ping = (
  address: string,
) => Promise<{ readonly answers: boolean; readonly text: string }>;

/** A host with its console. */
export interface WatchedHost {
  readonly entry: HostEntry;
  readonly console: WatchedConsole;
}

/** What a watchdog is made of. */
export interface WatchdogParts {
  readonly hosts: readonly WatchedHost[];
  /** Every host of the configuration, watched here or not: for shared outlets and budgets. */
  readonly site: ReadonlyMap<string, HostEntry>;
  readonly fleet: SiteConfig["fleet"];
  readonly power: Pick<Power, "readHost" | "switchHost" | "outletKeys">;
  readonly runRunbook: (run: RungRunbook) => Promise<"done" | "failed" | "refused">;
  readonly audit: Audit;
  readonly holds: Holds;
  readonly incidents: Incidents;
  readonly clock: Clock;
  readonly probeTimes?: ProbeTimes;
  /** Asks an address by ICMP; the system's ping where it is not said. */
  readonly ping?: Ping;
  /** What is learnt of each console. */
  readonly habits?: Pick<Habits, "keeperOf">;
  /** What the outlets' loads tell of a host, for its incident. No decision looks at it. */
  readonly loadOf?: (host: string) => string | undefined;
}

/** The parts that one host's watch uses. */
export type HostParts = Omit<WatchdogParts, "hosts" | "site" | "fleet"> & { readonly guard: Guard };

/** Where a watch stands, and where it is told what happened. */
export interface Mind {
  readonly state: WatchState;
  give(input: Input): void;
}

/** What the watchdog thinks of a host. `since` is Unix ms. */
export interface WatchStatus {
  readonly state: HostState | "unknown";
  readonly class: string;
  readonly why: string;
  readonly since: Millis;
  readonly next: string;
  readonly incident?: number;
}

/** Who the watchdog is, at a seat and in the audit trail. */
export const WATCHDOG = "watchdog";

/** An incident that a restart left open. */
export interface LeftIncident {
  readonly incident: Incident;
  readonly cutShort: CutShort | undefined;
}
