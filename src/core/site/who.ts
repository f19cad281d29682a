import type { Millis } from "../../lib/clock.ts";

/** How somebody goes: by their own wish, or because their connection broke. */
export type LeaveHow = "left" | "lost" | "hung-up";

/** Who wrote last at a console. */
export interface LastVisit {
  readonly who: string;
  readonly until: Millis;
  /** "left", "was idle for 30m", "was put off by max: fan on fire" */
  readonly how: string;
}

/** A shell that somebody is logged in to. `by`: who left it open, where that is known. */
export interface OpenShell {
  readonly root: boolean;
  readonly since?: Millis;
  readonly by?: string;
}

/** Somebody at a console, as `oob who` lists them. Times are Unix ms. */
export interface SessionView {
  /** "web1/3"; absent for the watchdog and runbooks, which nobody can send away. */
  readonly session?: string;
  readonly host: string;
  readonly who: string;
  /** "join": writes beside the one who writes. */
  readonly mode: "write" | "join" | "read";
  readonly since: Millis;
  /** Time since they typed, or since they came. */
  readonly idle: Millis;
  /** Bytes typed. */
  readonly typed?: number;
  /** As their client says. */
  readonly from?: string;
}
