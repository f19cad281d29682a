/**
 * Asks a console whether anybody is there, gentlest first, and stops at the first answer:
 *
 *   modem lines ► Enter ► Ctrl-Q and Enter (somebody may have typed Ctrl-S) ► Enter again
 *               ► BREAK BREAK (getty repeats its banner) ► BREAK h (SysRq help)
 *
 * BREAKs are last, and only where it is known to be harmless: on other systems it halts the machine.
 */

import { latin1 } from "../../lib/bytes.ts";
import type { Clock, Millis } from "../../lib/clock.ts";
import { formatDuration, seconds } from "../../lib/durations.ts";
import { messageOf } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import type { ModemLines } from "../../sdk/link.ts";
import type { ProbeAnswer } from "../policy/state.ts";
import type { BorrowedSeat, WatchedConsole } from "../session/watched-console.ts";

/** How long an answer is awaited, and the pause before the next try. */
export interface ProbeTimes {
  readonly answer: Millis;
  readonly between: Millis;
}

/** Five seconds for an echo; ten between tries, as long as a busy getty may need. What comes in between counts. */
export const usualProbeTimes: ProbeTimes = { answer: seconds(5), between: seconds(10) };

/** A wait that took this much longer than asked: the process stood still, and silence proves nothing. */
const STOOD_STILL: Millis = seconds(5);
const BREAK_MS: Millis = 250;
const MAX_ANSWER_BYTES = 2048;
const KERNEL_LINES = /(?:<\d>)?\[ {0,8}\d{1,9}\.\d{1,9}\][^\r\n]{0,1000}\r{0,2}\n/g;

/** One thing that was tried, and what came back. Times are Unix ms. */
export interface ProbeStep {
  readonly at: Millis;
  readonly tried: string;
  readonly answer: string;
}

export interface ProbeReport {
  readonly answer: ProbeAnswer;
  readonly text: string;
  readonly steps: readonly ProbeStep[];
  /** The answer left a prompt. */
  readonly prompt?: boolean;
  /** The modem lines as they were when it began, where the way shows them. */
  readonly lines?: ModemLines;
}

export interface ProbeOrder {
  readonly console: WatchedConsole;
  readonly clock: Clock;
  readonly who: string;
  readonly reason: string;
  /** SysRq over BREAK is known to work here. */
  readonly sysrq: boolean;
  readonly breakMs: Millis;
  readonly times: ProbeTimes;
  /** Who of those that write lends the seat; nobody where it is not said. */
  readonly lends?: (person: string) => boolean;
  readonly signal: AbortSignal;
}

interface Try {
  /** "Enter", in a sentence. */
  readonly what: string;
  readonly send: (seat: BorrowedSeat) => Promise<void>;
  /** How long an answer is waited for; the first that is clearly one ends it. */
  readonly wait: Millis;
  /** It sends BREAK. */
  readonly breaks?: true;
  /** What an answer to it proves. */
  readonly proves: "alive" | "kernel";
}

/** Probes a console. Never throws: what prevents a probe is a refusal, and proves nothing. */
export async function probeConsole(order: ProbeOrder): Promise<ProbeReport> {
  const steps: ProbeStep[] = [];
  const { clock, console } = order;
  const ear = new Ear();
  let seat: BorrowedSeat | undefined;
  let stop = () => {};
  try {
    const unfit = await whyNot(order);
    if (unfit) return { answer: "refused", text: unfit, steps };
    const lines = await readLines(order, steps);
    seat = console.borrow(order.who, order.reason, order.lends);
    const signal = AbortSignal.any([order.signal, seat.signal]);
    const began = clock.monotonic();
    stop = console.follow({ bytes: (chunk) => ear.hears(chunk) });
    const sent: Try[] = [];
    let best: ProbeAnswer = "none";
    for (const one of tries(order)) {
      // Where a tty echoes, a foreground job may run, which BREAK interrupts (BRKINT: Linux sends SIGINT).
      if (best === "echo" && one.breaks) break;
      sent.push(one);
      const heard = await attempt(order, seat, one, ear, signal);
      steps.push(heard.step);
      if (heard.stoodStill)
        return { answer: "refused", text: "this process stood still while it waited", steps };
      best = better(best, heard.answer);
      if (best === "alive")
        return {
          ...{ answer: best, text: `${one.what} was answered`, steps, ...lines },
          prompt: leavesPrompt(heard.text),
        };
    }
    const took = formatDuration(clock.monotonic() - began);
    return { answer: best, text: `${inWords(sent)} in ${took}: ${MEANS[best]}`, steps, ...lines };
  } catch (thrown) {
    return { answer: "refused", text: messageOf(thrown), steps };
  } finally {
    stop();
    seat?.release();
  }
}

const MEANS = {
  none: "no answer",
  kernel: "only the kernel shows itself",
  echo: "nothing but its echo, no prompt",
  alive: "answered",
  doubt: "no answer",
  refused: "not asked",
} as const satisfies Record<ProbeAnswer, string>;

const ORDER: readonly ProbeAnswer[] = ["refused", "none", "kernel", "echo", "doubt", "alive"];

const better = (one: ProbeAnswer, other: ProbeAnswer): ProbeAnswer =>
  ORDER.indexOf(other) > ORDER.indexOf(one) ? other : one;

/** "Enter sent 3 times, then BREAK BREAK (for getty), then BREAK h (SysRq help)". */
function inWords(sent: readonly Try[]): string {
  const isEnter = ({ what }: Try) => what.includes("Enter");
  const enters = sent.filter(isEnter).length;
  const rest = sent.filter((one) => !isEnter(one)).map((one) => `, then ${one.what}`);
  return `Enter sent ${enters} times${rest.join("")}`;
}

/** What the console said since it was last asked. Of more than is kept, lines that the kernel prints by itself go first. */
class Ear {
  #heard = "";
  /** The first of those that went. */
  #kernel = "";

  hears(chunk: Uint8Array): void {
    if (this.#heard.length >= MAX_ANSWER_BYTES) return;
    this.#heard += Buffer.from(chunk).toString("latin1");
    if (this.#heard.length < MAX_ANSWER_BYTES) return;
    this.#kernel ||= this.#heard.match(KERNEL_LINES)?.[0] ?? "";
    this.#heard = withoutKernelLines(this.#heard);
  }

  takes(): string {
    const heard = this.#kernel + this.#heard;
    this.#heard = "";
    this.#kernel = "";
    return heard;
  }
}

function tries({ times, sysrq, breakMs, console }: ProbeOrder): readonly Try[] {
  const type = (text: string) => (seat: BorrowedSeat) => seat.write(latin1(text));
  const list: Try[] = [
    { what: "Enter", send: type("\r"), wait: times.answer + times.between, proves: "alive" },
    { what: "Ctrl-Q and Enter", send: type("\u0011\r"), wait: times.answer, proves: "alive" },
    { what: "Enter again", send: type("\r"), wait: times.answer, proves: "alive" },
  ];
  if (!sysrq || !console.carriesBreak) return list;
  const length = breakMs || BREAK_MS;
  return [
    ...list,
    {
      what: "BREAK BREAK (for getty)",
      breaks: true,
      // The second one cancels SysRq and reaches getty, which prints its banner again (measured on Linux 6.1).
      send: (seat) => seat.breakThen(length, "break"),
      wait: times.answer,
      proves: "alive",
    },
    {
      what: "BREAK h (SysRq help)",
      breaks: true,
      // Linux takes the key as SysRq within 5 s after BREAK; later it goes to getty as text (measured).
      send: (seat) => seat.breakThen(length, latin1("h")),
      wait: times.answer,
      proves: "kernel",
    },
  ];
}

/** Why the console may not be typed at now. */
async function whyNot({ console }: ProbeOrder): Promise<string | undefined> {
  if (console.portState.is !== "up") return "the console is down";
  const [last] = await console.lastLines(1);
  if (/(?:pass(?:word|phrase|code)|PIN)\b[^:]{0,60}:\s*$/i.test(last ?? ""))
    return "a password prompt is open";
  return undefined;
}

/** Looks at the modem lines, which types nothing. */
async function readLines({ console, clock }: ProbeOrder, steps: ProbeStep[]) {
  const lines = await console.readLines();
  if (!lines) return undefined;
  const text = (["cts", "dsr", "dcd"] as const).map(
    (name) => `${name} ${lines[name] ? "on" : "off"}`,
  );
  steps.push({ at: clock.now(), tried: "modem lines", answer: text.join(", ") });
  return { lines };
}

async function attempt(
  order: ProbeOrder,
  seat: BorrowedSeat,
  one: Try,
  ear: Ear,
  signal: AbortSignal,
) {
  const { clock, times } = order;
  const at = clock.now();
  const began = clock.monotonic();
  await one.send(seat);
  const sent = clock.monotonic();
  let heard = "";
  let answer: ProbeAnswer = "none";
  let stoodStill = sent - began > STOOD_STILL;
  for (let waited = 0; waited < one.wait && answer !== "alive"; ) {
    const piece = Math.min(times.answer, one.wait - waited);
    const from = clock.monotonic();
    await clock.sleep(piece, signal);
    stoodStill ||= clock.monotonic() - from > piece + STOOD_STILL;
    waited += piece;
    heard += ear.takes();
    answer = answerIn(heard, one.proves);
  }
  const told = heard === "" ? "nothing" : `"${printable(heard.trim(), 200)}"`;
  return { step: { at, tried: one.what, answer: told }, stoodStill, answer, text: heard };
}

/** What was heard proves: a line end alone may be the echo of a console server, a modem, or a tty without a shell. */
function answerIn(heard: string, proves: Try["proves"]): ProbeAnswer {
  if (heard === "") return "none";
  // Anything else than SysRq's own words after BREAK comes from user space: getty repeats its banner.
  if (proves === "kernel" && /sysrq/i.test(heard)) return "kernel";
  const rest = withoutKernelLines(heard);
  if (rest === "") return "kernel";
  return /[^\s\u0011]/.test(rest.replaceAll("^Q", "")) ? "alive" : "echo";
}

/** A prompt waits in its row, and looks like one; lines that end came by themselves, as likely as not. */
function leavesPrompt(heard: string): boolean {
  // What was more than is kept was cut anywhere.
  if (heard.length >= MAX_ANSWER_BYTES) return false;
  const row =
    withoutKernelLines(heard)
      .split(/[\r\n]/)
      .at(-1) ?? "";
  return /[^\s^][:>#$%?\])] {0,3}$/.test(row.replace(/\u001b\[[\d;?]{0,16}[A-Za-z]/g, ""));
}

/**
 * What is left without whole kernel lines ("[  912.100] …"): a kernel that complains by itself is no answer to CR.
 * Half a line counts as an answer: doubt is for the host.
 */
function withoutKernelLines(text: string): string {
  return text.replace(KERNEL_LINES, "");
}
