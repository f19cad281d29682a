import type { WatchMode } from "../../config/site-config.ts";
import type { Millis } from "../../lib/clock.ts";
import { formatDuration } from "../../lib/durations.ts";
import { messageOf } from "../../lib/errors.ts";
import type { Incident } from "../incident/incident.ts";
import { MAX_SELF_REBOOT } from "../policy/answer.ts";
import { type CutShort, resume } from "../policy/resume.ts";
import type { Case, WatchState } from "../policy/state.ts";
import type { SeatHolder, WatchedConsole } from "../session/watched-console.ts";
import type { Hold } from "../site/site.ts";
import { type CrashKernel, mayHandOver } from "./crash-kernel.ts";
import { type ProbeReport, probeConsole, usualProbeTimes } from "./probe.ts";
import {
  type HostParts,
  type Mind,
  WATCHDOG,
  type WatchedHost,
  type WatchStatus,
} from "./watchdog-parts.ts";

const YEAR: Millis = 365 * 86_400_000;
const REBOOT_LINES = 60;

/** What people are told of a host's watch. */
export function statusOf(
  state: WatchState,
  mode: WatchMode,
  incident: Incident | undefined,
  since: Millis,
  now: Millis,
): WatchStatus {
  const { phase, seen, next } = state;
  const at = next.at === undefined ? "" : `, in ${formatDuration(Math.max(0, next.at - now))}`;
  const more = {
    since,
    next: mode === "off" ? "not watched" : `${next.text}${at}`,
    ...(incident && { incident: incident.record.id }),
  };
  const silent = phase.is !== "calm" && phase.case.cause.is === "silence";
  if (phase.is !== "calm" && silent) {
    const proven = phase.is !== "suspect" || phase.failures !== undefined;
    const { cause } = phase.case;
    return { state: proven ? "stuck" : "warning", class: cause.class, why: cause.means, ...more };
  }
  if (!seen.proven && !state.seenAlive)
    return { state: "unknown", class: "unknown", why: "nothing was seen yet", ...more };
  return { state: seen.state, class: seen.class, why: seen.means, ...more };
}

interface Asking {
  readonly host: WatchedHost;
  readonly parts: HostParts;
  readonly signal: AbortSignal;
  /** Look first whether the host is about to reboot by itself, or to write its dump by this. */
  readonly readReboot: boolean;
  readonly crashKernel?: CrashKernel;
  /** A person who wants it asked, and lends the seat for that. */
  readonly person?: string | undefined;
}

/** Probes a host's console, unless its kernel said that it reboots by itself. Never throws. */
export async function askConsole(
  asking: Asking,
): Promise<ProbeReport & { readonly rebootsWithin?: Millis; readonly crashKernel?: string }> {
  const { host, parts, signal } = asking;
  const { console, entry } = host;
  try {
    const rebootsWithin = asking.readReboot ? await readSelfReboot(console) : undefined;
    if (rebootsWithin !== undefined)
      return { answer: "refused", text: "the host reboots itself", steps: [], rebootsWithin };
    const waiting = asking.readReboot ? await asking.crashKernel?.look(console) : undefined;
    if (waiting !== undefined && mayHandOver(await console.lastLines(REBOOT_LINES)))
      return {
        ...{ answer: "refused", text: `a crash kernel may begin its dump: ${waiting}`, steps: [] },
        crashKernel: waiting,
      };
  } catch (thrown) {
    return { answer: "refused", text: messageOf(thrown), steps: [] };
  }
  return await probeConsole({
    console,
    clock: parts.clock,
    who: WATCHDOG,
    reason: "Enter, to see whether anybody answers",
    sysrq: entry.watch.sysrq,
    breakMs: entry.breakMs,
    times: parts.probeTimes ?? usualProbeTimes,
    ...(asking.person !== undefined && { lends: (writer: string) => writer === asking.person }),
    signal,
  });
}

/** Where the watch stands with an incident that a restart left open. */
export function resumed(
  state: WatchState,
  { entry }: WatchedHost,
  incident: Incident,
  cutShort: CutShort | undefined,
  now: Millis,
): WatchState {
  const given = { cutShort, waits: incident.record.state !== "open" };
  return resume(state, caseOf(incident), given, now, entry.watch.bootWithin);
}

/** The case of an incident as its acts on record tell: a rung that was only decided upon is still to be had. */
function caseOf({ record }: Incident): Case {
  const begun = record.acts.filter(({ how }) => how !== "stood-down" && how !== "vetoed");
  return { ...record.case, opened: true, tried: begun.map((act) => act.rung) };
}

/** Since when a host is suspected, and when a probe failed last; undefined: it is not. */
export function proofOf({ phase }: WatchState) {
  if (phase.is === "acting") return { ...phase.proof, began: phase.case.began };
  if (phase.is !== "suspect") return undefined;
  const { since, failures } = phase;
  return { since, probeFailedAt: failures?.last, began: phase.case.began };
}

/** "hold by jana for 1h 30m: RAID rebuild" */
export function holdInWords(hold: Hold | undefined, now: Millis): string | undefined {
  const left = hold ? Math.min(hold.until - now, YEAR) : 0;
  return hold && `hold by ${hold.by} for ${formatDuration(left)}: ${hold.reason}`;
}

/** Who has the seat, but for our own probe and the runbook that is the rung under way. */
export function othersSeat(holder: SeatHolder | undefined, acting: boolean): WatchState["seat"] {
  if (!holder || holder.who === WATCHDOG || (acting && !holder.person)) return undefined;
  return { who: holder.who, person: holder.person };
}

/** "Rebooting in N seconds.." after a panic: the kernel's own cure (panic=N), which a cut would only disturb. */
async function readSelfReboot(console: WatchedConsole): Promise<Millis | undefined> {
  const lines = await console.lastLines(REBOOT_LINES);
  const panic = lines.findLastIndex((line) => /panic/i.test(line));
  const after = panic < 0 ? [] : lines.slice(panic);
  for (const line of after) {
    const [, amount] = /\bRebooting in (\d{1,6}) ?seconds?\b/.exec(line) ?? [];
    const within = Number(amount) * 1000;
    if (amount !== undefined && within <= MAX_SELF_REBOOT) return within;
  }
  return undefined;
}

/** Rows in which work shows how far it is. */
const PROGRESS_LINES = 12;

/** Tells a watch how far the work on its console is. */
export async function readProgress(watch: Mind & { readonly host: WatchedHost }): Promise<void> {
  const mark = progressIn(await watch.host.console.lastLines(PROGRESS_LINES));
  if (mark !== watch.state.progress?.mark) watch.give({ is: "progress", mark });
}

/** The newest percentage or count that work shows ("41.0 %", "|====  | 43%", "..12%"). */
function progressIn(lines: readonly string[]): string | undefined {
  const found = lines.flatMap((line) => line.match(/\d{1,3}(?:\.\d{1,2})? ?%/g) ?? []);
  return found.at(-1);
}
