import type { WhyStep, WhyView } from "../../core/site/site.ts";
import type { Millis } from "../../lib/clock.ts";
import { JSON_VERSION } from "../json-views.ts";
import { utc } from "../times.ts";

/** What `oob why --json` prints: times as UTC. */
export function whyJson({
  at,
  health,
  evidence,
  probes,
  next,
  foreseen,
  ask,
  mark,
  ...rest
}: WhyView) {
  return {
    v: JSON_VERSION,
    at: utc(at),
    ...rest,
    health: { ...health, since: utc(health.since) },
    evidence: evidence.map(({ seenAt, ...one }) => ({ ...one, ...timed("seenAt", seenAt) })),
    probes: probes.map((probe) => ({
      ...probe,
      at: utc(probe.at),
      steps: probe.steps.map((step) => ({ ...step, at: utc(step.at) })),
    })),
    next: stepJson(next),
    foreseen: foreseen.map(stepJson),
    ...(mark && { mark: { ...mark, at: utc(mark.at) } }),
    ...(ask && { ask: { ...ask, until: utc(ask.until) } }),
  };
}

const stepJson = ({ at, ...step }: WhyStep) => ({ ...step, ...timed("at", at) });

const timed = (name: string, at: Millis | undefined) =>
  at === undefined ? {} : { [name]: utc(at) };
