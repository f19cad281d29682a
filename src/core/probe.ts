/**
 * Asks a console whether anybody is there, gentlest first, and stops at the first answer:
 *
 *   modem lines ► CR ► CR again ► Ctrl-Q and CR (somebody may have typed Ctrl-S) ► BREAK h (SysRq help)
 *
 * BREAK is last, and only where it is known to be harmless: on other systems it halts the machine.
 */

import { latin1 } from "../lib/bytes.ts";
import type { Clock, Millis } from "../lib/clock.ts";
import { seconds } from "../lib/durations.ts";
import { messageOf } from "../lib/errors.ts";
import { printable } from "../lib/printable.ts";
import type { ProbeAnswer } from "./policy/state.ts";
import type { BorrowedSeat, WatchedConsole } from "./watched-console.ts";

/** How long an answer is awaited, and the pause before the next try. */
export interface ProbeTimes {
  readonly answer: Millis;
  readonly between: Millis;
}

/** Five seconds for an echo; ten between tries, as long as a busy getty may need. */
export const usualProbeTimes: ProbeTimes = { answer: seconds(5), between: seconds(10) };

/** A wait that took this much longer than asked: the process stood still, and silence proves nothing. */
const STOOD_STILL: Millis = seconds(5);
const BREAK_MS: Millis = 250;
const MAX_ANSWER_BYTES = 2048;

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
  readonly signal: AbortSignal;
}

interface Try {
  readonly what: string;
  readonly send: (seat: BorrowedSeat) => Promise<void>;
  readonly after: Millis;
  /** What an answer to it proves. */
  readonly proves: "alive" | "kernel";
}

/** Probes a console. Never throws: what prevents a probe is a refusal, and proves nothing. */
export async function probeConsole(order: ProbeOrder): Promise<ProbeReport> {
  const steps: ProbeStep[] = [];
  let seat: BorrowedSeat | undefined;
  try {
    const unfit = await whyNot(order, steps);
    if (unfit) return { answer: "refused", text: unfit, steps };
    seat = order.console.borrow(order.who, order.reason);
    const signal = AbortSignal.any([order.signal, seat.signal]);
    let kernel = false;
    for (const one of tries(order)) {
      await order.clock.sleep(one.after, signal);
      const heard = await attempt(order, seat, one, signal);
      steps.push(heard.step);
      if (heard.stoodStill)
        return { answer: "refused", text: "this process stood still while it waited", steps };
      if (heard.answered && (one.proves === "alive" || !heard.sysrq))
        return { answer: "alive", text: `${one.what} was answered`, steps };
      kernel ||= heard.answered || heard.kernel;
    }
    return kernel
      ? { answer: "kernel", text: "only the kernel shows itself", steps }
      : { answer: "none", text: `${steps.length} tries, no answer`, steps };
  } catch (thrown) {
    return { answer: "refused", text: messageOf(thrown), steps };
  } finally {
    seat?.release();
  }
}

function tries({ times, sysrq, breakMs, console }: ProbeOrder): readonly Try[] {
  const type = (text: string) => (seat: BorrowedSeat) => seat.write(latin1(text));
  const list: Try[] = [
    { what: "CR", send: type("\r"), after: 0, proves: "alive" },
    { what: "CR again", send: type("\r"), after: times.between, proves: "alive" },
    { what: "Ctrl-Q and CR", send: type("\u0011\r"), after: 0, proves: "alive" },
  ];
  if (sysrq && console.carriesBreak)
    list.push({
      what: "BREAK h (SysRq help)",
      // Linux takes the key as SysRq within 5 s after BREAK; later it goes to getty as text (measured).
      send: async (seat) => {
        await seat.sendBreak(breakMs || BREAK_MS);
        await seat.write(latin1("h"));
      },
      after: 0,
      proves: "kernel",
    });
  return list;
}

/** Why the console may not be typed at now; looks at the modem lines first, which types nothing. */
async function whyNot(order: ProbeOrder, steps: ProbeStep[]): Promise<string | undefined> {
  const { console, clock } = order;
  if (console.portState.is !== "up") return "the console is down";
  const [last] = await console.lastLines(1);
  if (/(?:pass(?:word|phrase|code)|PIN)\b[^:]{0,60}:\s*$/i.test(last ?? ""))
    return "a password prompt is open";
  const lines = await console.readLines();
  if (!lines) return undefined;
  const text = (["cts", "dsr", "dcd"] as const).map(
    (name) => `${name} ${lines[name] ? "on" : "off"}`,
  );
  steps.push({ at: clock.now(), tried: "modem lines", answer: text.join(", ") });
  return undefined;
}

async function attempt(order: ProbeOrder, seat: BorrowedSeat, one: Try, signal: AbortSignal) {
  const { console, clock, times } = order;
  let heard = "";
  const stop = console.follow({
    bytes: (chunk) => {
      if (heard.length < MAX_ANSWER_BYTES) heard += Buffer.from(chunk).toString("latin1");
    },
  });
  const at = clock.now();
  const began = clock.monotonic();
  try {
    await one.send(seat);
    const sent = clock.monotonic();
    await clock.sleep(times.answer, signal);
    const stoodStill =
      clock.monotonic() - sent > times.answer + STOOD_STILL || sent - began > STOOD_STILL;
    const rest = withoutKernelLines(heard);
    const answer = heard === "" ? "nothing" : `"${printable(heard.trim(), 200)}"`;
    const step = { at, tried: one.what, answer };
    // Anything else than SysRq's own words after BREAK comes from user space: getty repeats its banner.
    const sysrq = /sysrq/i.test(heard);
    return { step, stoodStill, answered: rest !== "" || sysrq, sysrq, kernel: heard !== "" };
  } finally {
    stop();
  }
}

/**
 * What is left without whole kernel lines ("[  912.100] …"): a kernel that complains by itself is no answer to CR.
 * Half a line counts as an answer: doubt is for the host.
 */
function withoutKernelLines(text: string): string {
  return text.replace(/(?:<\d>)?\[ {0,8}\d{1,9}\.\d{1,9}\][^\r\n]{0,1000}\r{0,2}\n/g, "");
}
