import type { Millis } from "../../lib/clock.ts";
import type { PowerState } from "../../sdk/power.ts";

/** Least, mean and most of what was read within a time. */
export interface Spread {
  readonly least: number;
  readonly mean: number;
  readonly most: number;
}

/** What was read of an outlet within one step of a history. Steps in which nothing was read are left out. */
export interface LoadPoint {
  /** Unix ms: where the step begins. */
  readonly at: Millis;
  readonly readings: number;
  /** The last one of the step. */
  readonly state: PowerState;
  readonly amps?: Spread;
  readonly watts?: Spread;
}

/** The history of one outlet of a host. */
export interface OutletLoad {
  readonly host: string;
  /** "pdu-a/3" */
  readonly outlet: string;
  readonly since: Millis;
  readonly until: Millis;
  readonly step: Millis;
  readonly points: readonly LoadPoint[];
  /** What the newest readings tell of the host: "draws 0 W", "idle plateau". Evidence, nothing more. */
  readonly sign?: string;
  /** Why there is nothing: "pdu-a does not meter". */
  readonly note?: string;
}

/** Which part of the history. */
export interface LoadQuery {
  readonly hosts: readonly string[];
  readonly since: Millis;
  /** In how many steps at most. */
  readonly steps: number;
}
