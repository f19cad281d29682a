import type { Rung, WatchMode } from "../../config/site-config.ts";
import type { Millis } from "../../lib/clock.ts";
import type { Action, HostState } from "../../sdk/rule.ts";
import type { IncidentLink } from "../incident/incident-link.ts";
import type { LinkRight } from "../incident/link-token.ts";
import type { RunMark } from "./run-doors.ts";

/** What is thought of a host. `since` is Unix ms. */
export interface HostHealth {
  readonly state: HostState | "unknown";
  readonly class: string;
  readonly why: string;
  readonly since: Millis;
}

/** What was seen on a console. `at`: offset in its stream; `seenAt`: when it came, if this process saw it come. */
export interface WhyEvidence {
  readonly rule: string;
  readonly means: string;
  readonly class: string;
  readonly state: HostState;
  readonly action: Action;
  readonly at: number;
  readonly line: string;
  readonly seenAt?: Millis;
}

/** What will be done, and when. */
export interface WhyStep {
  readonly text: string;
  readonly at?: Millis;
  readonly rung?: Rung;
}

/** What a person is asked in mode ask. */
export interface WhyAsk {
  readonly rung: Rung;
  readonly until: Millis;
}

/** Everything behind what is thought of a host. Times are Unix ms. */
export interface WhyView {
  readonly host: string;
  readonly at: Millis;
  readonly mode: WatchMode;
  readonly precious: boolean;
  readonly health: HostHealth;
  /** Where the watch stands; "unwatched": no daemon runs, or the mode is off. */
  readonly phase: "calm" | "suspect" | "acting" | "watching" | "waiting" | "unwatched";
  readonly facts: readonly string[];
  readonly evidence: readonly WhyEvidence[];
  readonly probes: readonly {
    readonly at: Millis;
    readonly answer: string;
    readonly text: string;
    readonly steps: readonly {
      readonly at: Millis;
      readonly tried: string;
      readonly answer: string;
    }[];
  }[];
  /** What every interlock says now to the rung that would be climbed next; absent where none is asked. */
  readonly interlocks?: {
    readonly act: string;
    readonly verdicts: readonly {
      readonly interlock: string;
      readonly passes: boolean;
      readonly text: string;
    }[];
  };
  /** What the console usually does, as far as it was learnt. */
  readonly habit?: readonly string[];
  readonly next: WhyStep;
  /** What follows if the host stays silent, answers nothing, and no interlock objects. */
  readonly foreseen: readonly WhyStep[];
  /** The rung that would be climbed next, in mode act. */
  readonly rung?: Rung;
  readonly incident?: number;
  /** A runbook stopped half-way here. */
  readonly mark?: RunMark;
  readonly ask?: WhyAsk;
}

/** What a site tells and takes of its watchdog's judgement. */
export interface WatchSite {
  /** Why a host is judged as it is. `interlocks`: ask them, which reads the outlets. Nothing is typed or switched. */
  why(host: string, options: { readonly interlocks: boolean }): Promise<WhyView>;
  closeIncident(id: number, reason: string): Promise<void>;
  /**
   * Yes to the rung that `why` showed. What comes of it is told in the events. `confirm`: the answer to the question that
   * stands before it, "y" or the name of a precious host; the daemon refuses what comes over its socket without it.
   */
  approveIncident(
    id: number,
    rung: Rung,
    reason: string,
    confirm?: string,
    /** Who approved it besides, where two have to. The daemon says so; it never comes over a socket. */
    second?: string,
  ): Promise<void>;
  denyIncident(id: number, reason: string): Promise<void>;
  /** A link to the page of an incident, for whoever may approve it. */
  incidentLink(id: number, may: LinkRight): Promise<IncidentLink>;
}
