import type { Millis } from "../../lib/clock.ts";
import { kindOf } from "./classes.ts";
import { type Draft, inWords } from "./draft.ts";

/** What keeps hands off a suspected host. */
export interface Blocked {
  readonly key: string;
  readonly text: string;
  readonly until: Millis | undefined;
  readonly pages: boolean;
}

/** A person at the console, or who typed a moment ago. */
export function personUntil(draft: Draft): Blocked | undefined {
  const { seat, phase } = draft.state;
  // Whoever approved the act is not in the way of it by sitting there, nor by what was typed before.
  const approved = phase.is === "suspect" ? phase.approved : undefined;
  if (seat && seat.who !== approved?.by)
    return { key: "seat", text: `${seat.who} has the seat`, until: undefined, pages: seat.person };
  const typedAt = typedAfter(draft.state.typedAt, approved?.at);
  const until = (typedAt ?? Number.NEGATIVE_INFINITY) + draft.policy.handsOff;
  if (until <= draft.now) return undefined;
  const ago = inWords(draft.now - (typedAt ?? draft.now));
  return { key: "typed", text: `a person typed ${ago} ago`, until, pages: true };
}

const typedAfter = (typedAt: Millis | undefined, than: Millis | undefined): Millis | undefined =>
  typedAt !== undefined && than !== undefined && typedAt < than ? undefined : typedAt;

/** The first thing that keeps hands off, undefined where nothing does. */
export function blocked(draft: Draft): Blocked | undefined {
  const { held, linkUp, seen } = draft.state;
  if (held) return { key: "hold", text: held, until: undefined, pages: false };
  if (!linkUp) return { key: "link", text: "the console is down", until: undefined, pages: true };
  if (kindOf(seen) === "busy")
    return { key: "busy", text: seen.means, until: undefined, pages: false };
  return personUntil(draft);
}
