import type { Asker, Feed, GuardedAct, Verdict } from "../interlocks/interlock.ts";

/** Who wants what. */
export interface GuardRequest {
  readonly host: string;
  readonly act: GuardedAct;
  readonly asker: Asker;
  readonly by: string;
  /** The person for whom a runbook asks, or who approved what the watchdog asks for. */
  readonly person?: string | undefined;
  /** Who approved it besides that person, where two have to. */
  readonly second?: string | undefined;
  /** Other hosts that the same order names. */
  readonly together?: readonly string[];
  /** Those of them that it moves in one with the host; all where it is not said. */
  readonly asOne?: readonly string[] | undefined;
  /** The same order has just shut the host down, or tried to. */
  readonly afterShutdown?: boolean;
  /** What it is, for a message: "run single-user on web1". */
  readonly what?: string;
  /** Nothing is done whatever comes of it: it is told to a person. */
  readonly onlyToKnow?: boolean;
  /** Overrides what a person may override. */
  readonly force?: boolean;
}

/** All verdicts, and what comes of them. */
export interface Permit {
  readonly allowed: boolean;
  readonly verdicts: readonly Verdict[];
  /** Objections that stand; empty where allowed. */
  readonly objections: readonly Verdict[];
  /** Objections that force overrode. */
  readonly overridden: readonly Verdict[];
  /** The error by which a feed could not be read, where that is an objection. */
  readonly unread?: Feed["cause"];
}
