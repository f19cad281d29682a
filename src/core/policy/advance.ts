/**
 * What time alone brings about. A suspicion goes this way; every arrow needs all that stands before it:
 *
 *   suspect ─ settled ─► probe ─ unanswered ─► confirmFor over, a fresh probe unanswered ─► next rung ─► watching
 *      ▲                                                                                               │
 *      └──────────────────────────── no login within bootWithin: the next rung ◄───────────────────────┘
 */
import type { Rung } from "../../config/site-config.ts";
import type { Millis } from "../../lib/clock.ts";
import { minutes, seconds } from "../../lib/durations.ts";
import { mayProbe } from "./absorb.ts";
import { silenceOf } from "./answer.ts";
import { lookApproval, waiting } from "./asking.ts";
import { type Blocked, blocked, personUntil } from "./blocked.ts";
import { kindOf, mayCut, NO_LOGIN, SILENCE, UNUSUAL_SILENCE } from "./classes.ts";
import { type Draft, inWords, PAGED, rungInWords, type Suspect } from "./draft.ts";
import { climb, nextRung } from "./ladder.ts";
import { movedAt, stallsAt } from "./stall.ts";
import type { WatchState } from "./state.ts";
import { lookUnseen, type Watching } from "./unseen.ts";

/** A crash prints for some seconds; a survivor shows its prompt within this (measured on recordings). */
const SETTLE = seconds(30);
/** A probe older than this proves nothing about now. */
const PROBE_FRESH = seconds(30);
/** Output that still runs hides an answer, and cuts lines in halves. */
const QUIET_FIRST = seconds(3);
/** What a host may survive (a paused machine, a slow disk) is given this long to pass (lockups of 2 min measured). */
const MAY_PASS = minutes(5);
/** A suspicion that can be neither proven nor refuted for this long (a console that flaps) calls a person. */
const UNRESOLVED = minutes(15);

export function advance(draft: Draft): void {
  // Each phase may lead to the next at once; five is more than there are phases.
  for (let turn = 0; turn < 5; turn++) {
    const before = draft.state.phase;
    step(draft);
    if (draft.state.phase.is === before.is) return;
  }
}

function step(draft: Draft): void {
  const { phase } = draft.state;
  if (draft.policy.mode === "off") {
    draft.next("not watched");
    return;
  }
  stall(draft);
  switch (phase.is) {
    case "calm":
      calm(draft);
      break;
    case "suspect":
      suspect(draft, phase);
      break;
    case "acting":
      draft.next(`${phase.rung} is under way`);
      break;
    case "watching":
      watching(draft, phase);
      break;
    case "waiting":
      waiting(draft, phase);
      break;
  }
}

/** Work that stands still calls a person, once. It is never a reason to cut: that needs a proof of its own. */
function stall(draft: Draft): void {
  const { seen, stallTold } = draft.state;
  const due = stallsAt(draft.state);
  if (kindOf(seen) !== "busy" || stallTold || due === undefined || draft.now < due) return;
  draft.set({ stallTold: true });
  const stood = inWords(draft.now - movedAt(draft.state));
  const still = draft.state.progress
    ? `stands at ${draft.state.progress.mark}`
    : "nothing new shows";
  draft.wish({ is: "page", text: `${seen.means}, and ${still} for ${stood}: look at it` });
}

function calm(draft: Draft): void {
  const { state, policy, now } = draft;
  const kind = kindOf(state.seen);
  if (kind === "busy") {
    draft.next(`hands off: ${state.seen.means}`, later(stallsAt(state), now));
    return;
  }
  const silence = policy.byHabit ? policy.unusualAfter : policy.silence;
  const why = whySilenceIsNothing(state, silence);
  if (why || silence === undefined) {
    draft.next(why ?? "silence is not counted here");
    return;
  }
  const wait = silenceOf(silence, state.echo);
  const due = state.quietSince + wait;
  const person = personUntil(draft);
  if (person) {
    draft.next(`hands off: ${person.text}`, person.until);
    return;
  }
  if (now < due) {
    draft.next(`suspect after ${inWords(wait)} of silence`, due);
    return;
  }
  const quiet = `nothing came for ${inWords(now - state.quietSince)}`;
  const means = policy.byHabit ? `${quiet}, which is unusual about this hour` : quiet;
  const of = policy.byHabit ? UNUSUAL_SILENCE : SILENCE;
  const cause = { is: "silence", certain: false, live: true, class: of, means } as const;
  draft.suspect({ ...cause, at: state.seen.at });
}

function whySilenceIsNothing(state: WatchState, silence: Millis | undefined): string | undefined {
  if (silence === undefined)
    return "silence is not counted yet: the habit of this console is not known";
  if (silence === 0) return "silence is not counted here";
  if (state.held) return `hands off: ${state.held}`;
  if (!state.linkUp) return "blind: the console is down";
  if (!state.everAlive) return "blind: this console was never seen alive";
  if (state.answers === "no") return "silence proves nothing here: it was never seen to answer";
  if (kindOf(state.seen) === "off") return `off: ${state.seen.means}`;
  return mayProbe(state.seen) ? undefined : `silence proves nothing here: ${state.seen.means}`;
}

function suspect(draft: Draft, phase: Suspect): void {
  decideSuspect(draft, lookApproval(draft, phase));
  const after = draft.state.phase;
  if (after.is === "suspect" && after.approved)
    draft.next(draft.state.next.text, earlier(draft.state.next.at, after.approved.until));
  if (after.is !== "suspect" || draft.policy.mode === "observe" || draft.state.held) return;
  if (kindOf(draft.state.seen) === "busy" || after.case.told.includes(PAGED)) return;
  const { began, cause } = after.case;
  const late = Math.max(
    began + UNRESOLVED,
    began + 3 * draft.policy.confirmFor,
    after.notBefore + MAY_PASS,
  );
  const { text, at } = draft.state.next;
  if (draft.now < late) {
    if (at === undefined || late < at)
      draft.next(`${text}; a person is called if it stays so`, late);
    return;
  }
  const stood = inWords(draft.now - began);
  draft.page("unresolved", `${cause.means}: neither proven nor refuted for ${stood} (${text})`);
}

function decideSuspect(draft: Draft, phase: Suspect): void {
  const { policy, now } = draft;
  const confirmed = phase.since + policy.confirmFor;
  if (policy.mode === "observe") {
    observe(draft, phase, confirmed);
    return;
  }
  const block = blocked(draft);
  if (block) {
    sayBlocked(draft, block, confirmed);
    return;
  }
  // An unusual silence is asked first: most are a quiet day.
  if (!mayCut(phase.case.cause.class) && phase.case.cause.class !== UNUSUAL_SILENCE) {
    if (now < confirmed) {
      draft.next("call a person if it stays so", confirmed);
      return;
    }
    draft.page("no-cut", `${phase.case.cause.means}: a power cut does not mend this`);
    draft.wait("a person is needed");
    return;
  }
  if (phase.probing) {
    draft.next("waiting for an answer to the probe");
    return;
  }
  if (now < phase.notBefore) {
    draft.next(phase.waitsFor, phase.notBefore);
    return;
  }
  if (!mayProbe(draft.state.seen)) {
    draft.page("no-typing", `${phase.case.cause.means}, and nothing may be typed now`);
    draft.wait("a person is needed");
    return;
  }
  prove(draft, phase);
}

/** Nothing is typed in this mode, so nothing can be proven: it only says what it would have done. */
function observe(draft: Draft, phase: Suspect, confirmed: Millis): void {
  const { cause } = phase.case;
  if (draft.now < confirmed) {
    draft.next("watch on (mode observe)", confirmed);
    return;
  }
  const block = blocked(draft);
  const rung = mayCut(cause.class) ? nextRung(draft, phase, true) : undefined;
  const then = rung ? `and without an answer: ${rungInWords[rung]}` : "and called a person";
  const would = block ? `have kept hands off: ${block.text}` : `have probed, ${then}`;
  draft.once("observe", () => {
    draft.open();
    draft.tell("watch.observe", `${cause.means}: would ${would}`);
    draft.wish({ is: "mark", as: "observed" });
  });
  draft.wait("mode observe");
}

function sayBlocked(draft: Draft, block: Blocked, confirmed: Millis): void {
  const { phase } = draft.state;
  if (phase.is !== "suspect") return;
  draft.to({ ...phase, failures: undefined, probing: false });
  const { means } = phase.case.cause;
  if (block.key === "hold") {
    draft.once("hold", () => {
      draft.open();
      draft.tell("watch.veto", `${means}: nothing is done, ${block.text}`);
    });
  } else if (draft.now >= confirmed) {
    if (block.pages) draft.page(`block-${block.key}`, `${means}: nothing is done, ${block.text}`);
    else draft.once(block.key, () => draft.tell("watch.veto", `${means}: ${block.text}`));
  } else {
    draft.next(`hands off: ${block.text}`, earlier(block.until, confirmed));
    return;
  }
  const stalls = block.key === "busy" ? later(stallsAt(draft.state), draft.now) : undefined;
  draft.next(`hands off: ${block.text}`, block.until ?? stalls);
}

function prove(draft: Draft, phase: Suspect): void {
  const { policy, now } = draft;
  const { cause } = phase.case;
  const settled =
    cause.is === "silence"
      ? phase.since
      : Math.max(
          phase.since + Math.min(SETTLE, policy.confirmFor),
          draft.state.quietSince + QUIET_FIRST,
        );
  if (now < settled) {
    draft.next("probe once the console has settled", settled);
    return;
  }
  const { failures } = phase;
  if (!failures) {
    probe(draft, phase);
    return;
  }
  // Evidence counts from when it was seen; silence is evidence only once a probe failed.
  const stands = cause.certain ? policy.confirmFor : Math.max(policy.confirmFor, MAY_PASS);
  // What a person approved was confirmed before: it has to be proven once more, and not for as long.
  const silentSince = phase.approved ? phase.since : failures.first;
  const due = cause.is === "silence" ? silentSince + policy.confirmFor : phase.since + stands;
  if (now < due) {
    draft.next("probe again, then act", due);
    return;
  }
  if (failures.stale || now - failures.last > PROBE_FRESH || failures.last < phase.since) {
    probe(draft, phase);
    return;
  }
  climb(draft, phase);
}

function probe(draft: Draft, phase: Suspect): void {
  draft.to({ ...phase, probing: true });
  draft.wish({ is: "probe" });
  draft.next("waiting for an answer to the probe");
}

function watching(draft: Draft, phase: Watching): void {
  const { seen } = draft.state;
  const { deadline } = phase;
  const what = phase.case.booted ? "login prompt" : "boot";
  if (kindOf(seen) === "busy") {
    draft.next(`hands off: ${seen.means}`, later(stallsAt(draft.state), draft.now));
    return;
  }
  if (draft.now < deadline) {
    draft.next(`watching for ${what}`, Math.min(deadline, lookUnseen(draft, phase) ?? deadline));
    return;
  }
  const means = `no ${what} within ${inWords(draft.policy.bootWithin)} after ${nameOf(phase.rung)}`;
  draft.tell("watch.act", means);
  draft.suspect(
    { is: "silence", certain: false, live: true, class: NO_LOGIN, means, at: seen.at },
    phase.case,
  );
}

const nameOf = (rung: Rung | "itself"): string =>
  rung === "itself" ? "it restarted by itself" : rung;

const later = (at: Millis | undefined, now: Millis): Millis | undefined =>
  at !== undefined && at > now ? at : undefined;

const earlier = (one: Millis | undefined, other: Millis): Millis => Math.min(one ?? other, other);
