import type { Rung } from "../../config/site-config.ts";
import type { Millis } from "../../lib/clock.ts";
import type { Evidence } from "../../sdk/rule.ts";
import type { Verdict } from "../interlocks/interlock.ts";
import type { Case, RungEnd } from "../policy/state.ts";
import type { IncidentSummary } from "../site/site.ts";
import type { ProbeReport } from "../watchdog/probe.ts";

/** One rung as it was carried out. Times are Unix ms. */
export interface ActRecord {
  readonly id: string;
  readonly rung: Rung;
  readonly begunAt: Millis;
  readonly endedAt?: Millis;
  readonly how?: RungEnd;
  readonly text?: string;
  readonly steps: readonly { readonly at: Millis; readonly text: string }[];
}

/** Bytes of the console that are kept beside the record. */
interface Slice {
  readonly file: string;
  readonly offset: number;
  readonly bytes: number;
}

/** All that is known of an incident. */
export interface IncidentRecord {
  readonly id: number;
  readonly host: string;
  readonly state: IncidentSummary["state"];
  readonly openedAt: Millis;
  readonly closedAt?: Millis;
  readonly closing?: string;
  readonly case: Case;
  readonly evidence: readonly Evidence[];
  readonly probes: readonly (ProbeReport & { readonly at: Millis })[];
  readonly verdicts: readonly {
    readonly at: Millis;
    readonly act: string;
    readonly verdicts: readonly Verdict[];
  }[];
  readonly acts: readonly ActRecord[];
  readonly story: readonly { readonly at: Millis; readonly type: string; readonly text: string }[];
  readonly before?: Slice;
  readonly after?: Slice;
  readonly screenBefore?: readonly string[];
  readonly screenAfter?: readonly string[];
}
