import type { Rung } from "../../config/site-config.ts";
import type { Millis } from "../../lib/clock.ts";
import type { IncidentRecord } from "./incident-record.ts";
import { ASK_KINDS, type AskMark } from "./link-token.ts";

/** What the watchdog asks now, as `oob why` tells it. */
interface Asked {
  readonly rung: Rung;
  readonly until: Millis;
}

/** How a link stands to what is asked. */
export type AskNow =
  | { readonly is: "asked"; readonly rung: Rung; readonly until: Millis }
  | { readonly is: "answered"; readonly text: string; readonly at: Millis }
  | { readonly is: "nothing" };

/** By what the question that stands now is known; undefined where the story has none. */
export function askMark({ story }: IncidentRecord): AskMark | undefined {
  for (const { at, type } of story.toReversed()) {
    const kind = ASK_KINDS.find((one) => one === type);
    if (kind !== undefined) return { at, kind };
  }
  return undefined;
}

/** Whether the question for which a link was made still stands, or what became of it. */
export function askNow(
  record: IncidentRecord,
  mark: AskMark | undefined,
  asked: Asked | undefined,
): AskNow {
  const { story, closedAt } = record;
  const now = askMark(record);
  const isSame = mark !== undefined && now?.at === mark.at && now.kind === mark.kind;
  if (isSame)
    return asked && closedAt === undefined
      ? { is: "asked", rung: asked.rung, until: asked.until }
      : { is: "nothing" };
  const from = mark
    ? story.findLastIndex(({ at, type }) => at === mark.at && type === mark.kind)
    : -1;
  const answer = story
    .slice(from + 1)
    .find(
      ({ at, type }) => at >= (mark?.at ?? Infinity) && /^watch\.(?:approved|denied)$/.test(type),
    );
  return answer ? { is: "answered", text: answer.text, at: answer.at } : { is: "nothing" };
}
