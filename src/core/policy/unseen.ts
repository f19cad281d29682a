import type { Millis } from "../../lib/clock.ts";
import { seconds } from "../../lib/durations.ts";
import { mayProbe } from "./absorb.ts";
import { personUntil } from "./blocked.ts";
import type { Draft } from "./draft.ts";
import type { Phase } from "./state.ts";

export type Watching = Extract<Phase, { is: "watching" }>;

/** A host that boots prints something more within this; one that has booted waits for Enter. */
const UNSEEN = seconds(10);

/**
 * A console that comes back after its host (a virtual machine's, one fed by the same outlet) may have missed the whole
 * boot. Where it is silent, it is asked once, and has recovered where it answers and is silent again. Gives the time at
 * which that is due.
 */
export function lookUnseen(draft: Draft, phase: Watching): Millis | undefined {
  const { unseen, case: current } = phase;
  if (!unseen || current.booted || current.tried.length === 0) return undefined;
  const due = unseen.since + UNSEEN;
  if (unseen.answer !== undefined) {
    if (draft.now < due) return due;
    draft.standDown(`the console answers: ${unseen.answer}`);
    return undefined;
  }
  if (unseen.asked || draft.policy.mode === "observe") return undefined;
  if (draft.state.held || personUntil(draft) || !mayProbe(draft.state.seen)) return undefined;
  if (draft.now < due) return due;
  draft.to({ ...phase, unseen: { ...unseen, asked: true } });
  draft.wish({ is: "probe" });
  return undefined;
}
