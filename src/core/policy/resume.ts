import type { Rung } from "../../config/site-config.ts";
import type { Millis } from "../../lib/clock.ts";
import { SILENCE } from "./classes.ts";
import type { Case, WatchState } from "./state.ts";

/** What is known of a rung that a restart cut short. `not-begun`: nothing was sent. */
export type CutShort = { readonly rung: Rung; readonly how: "not-begun" | "done" | "unknown" };

/**
 * Takes up a case after a restart. Everything has to be proven again; a rung that was begun is never begun again.
 * The console was seen alive: the incident itself is the witness.
 */
export function resume(
  state: WatchState,
  of: Case,
  given: { readonly cutShort: CutShort | undefined; readonly waits: boolean },
  now: Millis,
  bootWithin: Millis,
): WatchState {
  // Silence alone was counted only where somebody had answered before.
  const answers = of.cause.class === SILENCE ? "yes" : state.answers;
  const alive = { ...state, seenAlive: true, answers, everAlive: true, quietSince: now } as const;
  if (given.waits)
    return { ...alive, phase: { is: "waiting", case: of, why: "gave up before the restart" } };
  const { cutShort } = given;
  if (cutShort && cutShort.how !== "not-begun") {
    const deadline = now + bootWithin;
    return { ...alive, phase: { is: "watching", case: of, rung: cutShort.rung, deadline } };
  }
  return {
    ...alive,
    phase: {
      is: "suspect",
      case: of,
      since: now,
      notBefore: now,
      waitsFor: "",
      failures: undefined,
      probing: false,
    },
  };
}
