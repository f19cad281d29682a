import type { Rung } from "../../config/site-config.ts";
import type { Millis } from "../../lib/clock.ts";
import { DENIED } from "./asking.ts";
import type { Case, WatchState } from "./state.ts";

/** What is known of a rung that a restart cut short. `not-begun`: nothing was sent. */
export type CutShort = { readonly rung: Rung; readonly how: "not-begun" | "done" | "unknown" };

/**
 * Takes up a case after a restart. Everything has to be proven again; a rung that was begun is never begun again.
 * The console was seen alive: the incident itself is the witness. It is cut only where it used to answer, and does not.
 */
export function resume(
  state: WatchState,
  of: Case,
  given: { readonly cutShort: CutShort | undefined; readonly waits: boolean },
  now: Millis,
  bootWithin: Millis,
): WatchState {
  const answers = of.asked ? "yes" : of.answered ? "prompt" : state.answers;
  // Nobody looked while no process ran: the host may have been mended, and be silent because that is its way.
  const again: Case = { ...of, cause: { ...of.cause, live: false }, began: now };
  const alive = { ...state, seenAlive: true, answers, everAlive: true, quietSince: now } as const;
  const denied = of.told.includes(DENIED);
  if (given.waits || denied) {
    const why = denied ? "a person denied it before the restart" : "gave up before the restart";
    return { ...alive, phase: { is: "waiting", case: again, why } };
  }
  const { cutShort } = given;
  if (cutShort && cutShort.how !== "not-begun") {
    const deadline = now + bootWithin;
    return { ...alive, phase: { is: "watching", case: again, rung: cutShort.rung, deadline } };
  }
  return {
    ...alive,
    phase: {
      is: "suspect",
      case: again,
      since: now,
      notBefore: now,
      waitsFor: "",
      failures: undefined,
      probing: false,
    },
  };
}
