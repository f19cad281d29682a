/**
 * Before a rung that takes a host down: what dies with it goes into the incident. The screen, the last of the log, and
 * where the kernel has just answered to SysRq in the probe, what it says of its tasks, processors and memory:
 *
 *   BREAK w ► BREAK l ► BREAK m ► BREAK t (only before a cut: the others need a kernel that has time for them)
 *
 * It ends at its limit, whatever came by then. A kernel whose lines carry no stamp is not asked: nothing would tell them
 * from a living host's.
 */
import type { Rung } from "../../config/site-config.ts";
import { latin1 } from "../../lib/bytes.ts";
import type { Millis } from "../../lib/clock.ts";
import { formatDuration, seconds } from "../../lib/durations.ts";
import { messageOf } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import type { Incident } from "../incident/incident.ts";
import type { Collected, CollectedPart } from "../incident/incident-record.ts";
import { mayType } from "../policy/classes.ts";
import type { BorrowedSeat } from "../session/watched-console.ts";
import { KernelEar, STAMP as STAMPED } from "./kernel-ear.ts";
import { type HostParts, WATCHDOG, type WatchedHost } from "./watchdog-parts.ts";

/** In the order of their worth; the long one comes last. Linux Documentation/admin-guide/sysrq.rst. */
const SYSRQ = [
  ["w", "Show Blocked State", "tasks that wait and cannot be interrupted"],
  ["l", "Show backtrace of all active CPUs", "where each CPU is"],
  ["m", "Show Memory", "memory"],
  ["t", "Show State", "all tasks"],
] as const;

const BREAK_MS: Millis = 250;
const POLL: Millis = 250;
/** The kernel writes without a pause. */
const QUIET: Millis = seconds(1);
/** Linux takes the key as SysRq within 5 s after BREAK, and answers at once. */
const ANSWERS_WITHIN: Millis = seconds(4);
/** No letter is begun with less time left: its answer would be cut off. */
const WORTH_IT: Millis = seconds(3);
/** The interlock stale-evidence counts from the last failed probe; what it has to read afterwards takes its time. */
const PROBE_GOOD_FOR: Millis = seconds(50);

const STAMPED_HELP = /\[ {0,8}\d{1,9}\.\d{6}\](?:\[ {0,6}[TC]\d{1,7}\])? sysrq ?: HELP/i;
/** A shell, a loader or a question waits in its row, or did when the kernel spoke: a lost BREAK would leave the letter there. */
const WAITS_FOR_TEXT =
  /[#$%>?] {0,3}(?:$|\[ {0,8}\d{1,9}\.\d{6}\])|(?:pass(?:word|phrase|code)|PIN)\b[^:]{0,60}:\s*$/i;
const LAST_ROWS = 3;

export interface CollectOrder {
  readonly host: WatchedHost;
  readonly parts: HostParts;
  readonly incident: Incident;
  readonly rung: Rung;
  /** Who approved the rung, and lends the seat for it. */
  readonly person: string | undefined;
  /** Aborted by whatever calls the rung off: a person, life, a hold. */
  readonly signal: AbortSignal;
  /** What of the host is thought, and when it failed a probe last (monotonic). */
  readonly seen: { readonly class: string; readonly probeFailedAt: Millis | undefined };
  /** What runs beside the rung, and is not waited for. */
  readonly beside: (work: Promise<unknown>) => void;
  /** What comes from here on is heard by this, until the rung has ended; without one: all was said, as far as asked. */
  readonly listens: (ear?: KernelEar) => void;
}

/** Takes it. True: the host was typed at, which took time. Never throws: a cut does not wait for this. */
export async function collect(order: CollectOrder): Promise<boolean> {
  const { host, parts, incident } = order;
  const limit = limitOf(order);
  // Once an incident: a rung that was called off or refused is tried again, and again.
  if (limit <= 0 || incident.record.collected) return false;
  const { clock } = parts;
  const at = clock.now();
  const began = clock.monotonic();
  // A screen that does not come is not waited for.
  order.beside(incident.capture("cut", host.console));
  const had: CollectedPart[] = [];
  const { typed, note } = await inTime(order, limit, async (signal) => {
    const why = whyNotAsked(order) ?? (await whatWaits(order));
    if (why !== undefined) return { typed: false, note: why };
    const until = began + limit - POLL;
    return { typed: true, note: await askKernel({ ...order, signal }, until, had) };
  });
  incident.collects({ at, took: clock.monotonic() - began, parts: had, note });
  return typed;
}

interface Ended {
  readonly typed: boolean;
  /** Why it ended early; empty: it did not. */
  readonly note: string;
}

/** Ends with the work, at the limit, or with what calls the rung off: a write that hangs is not waited for. */
async function inTime(
  { parts, signal }: CollectOrder,
  limit: Millis,
  work: (signal: AbortSignal) => Promise<Ended>,
): Promise<Ended> {
  const over = new AbortController();
  const late = parts.clock.sleep(limit, AbortSignal.any([signal, over.signal])).then(
    () => ({ typed: true, note: "the console took too long" }),
    (why: unknown) => ({ typed: true, note: messageOf(why) }),
  );
  const ended = await Promise.race([work(AbortSignal.any([signal, over.signal])), late]);
  over.abort(new Error("its time is over"));
  return ended;
}

function limitOf({ host, parts, seen }: CollectOrder): Millis {
  const { collect: limit = 0 } = host.entry.watch;
  const age = parts.clock.monotonic() - (seen.probeFailedAt ?? Number.NEGATIVE_INFINITY);
  return Math.min(limit, PROBE_GOOD_FOR - age);
}

function whyNotAsked({ host, incident, seen }: CollectOrder): string | undefined {
  if (!host.entry.watch.sysrq) return "SysRq is not allowed here";
  if (!host.console.carriesBreak) return "the way to the console carries no BREAK";
  if (host.console.portState.is !== "up") return "the console is down";
  if (
    !mayType(seen.class) ||
    (/-(?:shell|prompt)$/.test(seen.class) && seen.class !== "login-prompt")
  )
    return "nothing may be typed now";
  const answer = incident.record.probes.at(-1)?.steps.findLast(({ tried }) => /SysRq/.test(tried));
  if (!answer || !/sysrq ?: HELP/i.test(answer.answer))
    return "the kernel did not answer to SysRq in the probe";
  return STAMPED_HELP.test(answer.answer)
    ? undefined
    : "the kernel's lines carry no stamp: they could not be told from a living host's";
}

async function whatWaits({ host }: CollectOrder): Promise<string | undefined> {
  try {
    const last = await host.console.lastLines(LAST_ROWS);
    const waits = last.some((row) => !STAMPED.test(row) && WAITS_FOR_TEXT.test(row));
    return waits ? "something waits for text there" : undefined;
  } catch (thrown) {
    return messageOf(thrown);
  }
}

/** Gives why that was not all; empty: it was. */
async function askKernel(
  order: CollectOrder,
  until: Millis,
  found: CollectedPart[],
): Promise<string> {
  const { host, parts, rung, person } = order;
  let seat: BorrowedSeat | undefined;
  try {
    order.signal.throwIfAborted();
    seat = host.console.borrow(
      WATCHDOG,
      "SysRq, to keep what a cut would destroy",
      (writer) => writer === person,
    );
    const ear = new KernelEar();
    order.listens(ear);
    const signal = AbortSignal.any([order.signal, seat.signal]);
    // Whatever hangs: nothing of ours keeps the seat when it is over.
    const lent = seat;
    order.signal.addEventListener("abort", () => lent.release(), { once: true });
    for (const [letter, header, what] of SYSRQ) {
      if (letter === "t" && rung !== "cycle") break;
      if (until - parts.clock.monotonic() < WORTH_IT)
        return `no time was left from SysRq ${letter} on`;
      const from = ear.rows.length;
      const answered = await askOne({ order, seat, ear, until, signal }, letter, header);
      const rows = ear.rows.slice(from).map((row) => printable(row, 500));
      found.push({ what: `SysRq ${letter}: ${what}`, rows });
      if (!answered) return `the kernel did not answer to SysRq ${letter}`;
    }
    // What it says after this comes by itself.
    order.listens();
    return "";
  } catch (thrown) {
    return messageOf(thrown);
  } finally {
    seat?.release();
  }
}

interface Asking {
  readonly order: CollectOrder;
  readonly seat: BorrowedSeat;
  readonly ear: KernelEar;
  readonly until: Millis;
  readonly signal: AbortSignal;
}

/** One letter, until the kernel is quiet or the time is over. False: it did not answer. */
async function askOne(
  { order: { host, parts }, seat, ear, until, signal }: Asking,
  letter: string,
  header: string,
): Promise<boolean> {
  const { clock } = parts;
  const from = ear.rows.length;
  const sent = clock.monotonic();
  const answers = new RegExp(`sysrq ?: (?:SysRq : )?${header}|sysrq operation is disabled`, "i");
  await seat.breakThen(host.entry.breakMs || BREAK_MS, latin1(letter));
  let answered = false;
  for (let now = clock.monotonic(); now < until; now = clock.monotonic()) {
    await clock.sleep(Math.min(POLL, until - now), signal);
    if (ear.life !== undefined) throw new Error(`somebody lives there: "${ear.life}"`);
    answered ||= ear.rows.slice(from).some((row) => answers.test(row));
    const quiet = clock.monotonic() - Math.max(sent, ear.heardAt ?? sent);
    if (answered && quiet >= QUIET) return true;
    if (!answered && clock.monotonic() - sent >= ANSWERS_WITHIN) break;
  }
  // A letter whose BREAK got lost stands at whatever reads there.
  if (!answered) await seat.write(latin1("\x15"));
  return answered;
}

/** "SysRq w, SysRq l, SysRq m taken in 8s" */
export function collectedInWords({ parts, took, note }: Collected): string {
  const had = parts.map(({ what }) => what.replace(/:.*/, "")).join(", ");
  return `before it: ${had || "nothing"} taken in ${formatDuration(took)}${note ? ` (${note})` : ""}`;
}
