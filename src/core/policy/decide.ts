import type { Millis } from "../../lib/clock.ts";
import { absorb } from "./absorb.ts";
import { advance } from "./advance.ts";
import { Draft } from "./draft.ts";
import type { Decision, Input, LivePolicy, WatchState } from "./state.ts";

/**
 * The watchdog's judgement, as one pure function: what happened, and the monotonic time, make a new state and wishes.
 * It never asks for an act before `confirmFor` with a probe that nobody answered, never while a person is at the
 * console, under a hold, or while the host is busy; each rung once a case; any sign of life stands it down.
 */
export function decide(policy: LivePolicy, state: WatchState, input: Input, now: Millis): Decision {
  const draft = new Draft(policy, state, now);
  absorb(draft, input);
  advance(draft);
  return { state: draft.state, wishes: draft.wishes };
}
