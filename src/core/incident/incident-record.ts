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

/** What a kernel said when it was asked before a cut. */
export interface CollectedPart {
  /** "SysRq w: tasks that wait and cannot be interrupted" */
  readonly what: string;
  readonly rows: readonly string[];
}

/** What was taken before a rung that takes the host down. `note`: why that is not all; empty where it is. */
export interface Collected {
  readonly at: Millis;
  readonly took: Millis;
  readonly note: string;
  readonly parts: readonly {
    readonly what: string;
    readonly rows: readonly string[];
    readonly all: number;
  }[];
  /** Beside the record, where a kernel said something: all rows. */
  readonly file?: string;
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
  /** The last of the log right before the cut. */
  readonly cut?: Slice;
  readonly after?: Slice;
  readonly collected?: Collected;
  readonly screenBefore?: readonly string[];
  readonly screenCut?: readonly string[];
  readonly screenAfter?: readonly string[];
}
