import type { Millis } from "../../lib/clock.ts";

/** One incident's head; the folder holds the rest. */
export interface IncidentSummary {
  readonly id: number;
  readonly host: string;
  readonly state: "open" | "recovered" | "given-up" | "closed" | "observed";
  readonly openedAt: Millis;
  readonly closedAt?: Millis;
  readonly means: string;
  readonly class: string;
  readonly acts: readonly string[];
  readonly folder: string;
}
