/** What an input changes by itself, before time is looked at (advance.ts). */

import type { Millis } from "../../lib/clock.ts";
import { takeItsOwnCure, takeProbe } from "./answer.ts";
import { askedAnew, takeApproved, takeDenied } from "./asking.ts";
import { isBoot, isLogin, kindOf, mayType, UNUSUAL_SILENCE } from "./classes.ts";
import type { Draft } from "./draft.ts";
import { takeFinished } from "./outcome.ts";
import { type Case, type Cause, type Input, type Seen, showedLife } from "./state.ts";

export function absorb(draft: Draft, input: Input): void {
  switch (input.is) {
    case "tick":
      takeTick(draft, input.lastByteAt);
      return;
    case "bytes":
      takeBytes(draft);
      break;
    case "opinion":
      takeOpinion(draft, input.seen);
      break;
    case "answered":
      draft.set({ answers: "yes", echo: undefined });
      break;
    case "started":
      takeStart(draft);
      break;
    case "link":
      takeLink(draft, input.up);
      break;
    case "gap":
      object(draft, input.why);
      draft.missed();
      break;
    case "seat":
      if (input.holder) object(draft, `${input.holder.who} has the seat`);
      draft.set({ seat: input.holder });
      break;
    case "typed":
      takeTyped(draft, input.at);
      break;
    case "hold":
      if (input.held) object(draft, input.held);
      draft.set({ held: input.held });
      break;
    case "self-reboot":
    case "crash-kernel":
      takeItsOwnCure(draft, input);
      break;
    case "progress":
      takeProgress(draft, input.mark);
      break;
    case "probe":
      takeProbe(draft, input);
      break;
    case "finished":
      takeFinished(draft, input);
      if (input.how === "stood-down") takeOpinionAgain(draft);
      break;
    case "closed":
      takeClosed(draft, input.by);
      break;
    case "approved":
      takeApproved(draft, input);
      break;
    case "denied":
      takeDenied(draft, input);
      break;
  }
}

/** What was typed long ago is told again with every look at the console: that is no news. */
function takeTyped(draft: Draft, at: Millis): void {
  if (draft.state.typedAt !== undefined && at <= draft.state.typedAt) return;
  object(draft, "a person typed");
  draft.set({ typedAt: at, echo: undefined });
}

function takeTick(draft: Draft, lastByteAt: Millis | undefined): void {
  if (lastByteAt !== undefined && lastByteAt > draft.state.quietSince)
    draft.set({ quietSince: lastByteAt, seenAlive: true, everAlive: true });
}

/** Between the decision and the act, anything new is a reason not to begin. */
function object(draft: Draft, why: string): void {
  const { phase } = draft.state;
  if (phase.is === "acting") draft.to({ ...phase, objection: phase.objection ?? why });
}

function takeBytes(draft: Draft): void {
  draft.set({ quietSince: draft.now, seenAlive: true, everAlive: true });
  object(draft, "the console spoke");
  const { phase } = draft.state;
  const { unseen } = phase.is === "watching" ? phase : {};
  if (phase.is === "watching" && unseen && (!unseen.asked || unseen.answer !== undefined))
    draft.to({ ...phase, unseen: undefined });
  if (phase.is !== "suspect" && phase.is !== "waiting") return;
  const probing = phase.is === "suspect" && phase.probing;
  if (phase.case.cause.is === "silence" && !probing) spoke(draft, phase.case);
  else if (phase.is === "suspect" && phase.failures)
    draft.to({ ...phase, failures: { ...phase.failures, stale: true } });
}

/** A silent console speaks. After an act that is no recovery yet: the host may print and hang again. */
function spoke(draft: Draft, current: Case): void {
  const rung = current.tried.at(-1) ?? (current.booted ? "itself" : undefined);
  if (rung === undefined) {
    draft.standDown("the console speaks");
    return;
  }
  draft.page("late", `${current.cause.means}, but it prints: no login prompt yet`);
  const deadline = draft.now + draft.policy.bootWithin;
  draft.to({ is: "watching", case: draft.case ?? current, rung, deadline });
}

function takeLink(draft: Draft, up: boolean): void {
  if (up === draft.state.linkUp) return;
  draft.set({ linkUp: up });
  object(draft, "the console's link changed");
  draft.missed();
  const { phase } = draft.state;
  if (phase.is === "watching")
    draft.to({ ...phase, unseen: up ? { since: draft.now, asked: false } : undefined });
}

function takeOpinion(draft: Draft, seen: Seen): void {
  const isNews = seen.at !== draft.state.seen.at || seen.class !== draft.state.seen.class;
  draft.set({ seen });
  const kind = kindOf(seen);
  if (isNews) whoAnswers(draft, seen);
  if (kind !== "busy") draft.set({ progress: undefined, stallTold: false });
  const { phase } = draft.state;
  if (kind === "nothing") return;
  if (phase.is === "acting") {
    takeWhileActing(draft, seen);
    return;
  }
  if (phase.is === "watching") {
    takeWhileWatching(draft, seen);
    return;
  }
  switch (kind) {
    case "alive":
      if (seen.state === "warning" && isNews) draft.tell("watch.warning", seen.means);
      draft.standDown(`${seen.means}: the host lives`);
      break;
    case "boot":
      takeBoot(draft);
      break;
    case "off":
      draft.standDown(`${seen.means}: left as it is`);
      break;
    case "busy":
      if (phase.is === "suspect") draft.once("busy", () => draft.tell("watch.veto", seen.means));
      draft.restart();
      break;
    case "note":
      draft.standDown(`now: ${seen.means}`);
      draft.tell("watch.warning", seen.means);
      break;
    case "trouble":
      takeTrouble(draft, seen);
      break;
  }
}

/** A login prompt shows that somebody is there; a boot, that whoever was there is gone, and perhaps for good. */
function whoAnswers(draft: Draft, seen: Seen): void {
  if (isLogin(seen))
    draft.set({ answers: draft.state.answers === "yes" ? "yes" : "prompt", echo: undefined });
  else if (isBoot(seen)) takeStart(draft);
}

function takeStart(draft: Draft): void {
  if (showedLife(draft.state)) draft.set({ answers: "unknown" });
}

const causeOf = (draft: Draft, seen: Seen): Cause => ({
  is: "evidence",
  certain: seen.action === "recover",
  live: seen.at >= draft.state.liveFrom,
  class: seen.class,
  means: seen.means,
  line: seen.line,
  at: seen.at,
});

function takeTrouble(draft: Draft, seen: Seen): void {
  const { phase, dismissed } = draft.state;
  if (seen.at <= dismissed || draft.policy.mode === "off") return;
  if (phase.is === "calm") {
    draft.suspect(causeOf(draft, seen));
    return;
  }
  // It started again and is in trouble anew, while a person was waited for: the case goes on, what was tried stays tried.
  if (phase.is === "waiting" && phase.case.booted && seen.at > phase.case.cause.at) {
    draft.suspect(causeOf(draft, seen), askedAnew(phase.case));
    return;
  }
  if (phase.is !== "suspect" || phase.case.cause.at === seen.at) return;
  // Silence that turns out to be a panic counts from the panic; a kernel that repeats itself counts from the first time.
  if (phase.case.cause.is === "silence") draft.restart();
  // An oops that ends in a panic need not stand as long any more; what was asked before the panic proves nothing about it.
  else if (phase.failures && !phase.case.cause.certain)
    draft.to({ ...phase, failures: { ...phase.failures, stale: true } });
  draft.setCase({ cause: causeOf(draft, seen) });
}

function takeBoot(draft: Draft): void {
  const { phase, seen } = draft.state;
  if (phase.is === "calm") return;
  // A boot out of calm is not watched for its login prompt, and one that ends an unusual silence leads to no cut either.
  if (phase.case.cause.class === UNUSUAL_SILENCE) {
    draft.standDown(`${seen.means}: the console speaks`);
    return;
  }
  draft.open();
  draft.setCase({ booted: true });
  draft.tell("watch.booting", `${seen.means}: it restarts by itself, nothing is cut`);
  const current = draft.case;
  // A person who is asked whether to cut it must not say yes to a host that starts: it is watched, and asked for anew.
  if ((phase.is === "waiting" && !phase.ask) || !current) return;
  const deadline = draft.now + draft.policy.bootWithin;
  draft.to({ is: "watching", case: askedAnew(current), rung: "itself", deadline });
}

/** It is known why the host starts: we made it do so. */
const AFTER_OUR_ACT = "the host starts again, after our own act";

function takeWhileActing(draft: Draft, seen: Seen): void {
  const { phase } = draft.state;
  if (phase.is !== "acting") return;
  const kind = kindOf(seen);
  if (kind !== "trouble") object(draft, seen.means);
  const booted = phase.case.booted || kind === "boot";
  const login = booted && isLogin(seen);
  if (booted && !phase.case.booted) draft.tell("watch.booting", AFTER_OUR_ACT);
  draft.setCase({ booted });
  if (draft.state.phase.is === "acting") draft.to({ ...draft.state.phase, login });
}

function takeWhileWatching(draft: Draft, seen: Seen): void {
  const current = draft.case;
  if (!current) return;
  const kind = kindOf(seen);
  if (isLogin(seen)) {
    draft.standDown("login prompt seen");
    return;
  }
  if (kind === "off") {
    draft.standDown(`${seen.means}: left as it is`);
    return;
  }
  if (kind === "boot") {
    const ours = current.tried.length > 0;
    if (!current.booted) draft.tell("watch.booting", ours ? AFTER_OUR_ACT : seen.means);
    draft.setCase({ booted: true });
  }
  if (kind === "trouble" && seen.at !== current.cause.at)
    draft.suspect(causeOf(draft, seen), current);
}

function takeProgress(draft: Draft, mark: string | undefined): void {
  if (mark === draft.state.progress?.mark) return;
  const progress = mark === undefined ? undefined : { mark, at: draft.now };
  draft.set({ progress, stallTold: false });
}

/** An act that was not begun: what objected may be that the host lives. */
function takeOpinionAgain(draft: Draft): void {
  const kind = kindOf(draft.state.seen);
  if (kind !== "trouble") takeOpinion(draft, draft.state.seen);
}

function takeClosed(draft: Draft, by: string): void {
  const current = draft.case;
  // A cut that has begun is finished and watched first.
  if (!current || draft.state.phase.is === "acting") return;
  draft.set({ dismissed: Math.max(draft.state.dismissed, current.cause.at) });
  draft.tell("watch.calm", `closed by ${by}`);
  draft.to({ is: "calm" });
  draft.restart();
}

/** Whether a silent console may be typed at, as far as its last opinion tells. */
export const mayProbe = (seen: Seen): boolean => mayType(seen.class);
