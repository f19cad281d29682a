/** Mode ask: a person is asked before each rung. A yes is no proof: all is proven again, and then the rung is climbed. */
import type { Rung } from "../../config/site-config.ts";
import { hours, minutes } from "../../lib/durations.ts";
import { type Draft, inWords, rungInWords, type Suspect } from "./draft.ts";
import type { Case, Input, Phase } from "./state.ts";

type Waiting = Extract<Phase, { is: "waiting" }>;

/** Who answers later decides upon something that has been for too long. */
const ASK_STANDS = hours(2);
/** A yes that could not be acted upon for so long is none any more. */
const APPROVAL_STANDS = minutes(10);
/** Key under which a case remembers, also over a restart, that a person said no. */
export const DENIED = "denied";

/** `doubt`: mode act asks as well, because silence is all there is, and nobody ever answered in this boot. */
export function ask(draft: Draft, phase: Suspect, rung: Rung, doubt = false): void {
  const words = rungInWords[rung];
  const { cause } = phase.case;
  const never = doubt ? ", nor was an answer ever seen since it started" : "";
  draft.page(`ask-${rung}`, `${cause.means}, and nothing answers${never}: asking to ${words}`);
  const current = draft.case ?? phase.case;
  const asked = { rung, since: phase.since, until: draft.now + ASK_STANDS };
  const how = draft.policy.mode === "act" ? "a login prompt is no answer" : "mode ask";
  const why = `${how}: a person decides whether to ${words}`;
  draft.to({ is: "waiting", case: current, why, ask: asked });
}

/** The case of a host that started by itself: what is asked after that is told to a person again. */
export const askedAnew = (current: Case): Case => ({
  ...current,
  told: current.told.filter((key) => key !== DENIED && !key.startsWith("ask-")),
});

export function takeApproved(
  draft: Draft,
  { by, second }: Extract<Input, { readonly is: "approved" }>,
): void {
  const { phase } = draft.state;
  if (phase.is !== "waiting" || !phase.ask || draft.now >= phase.ask.until) return;
  const { rung, since } = phase.ask;
  const { now } = draft;
  const both = second === undefined ? by : `${by} and ${second}`;
  draft.tell(
    "watch.approved",
    `${both} approved to ${rungInWords[rung]}: all is proven again first`,
  );
  draft.to({
    is: "suspect",
    case: phase.case,
    since,
    notBefore: now,
    waitsFor: "",
    failures: undefined,
    probing: false,
    approved: { by, second, rung, at: now, until: now + APPROVAL_STANDS },
  });
}

export function takeDenied(
  draft: Draft,
  { by, why }: Extract<Input, { readonly is: "denied" }>,
): void {
  const { phase } = draft.state;
  if (phase.is !== "waiting" || !phase.ask) return;
  draft.tell("watch.denied", `${by} denied to ${rungInWords[phase.ask.rung]}: ${why}`);
  draft.once(DENIED, () => {});
  draft.wait(`${by} denied it: ${why}`);
}

/** Nothing more by itself; an ask that nobody answers ends. */
export function waiting(draft: Draft, phase: Waiting): void {
  const { ask: asked } = phase;
  if (asked && draft.now < asked.until) {
    draft.next(
      `without an answer, the ask whether to ${rungInWords[asked.rung]} ends`,
      asked.until,
    );
    return;
  }
  if (asked) {
    const past = inWords(ASK_STANDS);
    const text = `nobody answered within ${past} whether to ${rungInWords[asked.rung]}`;
    draft.tell("watch.ask", text);
    draft.wait(text);
  }
  const { phase: after } = draft.state;
  if (after.is === "waiting") draft.next(`nothing more by itself: ${after.why}`);
}

/** The phase without an approval that is too old. */
export function lookApproval(draft: Draft, phase: Suspect): Suspect {
  const { approved } = phase;
  if (!approved || draft.now < approved.until) return phase;
  const past = inWords(APPROVAL_STANDS);
  draft.tell("watch.ask", `the approval of ${approved.by} could not be acted upon within ${past}`);
  const next = { ...phase, approved: undefined };
  draft.to(next);
  return next;
}
