/** What a probe brought, and what the host said of itself when it was looked at for that. */
import type { Millis } from "../../lib/clock.ts";
import { minutes } from "../../lib/durations.ts";
import { SILENCE, UNUSUAL_SILENCE } from "./classes.ts";
import { type Draft, inWords, type Suspect } from "./draft.ts";
import { type Case, type Cause, type Input, showedLife, type WatchState } from "./state.ts";

type Of<Is extends Input["is"]> = Extract<Input, { is: Is }>;

/** A probe that could not be made is made again after this. */
const PROBE_RETRY = minutes(1);
/** An echo that stays for this long where somebody used to answer is told to a person. */
const ECHO_STANDS = minutes(15);
/** A console that only echoes is asked again after this, and after that once a person was told. */
const ECHO_AGAIN = { untold: minutes(5), told: minutes(60) };
/** A kernel that wants to reboot later than this keeps its panic on the screen (86400 is usual): not waited for. */
export const MAX_SELF_REBOOT = minutes(10);

/** The host mends itself after its panic, which a cut would only disturb. */
export function takeItsOwnCure(draft: Draft, input: Of<"self-reboot" | "crash-kernel">): void {
  if (input.is === "self-reboot") takeSelfReboot(draft, input);
  else takeCrashKernel(draft, input);
}

function takeSelfReboot(draft: Draft, input: Of<"self-reboot">): void {
  const { phase } = draft.state;
  if (phase.is !== "suspect") return;
  const within = Math.max(0, input.within);
  if (within > MAX_SELF_REBOOT) return;
  // Its firmware may take minutes and print nothing of it here.
  const notBefore = draft.now + within + draft.policy.bootWithin;
  const waitsFor = `the host said that it reboots itself within ${inWords(within)}`;
  draft.to({ ...phase, notBefore: Math.max(notBefore, phase.notBefore), waitsFor });
}

/** A crash kernel checks itself, starts, waits for its disks to come out of a reset, and may be told to be quiet. */
const CRASH_KERNEL_SPEAKS = minutes(5);

function takeCrashKernel(draft: Draft, { what }: Of<"crash-kernel">): void {
  const { phase } = draft.state;
  if (phase.is !== "suspect" || !phase.case.cause.certain) return;
  // From now, not from an oops that may have come long before. The prober tells of it once in a case.
  const notBefore = draft.now + CRASH_KERNEL_SPEAKS;
  if (notBefore <= phase.notBefore) return;
  const waitsFor = `a crash kernel (${what}) is given ${inWords(CRASH_KERNEL_SPEAKS)} to show its dump`;
  draft.to({ ...phase, notBefore, waitsFor });
}

export function takeProbe(draft: Draft, input: Of<"probe">): void {
  const { phase } = draft.state;
  if (input.answer === "alive") {
    const answers = input.prompt || draft.state.answers === "yes" ? "yes" : "prompt";
    draft.set({ seenAlive: true, answers, quietSince: draft.now, echo: undefined });
  }
  if (phase.is === "suspect") takeSuspected(draft, phase, input);
  // A console without getty shows no login prompt: that it answers, and is silent then, is all the proof there is.
  else if (phase.is === "watching" && phase.unseen?.asked && input.answer === "alive")
    draft.to({ ...phase, unseen: { since: draft.now, asked: true, answer: input.text } });
}

function takeSuspected(draft: Draft, phase: Suspect, input: Of<"probe">): void {
  // A gap, a person or a hold came in between: what was not answered then proves nothing.
  if (!phase.probing && input.answer !== "alive") return;
  draft.to({ ...phase, probing: false });
  if (input.answer === "alive") {
    draft.set({ dismissed: Math.max(draft.state.dismissed, phase.case.cause.at) });
    draft.standDown(`the console answers: ${input.text}`);
    return;
  }
  if (input.answer === "refused") {
    const notBefore = draft.now + PROBE_RETRY;
    if (notBefore <= phase.notBefore) return;
    draft.to({ ...phase, probing: false, notBefore, waitsFor: input.text });
    if (draft.now - phase.since >= draft.policy.confirmFor)
      draft.page("no-probe", `${phase.case.cause.means}, and it cannot be probed: ${input.text}`);
    return;
  }
  if (input.answer === "doubt") {
    draft.page("doubt", `${phase.case.cause.means}, but ${input.text}`);
    draft.wait(`a person has to look: ${input.text}`);
    return;
  }
  if (input.answer === "echo") {
    echoed(draft, phase.case, input.text);
    return;
  }
  const { cause } = phase.case;
  if ((cause.class === SILENCE || cause.class === UNUSUAL_SILENCE) && !showedLife(draft.state)) {
    neverAnswered(draft, cause);
    return;
  }
  const kernel = input.answer === "kernel";
  const first = phase.failures?.first ?? draft.now;
  const failures = { first, last: draft.now, kernel, stale: false };
  draft.to({ ...phase, probing: false, failures });
  draft.open();
}

/** How long a console has to be silent, where it was known to do nothing but echo. */
export function silenceOf(silence: Millis, echo: WatchState["echo"]): Millis {
  if (!echo) return silence;
  return Math.max(silence, echo.told ? ECHO_AGAIN.told : ECHO_AGAIN.untold);
}

/** A foreground job echoes and is alive; a console server, a modem or a dying tty echo as well. Doubt calls a person. */
function echoed(draft: Draft, { cause }: Case, text: string): void {
  if (cause.certain) {
    draft.page("echo", `${cause.means}, but the console echoes: ${text}`);
    draft.wait("the console echoes: a person has to look");
    return;
  }
  draft.set({ dismissed: Math.max(draft.state.dismissed, cause.at), quietSince: draft.now });
  if (cause.is === "silence" && showedLife(draft.state) && onlyEchoes(draft)) return;
  draft.standDown(`the console echoes what is typed: ${text}`);
}

/** Somebody used to answer, and only the echo is left: a foreground job, or user space is gone. A person is told, once. */
function onlyEchoes(draft: Draft): boolean {
  const { now } = draft;
  const { since, told } = draft.state.echo ?? { since: now, told: false };
  const late = !told && now - since >= ECHO_STANDS;
  draft.set({ echo: { since, told: told || late } });
  if (!late) return false;
  const text = `for ${inWords(now - since)} only its echo answers where somebody used to: a foreground job, or user space is gone`;
  draft.page("only-echo", text);
  draft.wait("a person has to look");
  return true;
}

/** Silent, and nobody answers: the same as a console without a login prompt. Told to a person, and left at that. */
function neverAnswered(draft: Draft, cause: Cause): void {
  draft.set({ answers: "no" });
  const text = `${cause.means}, but nobody was seen to answer there since it started, or the watch began: no proof`;
  draft.wish({ is: "page", text });
  draft.standDown(text);
}
