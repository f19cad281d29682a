import type { Rung } from "../../config/site-config.ts";
import { ask } from "./asking.ts";
import { mayCut, NO_LOGIN, SILENCE } from "./classes.ts";
import { type Draft, inWords, type Suspect } from "./draft.ts";
import { type Case, type Cause, showedLife } from "./state.ts";

/** Confirmed: the next rung, or a person. */
export function climb(draft: Draft, phase: Suspect): void {
  const { cause } = phase.case;
  draft.once("confirmed", () => draft.tell("watch.confirmed", confirmed(draft, phase)));
  if (!draft.state.seenAlive) {
    draft.page("blind", `${cause.means}, but nothing was seen alive since the watch began`);
    draft.wait("blind: not seen alive since the watch began");
    return;
  }
  // A console without a login prompt answers nothing, and its host survives an oops or a boot as others do.
  if (!(cause.certain && cause.live) && !used(draft, cause)) {
    const why = cause.certain ? "the host may have been mended unseen, and" : "the host may live:";
    draft.page("mute", `${cause.means}, but ${why} nobody was ever seen to answer at this console`);
    draft.wait("no answer proves nothing here: a person has to look");
    return;
  }
  if (!mayCut(cause.class)) {
    draft.page("no-cut", `${cause.means}, and nobody answers: silence alone is no reason to cut`);
    draft.wait("a person has to look");
    return;
  }
  const rung = nextRung(draft, phase, false);
  if (!rung) {
    draft.giveUp(`${cause.means}: ${exhausted(phase)}`);
    return;
  }
  const { approved } = phase;
  // Silence after a login prompt that nobody ever answered at: whoever showed it may have been taken away.
  const doubt = provesLittle(draft, phase);
  if ((draft.policy.mode !== "act" || doubt) && approved?.rung !== rung) {
    ask(draft, phase, rung, doubt);
    return;
  }
  const current = draft.case ?? phase.case;
  // Each cut needs a boot seen after the one before: `booted` begins anew.
  const next = { ...current, tried: [...current.tried, rung], booted: false };
  draft.to({
    is: "acting",
    case: next,
    rung,
    proof: { since: phase.since, probeFailedAt: phase.failures?.last },
    objection: undefined,
    login: false,
    approved,
  });
  draft.wish({ is: "act", rung });
  draft.next(`${rung} is under way`);
}

/** Silence is all there is, after our own act nothing, and nobody was ever seen to answer what was typed. */
function provesLittle({ state }: Draft, { case: current }: Suspect): boolean {
  const { cause, tried, asked } = current;
  if (cause.class === SILENCE) return state.answers !== "yes";
  return cause.class === NO_LOGIN && tried.length === 0 && state.answers !== "yes" && !asked;
}

/** Whether somebody used to answer here: in this boot, or, where no login prompt followed a boot, in the one before. */
const used = ({ state, case: current }: Draft, { class: of }: Cause): boolean =>
  showedLife(state) || (of === NO_LOGIN && current?.answered === true);

/** How it is known, for people. */
function confirmed({ now }: Draft, { failures, since }: Suspect): string {
  const kernel = failures?.kernel ? "; the kernel alone shows itself" : "";
  return `confirmed: it stands for ${inWords(now - since)} and nobody answers${kernel}`;
}

function exhausted(phase: Suspect): string {
  const { tried } = phase.case;
  return tried.length === 0 ? "the ladder has no step to take" : `${tried.join(", ")} did not help`;
}

/** The next step of the ladder that makes sense now. Probing is what `nudge` does; `page` is the end. */
export function nextRung(draft: Draft, phase: Suspect, assumeKernel: boolean): Rung | undefined {
  const { ladder, sysrq } = draft.policy;
  const end = ladder.indexOf("page");
  const kernel = sysrq && (assumeKernel || phase.failures?.kernel === true);
  return (end < 0 ? ladder : ladder.slice(0, end)).find((rung) =>
    makesSense(phase.case, rung, kernel),
  );
}

function makesSense({ tried, booted, cause, first = cause }: Case, rung: Rung, kernel: boolean) {
  if (rung === "nudge" || tried.includes(rung)) return false;
  if (rung === "sysrq") return kernel;
  const cut = tried.includes("cycle") || tried.includes("single-user");
  if (rung === "soft") return !cut;
  // Where nothing but silence spoke against it: what one cut did not mend, a second one does not.
  return !cut || (booted && first.is !== "silence");
}
