import type { Evidence, Rule } from "../../sdk/rule.ts";
import { createDetector } from "./create-detector.ts";
import type { Detector } from "./opinion.ts";

/** Turns what the detector says into lines: events in stream order, then one verdict. */
export interface DetectFormat {
  event(evidence: Evidence): string;
  verdict(detector: Detector): string;
}

/** One JSON object a line, for programs (`oob detect --json`). */
export const jsonFormat: DetectFormat = {
  event: ({ offset, at, state, class: kind, action, line, rule, means }) =>
    JSON.stringify({ type: "event", offset, at, state, class: kind, action, line, rule, means }),
  verdict: ({ offset, opinion }) =>
    JSON.stringify({
      type: "verdict",
      offset,
      since: opinion.since,
      state: opinion.state,
      class: opinion.class,
      action: opinion.action,
    }),
};

/** For people: where, what it means, and the line that says so. */
export const humanFormat: DetectFormat = {
  event: ({ at, state, class: kind, means, line }) =>
    `${String(at).padStart(10)}  ${state.padEnd(8)} ${kind}: ${means}\n${" ".repeat(12)}${line}`,
  verdict: ({ offset, opinion }) => {
    const proof = opinion.evidence.findLast((one) => one.at === opinion.since);
    const why = proof ? `, since byte ${opinion.since}: ${proof.means}` : "";
    return `${String(offset).padStart(10)}  verdict  ${opinion.state} (${opinion.class})${why}; ${ADVICE[opinion.action]}`;
  },
};

const ADVICE = {
  none: "nothing to do",
  notify: "somebody should know",
  hold: "hands off until it is done",
  confirm: "probe first; act only if nothing answers",
  recover: "act once the console stays silent",
} as const;

/** Reads raw console bytes to their end and writes what the detector thinks. */
export async function detectStream(
  input: AsyncIterable<Uint8Array>,
  rules: readonly Rule[],
  write: (line: string) => void,
  format: DetectFormat = jsonFormat,
): Promise<void> {
  const detector = createDetector(rules);
  for await (const chunk of input) {
    for (const evidence of detector.see(chunk, 0)) write(format.event(evidence));
  }
  for (const evidence of detector.pending) write(format.event(evidence));
  write(format.verdict(detector));
}
