import type { Millis } from "../../lib/clock.ts";
import { seconds } from "../../lib/durations.ts";
import { decide } from "./decide.ts";
import { rungInWords } from "./draft.ts";
import type { Input, LivePolicy, WatchState, Wish } from "./state.ts";

/** Enough for a whole ladder with its probes. */
const MAX_TURNS = 60;
const MAX_STEPS = 12;
/** What an unanswered probe and a cycle take, near enough to be told. */
const PROBE_TAKES = seconds(25);
const ACT_TAKES = seconds(30);

/** One thing that will happen, and its monotonic time. */
export interface Foreseen {
  readonly at: Millis;
  readonly text: string;
  /** The rung that is climbed then. */
  readonly rung?: Extract<Wish, { is: "act" }>["rung"];
}

/**
 * What the watchdog will do if the host stays silent, answers nothing, and no interlock objects: decide() itself, run
 * ahead of time on the state as it is. So it cannot say anything else than what will be done.
 */
export function foresee(policy: LivePolicy, from: WatchState, now: Millis): readonly Foreseen[] {
  const found: Foreseen[] = [];
  let state = from;
  let at = now;
  for (let turn = 0; turn < MAX_TURNS && found.length < MAX_STEPS; turn++) {
    const coming = comes(state, at);
    if (!coming) break;
    at = coming.at;
    const decision = decide(policy, state, coming.input, at);
    state = decision.state;
    for (const wish of decision.wishes) {
      const told = inWords(wish);
      const last = found.at(-1);
      if (told && !(last?.at === at && last.text === told.text)) found.push({ at, ...told });
    }
  }
  return found.slice(0, MAX_STEPS);
}

/** What comes next to a host that stays silent. undefined: nothing that the watchdog waits for. */
function comes(state: WatchState, now: Millis): { at: Millis; input: Input } | undefined {
  const { phase, next } = state;
  if (phase.is === "suspect" && phase.probing)
    return { at: now + PROBE_TAKES, input: { is: "probe", answer: "none", text: "no answer" } };
  if (phase.is === "acting") {
    const { rung } = phase;
    return { at: now + ACT_TAKES, input: { is: "finished", rung, how: "done", text: "" } };
  }
  if (next.at === undefined) return undefined;
  // Later by a millisecond at least: time has to pass, or the same look would be taken for ever.
  return { at: Math.max(next.at, now + 1), input: { is: "tick", lastByteAt: undefined } };
}

function inWords(wish: Wish): Omit<Foreseen, "at"> | undefined {
  switch (wish.is) {
    case "probe":
      return { text: "ask the host at its console" };
    case "act":
      return { text: rungInWords[wish.rung], rung: wish.rung };
    case "page":
      return { text: `call a person: ${wish.text}` };
    case "tell":
      return TOLD.has(wish.type) ? { text: wish.text } : undefined;
    case "open":
    case "mark":
    case "close":
      return undefined;
  }
}

/** The others tell of steps that are listed themselves. */
const TOLD: ReadonlySet<string> = new Set(["watch.suspect", "watch.observe", "watch.act"]);
