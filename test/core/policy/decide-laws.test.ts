import fc from "fast-check";
import { describe, it } from "vitest";
import type { Rung, WatchMode, WatchPolicy } from "../../../src/config/site-config.ts";
import { kindOf } from "../../../src/core/policy/classes.ts";
import { decide } from "../../../src/core/policy/decide.ts";
import {
  type Decision,
  freshState,
  type Input,
  type RungEnd,
  type Seen,
  showedLife,
  type WatchState,
} from "../../../src/core/policy/state.ts";

interface Step {
  readonly after: number;
  readonly input: Input | "answer" | "wake" | RungEnd;
}

const classes: readonly [Seen["state"], string, Seen["action"]][] = [
  ["healthy", "login-prompt", "none"],
  ["healthy", "boot", "none"],
  ["healthy", "runtime", "none"],
  ["healthy", "editor", "none"],
  ["healthy", "power-off", "none"],
  ["warning", "kernel-warning", "notify"],
  ["busy", "fsck", "hold"],
  ["busy", "crash-dump", "hold"],
  ["crash", "panic", "recover"],
  ["crash", "panic", "recover"],
  ["crash", "oops", "confirm"],
  ["crash", "soft-lockup", "confirm"],
  ["stuck", "boot-loop", "recover"],
  ["stuck", "fsck-prompt", "recover"],
  ["stuck", "login-hang", "confirm"],
  ["stuck", "getty-respawn", "notify"],
];

const seen = fc.tuple(fc.constantFrom(...classes), fc.nat(1000)).map(
  ([[state, hostClass, action], at]): Seen => ({
    state,
    class: hostClass,
    action,
    means: hostClass,
    at,
    line: "",
    proven: true,
    newest: hostClass,
  }),
);

const input: fc.Arbitrary<Step["input"]> = fc.oneof(
  { weight: 6, arbitrary: fc.constant("answer" as const) },
  { weight: 6, arbitrary: fc.constant("wake" as const) },
  { weight: 4, arbitrary: seen.map((one): Input => ({ is: "opinion", seen: one })) },
  { weight: 4, arbitrary: fc.constant<Input>({ is: "tick", lastByteAt: undefined }) },
  { weight: 1, arbitrary: fc.constant<Input>({ is: "bytes" }) },
  { weight: 1, arbitrary: fc.constant<Input>({ is: "answered" }) },
  { weight: 1, arbitrary: fc.constant<Input>({ is: "gap", why: "gap" }) },
  { weight: 1, arbitrary: fc.boolean().map((up): Input => ({ is: "link", up })) },
  { weight: 1, arbitrary: fc.constant<Input>({ is: "closed", by: "jana" }) },
  { weight: 1, arbitrary: fc.constant<Input>({ is: "crash-kernel", what: "crashkernel=192M" }) },
  { weight: 1, arbitrary: fc.nat(200_000).map((within): Input => ({ is: "self-reboot", within })) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(undefined, "hold by jana")
      .map((held): Input => ({ is: "hold", held })),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(undefined, { who: "jana", person: true }, { who: "runbook", person: false })
      .map((holder): Input => ({ is: "seat", holder })),
  },
  { weight: 1, arbitrary: fc.constant<Input>({ is: "typed", at: -1 }) },
  { weight: 2, arbitrary: fc.constantFrom("done", "failed", "unknown", "vetoed", "stood-down") },
);

const anything = fc.record({ after: fc.nat(90_000), input });
// Left to chance, a host is seldom left alone for long enough to be acted upon: this is a host that dies.
const patience = fc.record({
  after: fc.nat(40_000),
  input: fc.constantFrom<Step["input"]>("answer", "answer", { is: "tick", lastByteAt: undefined }),
});
const ordeal = fc
  .tuple(seen, fc.array(patience, { maxLength: 8 }), anything)
  .map(([one, waits, stray]): Step[] => [
    { after: 1000, input: { is: "opinion", seen: { ...one, at: one.at + 2000 } } },
    ...waits,
    stray,
  ]);
const steps = fc
  .array(
    fc.oneof(
      anything.map((one): Step[] => [one]),
      ordeal,
    ),
    { maxLength: 30 },
  )
  .map((parts) => parts.flat());
const policies = fc.record({
  mode: fc.constantFrom<WatchMode>("act", "act", "act", "ask", "observe", "off"),
  ladder: fc.constantFrom<Rung[]>(
    ["nudge", "sysrq", "cycle", "page"],
    ["cycle"],
    ["single-user", "cycle"],
    ["nudge", "page"],
  ),
  confirmFor: fc.constantFrom(1000, 60_000, 300_000),
  silence: fc.constantFrom(0, 30_000, 600_000),
  handsOff: fc.constantFrom(0, 120_000),
  bootWithin: fc.constantFrom(60_000, 600_000),
  sysrq: fc.boolean(),
  answer: fc.constantFrom("none", "none", "none", "kernel", "refused", "echo", "alive"),
  known: fc.constantFrom<WatchState["answers"]>("yes", "yes", "prompt", "unknown"),
});

interface Moment {
  readonly before: WatchState;
  readonly input: Input;
  readonly decision: Decision;
  readonly now: number;
}

/** Plays the steps and gives every moment to the law. "wake" is the timer, "answer" ends a probe that runs. */
function play(
  setting: Omit<WatchPolicy, "budget" | "quiet"> & {
    readonly answer: string;
    readonly known: WatchState["answers"];
  },
  script: readonly Step[],
  law: (moment: Moment, policy: WatchPolicy) => void,
): void {
  const policy: WatchPolicy = { ...setting, budget: { cycles: 1, per: 1 }, quiet: [] };
  const seenAlive = { linkUp: true, seenAlive: true, liveFrom: 500, answers: setting.known };
  let state: WatchState = { ...freshState(0, true), ...seenAlive };
  let now = 0;
  for (const step of script) {
    const wake = step.input === "wake" || step.input === "answer";
    now = wake ? Math.max(now + 1, state.next.at ?? now + step.after) : now + step.after;
    const given = concrete(step.input, state, setting.answer, now);
    const decision = decide(policy, state, given, now);
    law({ before: state, input: given, decision, now }, policy);
    state = decision.state;
  }
}

function concrete(what: Step["input"], state: WatchState, answer: string, now: number): Input {
  if (what === "wake") return { is: "tick", lastByteAt: undefined };
  if (what === "answer")
    return state.phase.is === "suspect" && state.phase.probing
      ? ({ is: "probe", answer, text: answer, prompt: now % 2 === 0 } as Input)
      : { is: "tick", lastByteAt: undefined };
  if (typeof what === "string") {
    const rung = state.phase.is === "acting" ? state.phase.rung : "cycle";
    return { is: "finished", rung, how: what, text: what };
  }
  return what.is === "typed" ? { is: "typed", at: now } : what;
}

function must(condition: boolean, what: string): void {
  if (!condition) throw new Error(what);
}

const acts = (decision: Decision) => decision.wishes.filter((wish) => wish.is === "act");

function holds(law: (moment: Moment, policy: WatchPolicy) => void): void {
  fc.assert(
    fc.property(policies, steps, (setting, script) => play(setting, script, law)),
    { numRuns: 3000 },
  );
}

describe("decide(), whatever happens in whatever order", () => {
  it("acts only after confirmFor, with a fresh probe that failed since", () => {
    let acted = 0;
    holds(({ before, input: given, decision, now }, policy) => {
      if (acts(decision).length === 0) return;
      acted++;
      must(before.phase.is === "suspect", "acted without suspicion");
      if (before.phase.is !== "suspect") return;
      const failed = given.is === "probe" ? now : before.phase.failures?.last;
      const first = before.phase.failures?.first ?? failed;
      must(failed !== undefined && first !== undefined, "acted without a failed probe");
      must((failed ?? 0) >= before.phase.since && now - (failed ?? 0) <= 30_000, "stale probe");
      const from = before.phase.case.cause.is === "silence" ? first : before.phase.since;
      must(now - (from ?? now) >= policy.confirmFor, "acted before confirmFor");
      const { is, certain } = before.phase.case.cause;
      if (is === "evidence" && !certain)
        must(now - before.phase.since >= 300_000, "gave a fault that passes no time to pass");
      must(!(given.is === "probe" && given.answer === "echo"), "took an echo for death");
      must(now >= before.phase.notBefore, "acted before the host could reboot itself");
    });
    must(acted > 50, `the script acted only ${acted} times: the law was hardly tried`);
  });

  it("never acts or probes with a person at the seat, after typing, under a hold, or blind", () => {
    holds(({ decision, now }, policy) => {
      const { state, wishes } = decision;
      if (!wishes.some((wish) => wish.is === "act" || wish.is === "probe")) return;
      must(state.seat === undefined, "somebody has the seat");
      must(now - (state.typedAt ?? -1e12) >= policy.handsOff, "a person typed");
      must(state.held === undefined, "hold");
      must(state.linkUp, "link down");
      must(kindOf(state.seen) !== "busy", "busy");
    });
  });

  it("begins no rung twice in one incident, and cuts again only after a boot", () => {
    let begun: string[] = [];
    let cut = false;
    holds(({ before, input: given, decision }) => {
      if (before.phase.is === "calm") {
        begun = [];
        cut = false;
      }
      if (
        given.is === "finished" &&
        before.phase.is === "acting" &&
        given.rung === before.phase.rung
      ) {
        if (given.how === "vetoed" || given.how === "stood-down") {
          begun = begun.filter((rung) => rung !== given.rung);
          cut = begun.some((rung) => rung !== "sysrq");
        }
      }
      const { phase } = decision.state;
      if (phase.is !== "calm" && phase.case.booted) cut = false;
      for (const wish of acts(decision)) {
        if (wish.is !== "act") continue;
        must(!begun.includes(wish.rung), `${wish.rung} twice`);
        if (wish.rung !== "sysrq") {
          must(!cut, "cut twice without a boot between");
          cut = true;
        }
        begun.push(wish.rung);
      }
    });
  });

  it("stands down at any sign of life", () => {
    holds(({ before, input: given, decision }) => {
      const life =
        (given.is === "opinion" && kindOf(given.seen) === "alive") ||
        (given.is === "probe" && given.answer === "alive");
      if (!life || before.phase.is === "calm") return;
      const { phase } = decision.state;
      if (before.phase.is === "acting") {
        must(phase.is === "acting" && phase.objection !== undefined, "no objection to the act");
      } else if (before.phase.is === "suspect" || before.phase.is === "waiting") {
        must(phase.is === "calm" || given.is === "probe", `still ${phase.is}`);
      } else if (given.is === "opinion" && given.seen.class === "login-prompt") {
        must(phase.is === "calm", "a login prompt after an act ends it");
      }
      must(acts(decision).length === 0, "acted on a living host");
    });
  });

  it("objects to an act that has not begun when a person comes, bytes come, or a hold is set", () => {
    holds(({ before, input: given, decision }) => {
      if (before.phase.is !== "acting") return;
      const comes =
        given.is === "bytes" ||
        given.is === "typed" ||
        given.is === "gap" ||
        (given.is === "hold" && given.held !== undefined) ||
        (given.is === "seat" && given.holder !== undefined);
      const { phase } = decision.state;
      if (comes) must(phase.is === "acting" && phase.objection !== undefined, "no objection");
    });
  });

  it("takes silence and survivable symptoms for dead only where somebody was seen to answer", () => {
    holds(({ before, input: given, decision }) => {
      const asked =
        given.is === "answered" ||
        (given.is === "probe" && given.answer === "alive" && given.prompt === true);
      const prompt = given.is === "opinion" && given.seen.class === "login-prompt";
      const { phase, answers } = decision.state;
      if (answers === "yes") must(before.answers === "yes" || asked, "who answered?");
      const came = given.is === "probe" && given.answer === "alive";
      if (answers === "prompt") must(showedLife(before) || prompt || came, "who showed it?");
      const boots = given.is === "opinion" && given.seen.newest === "boot";
      if (boots) must(!showedLife(decision.state), "whoever answered before this boot may be gone");
      if (acts(decision).length === 0 || phase.is !== "acting") return;
      const { cause, answered } = phase.case;
      if (cause.class === "silence") must(before.answers === "yes", "silence, never answered");
      if (cause.class === "no-login") must(showedLife(before) || answered, "never answered");
      else if (!(cause.certain && cause.live)) must(showedLife(before), "never seen to answer");
    });
  });

  it("never acts but in mode act, types nothing in observe, does nothing in off", () => {
    holds(({ decision }, policy) => {
      if (policy.mode !== "act") must(acts(decision).length === 0, `acts in mode ${policy.mode}`);
      if (policy.mode === "observe")
        must(!decision.wishes.some((wish) => wish.is === "probe"), "probes in mode observe");
      if (policy.mode === "off")
        must(
          decision.wishes.every((wish) => wish.is === "tell" && wish.type === "watch.warning"),
          "does something in mode off",
        );
    });
  });

  it("never cuts what a cut does not mend, and wishes one act at a time", () => {
    holds(({ decision }) => {
      const begun = acts(decision);
      must(begun.length <= 1, "two acts at once");
      const { phase } = decision.state;
      if (begun.length === 0) return;
      must(phase.is === "acting", "acts outside the phase");
      if (phase.is === "acting")
        must(!["boot-loop", "fsck-prompt"].includes(phase.case.cause.class), "cut a prompt");
    });
  });

  it("always says what comes next, and never in the past", () => {
    holds(({ decision, now }) => {
      const { next } = decision.state;
      must(next.text.length > 0, "says nothing");
      must(next.at === undefined || next.at > now, `would wake at ${next.at}, it is ${now}`);
    });
  });
});
