import type { Rung } from "../../../config/site-config.ts";
import type { Clock, Millis } from "../../../lib/clock.ts";
import { formatDuration } from "../../../lib/durations.ts";
import { foresee } from "../../policy/foresee.ts";
import type { LivePolicy, WatchState } from "../../policy/state.ts";
import type { WhyAsk, WhyEvidence, WhyStep } from "../../site/watch-site.ts";
import { askOf } from "../person-verdicts.ts";
import type { ProbeReport } from "../probe.ts";
import type { WatchedHost } from "../watchdog-parts.ts";
import type { Recollection } from "./recollection.ts";

interface Watched {
  readonly host: WatchedHost;
  readonly policy: LivePolicy;
  readonly learner: { inWords(): readonly string[] } | undefined;
  readonly state: WatchState;
  readonly recollection: Pick<Recollection, "seenAt" | "probes">;
}

/** What a watch knows behind its status. Times are Unix ms. */
export interface WatchWhy {
  readonly phase: WatchState["phase"]["is"];
  readonly facts: readonly string[];
  readonly evidence: readonly WhyEvidence[];
  readonly probes: readonly (ProbeReport & { readonly at: Millis })[];
  readonly habit?: readonly string[];
  readonly next: WhyStep;
  readonly foreseen: readonly WhyStep[];
  /** The rung that would be climbed next. */
  readonly rung?: Exclude<Rung, "nudge" | "page">;
  readonly ask?: WhyAsk;
}

const MAX_EVIDENCE = 12;

/** Everything behind what the watchdog thinks of a host. Changes nothing, and types nothing. */
export function watchWhy(
  { host, policy, learner, state, recollection }: Watched,
  clock: Clock,
): WatchWhy {
  const { console } = host;
  const mono = clock.monotonic();
  const wall = (at: Millis): Millis => clock.now() + at - mono;
  const { lastByteAt } = console;
  // While all is calm the watch looks at the last byte only when its timer fires.
  const quietSince = Math.max(state.quietSince, lastByteAt ?? state.quietSince);
  const live = { ...state, quietSince };
  const foreseen = foresee(policy, live, mono);
  const rung = rungAhead(policy, live, mono);
  const evidence = console.opinion.evidence.slice(-MAX_EVIDENCE);
  const asked = askOf(state);
  return {
    phase: state.phase.is,
    facts: factsOf(state, lastByteAt === undefined ? undefined : mono - lastByteAt),
    evidence: evidence.map(({ rule, means, class: of, state: is, action, at, line }) => {
      const seenAt = recollection.seenAt(at);
      return {
        ...{ rule, means, class: of, state: is, action, at, line },
        ...(seenAt !== undefined && { seenAt }),
      };
    }),
    probes: recollection.probes,
    ...(learner && { habit: learner.inWords() }),
    next: {
      text: state.next.text,
      ...(state.next.at !== undefined && { at: wall(state.next.at) }),
    },
    foreseen: foreseen.map(({ at, text, rung }) => ({
      ...{ at: wall(at), text },
      ...(rung && { rung }),
    })),
    ...(rung && { rung }),
    ...(asked && { ask: { rung: asked.rung, until: wall(asked.until) } }),
  };
}

type ActingRung = Exclude<Rung, "nudge" | "page">;

/** The rung that would be climbed next: that a person is asked for, that follows, or that the ladder begins with. */
function rungAhead(policy: LivePolicy, state: WatchState, now: Millis): ActingRung | undefined {
  const { ladder, sysrq } = policy;
  // Modes that do not act foresee no rung: it is the one that mode act would climb.
  const coming = foresee({ ...policy, mode: "act" }, state, now).map(({ rung }) => rung);
  const first = ladder.filter((rung) => rung !== "sysrq" || sysrq);
  return [askOf(state)?.rung, ...coming, ...first].find(
    (rung): rung is ActingRung => rung !== undefined && rung !== "nudge" && rung !== "page",
  );
}

const ANSWERS: Readonly<Record<WatchState["answers"], string>> = {
  yes: "what was typed at this console was answered, since the host started last",
  prompt:
    "a login prompt was seen, no prompt answered what was typed since: for its silence alone a person is asked",
  no: "it was asked, and nobody was ever seen to answer here: its silence proves nothing",
  unknown:
    "no login prompt and no answer was seen since the host started, or the watch began: its silence proves nothing",
};

function factsOf(state: WatchState, quiet: Millis | undefined): string[] {
  const { phase, answers, linkUp, held, seat, dismissed, seen, progress } = state;
  const heard =
    quiet === undefined
      ? "nothing came from the console since the watch began"
      : `the console last spoke ${formatDuration(Math.max(0, quiet))} ago`;
  return [
    linkUp ? heard : "the console is down",
    ANSWERS[answers],
    ...(phase.is === "calm" ? [] : caseFacts(phase)),
    ...(held === undefined ? [] : [held]),
    ...(seat ? [`${seat.who} has the seat`] : []),
    ...(progress ? [`work shows ${progress.mark}`] : []),
    ...(phase.is === "calm" && seen.proven && seen.state !== "healthy" && seen.at <= dismissed
      ? ["what the console shows was refuted by an answer, or closed by a person"]
      : []),
  ];
}

function caseFacts(phase: Exclude<WatchState["phase"], { is: "calm" }>): string[] {
  const { cause, tried, first } = phase.case;
  const live = cause.live
    ? "this process saw it come"
    : "it was not seen to come, or bytes were missed since";
  const failed = phase.is === "suspect" ? phase.failures : undefined;
  return [
    `suspected because ${cause.means} (class ${cause.class}): ${live}`,
    ...(first ? [`it began with: ${first.means}`] : []),
    ...(tried.length > 0 ? [`tried: ${tried.join(", ")}`] : []),
    ...(failed ? ["a probe was not answered"] : []),
    ...(phase.is === "suspect" && phase.approved
      ? [`${phase.approved.by} approved to climb ${phase.approved.rung}: all is proven again first`]
      : []),
    ...(phase.is === "waiting" ? [phase.why] : []),
  ];
}
