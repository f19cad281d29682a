import { minutes } from "../../lib/durations.ts";
import type { Draft } from "./draft.ts";
import type { Input } from "./state.ts";

type Finished = Extract<Input, { is: "finished" }>;

/** After an interlock's veto the case is looked at again. */
const VETO_RETRY = minutes(5);

/** How a rung ended, and what that leads to. */
export function takeFinished(draft: Draft, input: Finished): void {
  const { phase } = draft.state;
  if (phase.is !== "acting" || phase.rung !== input.rung) return;
  const current = phase.case;
  const deadline = draft.now + draft.policy.bootWithin;
  const watching = { is: "watching", case: current, rung: input.rung, deadline } as const;
  switch (input.how) {
    case "done":
      if (phase.login) {
        draft.standDown("login prompt seen");
        return;
      }
      draft.to(watching);
      break;
    case "unknown":
      // It may have happened: nothing else is tried on top of it.
      draft.page(`unknown-${input.rung}`, `it is not known whether it worked: ${input.text}`);
      draft.to(watching);
      break;
    case "failed":
      if (input.rung === "cycle" || input.rung === "single-user") {
        draft.giveUp(`${input.rung} failed: ${input.text}`);
        return;
      }
      draft.tell("watch.act", `${input.rung} failed: ${input.text}`);
      draft.suspect(current.cause, current);
      break;
    case "vetoed":
      vetoed(draft, input);
      break;
    case "stood-down":
      untry(draft, input);
      break;
  }
}

function vetoed(draft: Draft, input: Finished): void {
  untry(draft, input);
  draft.page(`veto-${input.text}`, `nothing is done: ${input.text}`);
  const { phase } = draft.state;
  if (phase.is === "suspect")
    draft.to({ ...phase, notBefore: draft.now + VETO_RETRY, waitsFor: input.text });
}

/** The rung was not begun: it stays on the ladder, and everything has to be proven again. */
function untry(draft: Draft, input: Finished): void {
  const current = draft.case;
  if (!current) return;
  const tried = current.tried.filter((rung) => rung !== input.rung);
  draft.suspect(current.cause, { ...current, tried });
}
