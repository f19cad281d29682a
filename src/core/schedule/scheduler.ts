/**
 * Runbooks that run by themselves. Every few seconds, by the monotonic clock, each entry is asked when it was last due
 * by the wall clock:
 *
 *   due and not handled ─► within the hour: noted as handled, on disk, then run
 *                        └► longer ago: told as missed (the daemon was down, or the clock was moved)
 *
 * So whatever the clock does, a due time is run at most once, and none is passed over in silence. A daemon that ends in
 * the midst of a run leaves it "running" in the book: a runbook that only reads is run again within the hour; of any
 * other, people are told. What fails, and what cannot be run, is an event that becomes an alert.
 */

import { lastDue, nextDue } from "../../config/schedule-time.ts";
import type { ScheduleEntry } from "../../config/site-config.ts";
import type { Clock, Millis, Timer } from "../../lib/clock.ts";
import { formatDuration, hours, minutes, seconds } from "../../lib/durations.ts";
import { messageOf } from "../../lib/errors.ts";
import type { Risk } from "../../sdk/runbook.ts";
import type { Audit } from "../audit/audit.ts";
import type { ScheduledRun } from "../site/run-doors.ts";
import { type Planned, ScheduleBook } from "./schedule-book.ts";

/** How one run ended. `again`: nothing was done, and it may go better in a while. */
export interface ScheduledEnd {
  readonly result: "done" | "failed" | "refused";
  readonly text: string;
  readonly again?: boolean;
}

/** What running by itself needs of a site. */
export interface SchedulerParts {
  readonly entries: readonly ScheduleEntry[];
  readonly state: string;
  readonly clock: Clock;
  readonly audit: Pick<Audit, "note">;
  /** What the runbook may do. Throws where it cannot be run with these settings. */
  readonly riskOf: (entry: ScheduleEntry) => Promise<Risk>;
  /** Runs it; never throws. */
  readonly run: (entry: ScheduleEntry, signal: AbortSignal) => Promise<ScheduledEnd>;
}

const LOOK_EVERY: Millis = seconds(30);
/** What was missed by more than this is not run late. */
export const LATE: Millis = hours(1);
/** Somebody stands at the console, or it is down: it is tried again after this, within the hour. */
const AGAIN_AFTER: Millis = minutes(5);
/** Handled times further ahead than this: the clock was set back, and they mean nothing any more. */
const AHEAD: Millis = hours(25);
/** Hosts at which something runs at a time. */
const MOST = 8;

interface Due {
  readonly entry: ScheduleEntry;
  readonly due: Millis;
}

/** Runs what the configuration's schedule says. */
export class Scheduler {
  readonly #parts: SchedulerParts;
  readonly #book: ScheduleBook;
  readonly #stop = new AbortController();
  readonly #troubles = new Map<string, string>();
  /** Hosts at which something runs now. */
  readonly #busy = new Set<string>();
  #waiting: Due[] = [];
  #timer: Timer | undefined;
  #ready: Promise<void> | undefined;
  #running = new Set<Promise<void>>();

  constructor(parts: SchedulerParts) {
    this.#parts = parts;
    this.#book = new ScheduleBook(parts.state, parts.clock, (text) =>
      this.#note("schedule.error", text),
    );
  }

  /** Begins; what was due before and was not handled is taken up. */
  start(): void {
    if (this.#parts.entries.length === 0 || this.#ready) return;
    this.#ready = this.#begin().catch((thrown: unknown) =>
      this.#note("schedule.error", `what runs by itself does not: ${messageOf(thrown)}`),
    );
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#timer?.cancel();
    await this.#ready;
    await Promise.all(this.#running);
    this.#book.close();
  }

  /** How it stands with these hosts' entries. In a process that runs nothing, what the one that does left. */
  view(hosts: ReadonlySet<string>): readonly ScheduledRun[] {
    if (!this.#ready) this.#book.load();
    const now = this.#parts.clock.now();
    return this.#parts.entries
      .filter(({ host }) => hosts.has(host))
      .map((entry): ScheduledRun => {
        const { last, running } = this.#book.get(keyOf(entry)) ?? {};
        const trouble = this.#troubles.get(keyOf(entry));
        return {
          host: entry.host,
          runbook: entry.runbook,
          times: entry.times.map(({ text }) => text),
          next: nextDue(entry.times, now),
          running: running !== undefined,
          ...(last && { last }),
          ...(trouble !== undefined && { trouble }),
        };
      });
  }

  /** The runbook that comes next at a host; one that will not run does not come. */
  nextAt(host: string): { readonly runbook: string; readonly at: Millis } | undefined {
    const now = this.#parts.clock.now();
    const own = this.#parts.entries.filter(
      (entry) => entry.host === host && !this.#troubles.has(keyOf(entry)),
    );
    const next = own.map(({ runbook, times }) => ({ runbook, at: nextDue(times, now) }));
    return next.sort((a, b) => a.at - b.at)[0];
  }

  async #begin(): Promise<void> {
    this.#book.load();
    const { entries, clock } = this.#parts;
    this.#book.keepOnly(new Set(entries.map(keyOf)));
    const risks = new Map<string, Risk>();
    for (const entry of entries) {
      const risk = await this.#riskOf(entry);
      if (risk) risks.set(keyOf(entry), risk);
    }
    this.#tellTroubles();
    const now = clock.now();
    for (const entry of entries) this.#takeUp(entry, risks.get(keyOf(entry)), now);
    this.#book.save();
    if (!this.#stop.signal.aborted) this.#look();
  }

  /** Undefined: it cannot be run, which is remembered. */
  async #riskOf(entry: ScheduleEntry): Promise<Risk | undefined> {
    try {
      const risk = await this.#parts.riskOf(entry);
      if (risk !== "disrupt" || entry.allowDisrupt) return risk;
      const text = `${entry.runbook} takes hosts down; "allow-disrupt: true" would let it run by itself`;
      this.#troubles.set(keyOf(entry), text);
    } catch (thrown) {
      this.#troubles.set(keyOf(entry), messageOf(thrown));
    }
    return undefined;
  }

  #tellTroubles(): void {
    const byText = new Map<string, string[]>();
    for (const entry of this.#parts.entries) {
      const trouble = this.#troubles.get(keyOf(entry));
      if (trouble === undefined) continue;
      byText.set(trouble, [...(byText.get(trouble) ?? []), entry.host]);
    }
    for (const [text, hosts] of byText)
      this.#note("schedule.impossible", `will not run on ${inWords(hosts)}: ${text}`, hosts);
  }

  /** What a process before this one knew of it; an entry that is new begins now. */
  #takeUp(entry: ScheduleEntry, risk: Risk | undefined, now: Millis): void {
    const key = keyOf(entry);
    const known = this.#book.get(key);
    if (known === undefined) {
      this.#book.set(key, { handled: lastDue(entry.times, now) });
      return;
    }
    const { running, ...rest } = known;
    if (running === undefined) return;
    if (risk === "read" && now - running <= LATE)
      this.#book.set(key, { ...rest, handled: running - 1 });
    else this.#ended({ entry, due: running }, "failed", "the daemon ended in the midst of it");
  }

  #look(): void {
    this.#timer = this.#parts.clock.after(LOOK_EVERY, () => this.#look());
    const now = this.#parts.clock.now();
    const fresh: Due[] = [];
    const missed = new Map<string, Due[]>();
    for (const entry of this.#parts.entries) {
      const due = this.#dueOf(entry, now);
      if (due === undefined) continue;
      if (now - due > LATE) {
        const name = `${entry.runbook} ${due}`;
        missed.set(name, [...(missed.get(name) ?? []), { entry, due }]);
      } else {
        this.#book.set(keyOf(entry), { ...this.#known(entry), handled: due, running: due });
        fresh.push({ entry, due });
      }
    }
    for (const group of missed.values()) this.#missed(group, now);
    // Not on disk: it would be run again after a restart. It waits until it can be written.
    if (fresh.length === 0 && missed.size === 0) return;
    if (!this.#book.save()) for (const { entry, due } of fresh) this.#unhandle(entry, due);
    else this.#waiting.push(...fresh);
    this.#next();
  }

  /** The time that is due and that nobody has seen to. */
  #dueOf(entry: ScheduleEntry, now: Millis): Millis | undefined {
    const known = this.#known(entry);
    const due = lastDue(entry.times, now);
    const isAhead = known.handled > now + AHEAD;
    if (isAhead) this.#book.set(keyOf(entry), { ...known, handled: due });
    return isAhead || due <= known.handled || known.running !== undefined ? undefined : due;
  }

  #known(entry: ScheduleEntry): Planned {
    return this.#book.get(keyOf(entry)) ?? { handled: 0 };
  }

  #unhandle(entry: ScheduleEntry, due: Millis): void {
    const { running: _running, ...rest } = this.#book.get(keyOf(entry)) ?? { handled: due };
    this.#book.set(keyOf(entry), { ...rest, handled: due - 1 });
  }

  #missed(group: readonly Due[], now: Millis): void {
    const [first] = group;
    if (!first) return;
    const ago = formatDuration(now - first.due);
    const text = `was due ${ago} ago and was not run: no daemon ran, or the clock was moved`;
    for (const { entry, due } of group) {
      const known = this.#book.get(keyOf(entry));
      const last = { due, at: now, result: "missed", text } as const;
      this.#book.set(keyOf(entry), { ...known, handled: due, last });
    }
    const hosts = group.map(({ entry }) => entry.host);
    const what = `${first.entry.runbook} on ${inWords(hosts)}: ${text}`;
    this.#note("schedule.missed", what, hosts, first.entry.runbook);
  }

  /** One thing at a time at a host, and not at too many hosts. */
  #next(): void {
    for (const one of [...this.#waiting]) {
      if (this.#stop.signal.aborted || this.#busy.size >= MOST) return;
      if (this.#busy.has(one.entry.host)) continue;
      this.#waiting = this.#waiting.filter((other) => other !== one);
      this.#busy.add(one.entry.host);
      const running = this.#run(one).finally(() => {
        this.#busy.delete(one.entry.host);
        this.#running.delete(running);
        this.#next();
      });
      this.#running.add(running);
    }
  }

  async #run(one: Due): Promise<void> {
    const { entry, due } = one;
    const trouble = this.#troubles.get(keyOf(entry));
    if (trouble !== undefined) return this.#ended(one, "refused", trouble);
    const { signal } = this.#stop;
    const { result, text, again } = await this.#parts.run(entry, signal);
    // What the daemon's own end cut short stays in the book: the next one takes it up.
    if (signal.aborted && result !== "done") return;
    const { clock } = this.#parts;
    if (again && clock.now() + AGAIN_AFTER - due <= LATE) {
      clock.after(AGAIN_AFTER, () => {
        this.#waiting.push(one);
        this.#next();
      });
      return;
    }
    this.#ended(one, result, text);
  }

  #ended({ entry, due }: Due, result: ScheduledEnd["result"], text: string): void {
    const { running: _running, ...rest } = this.#book.get(keyOf(entry)) ?? { handled: due };
    const at = this.#parts.clock.now();
    this.#book.set(keyOf(entry), { ...rest, handled: due, last: { due, at, result, text } });
    this.#book.saveSoon();
    const { host, runbook } = entry;
    const type = result === "done" ? "schedule.done" : "schedule.failed";
    const data = { runbook, due, result };
    this.#parts.audit.note({ host, type, by: "schedule", text: `${runbook}: ${text}`, data });
  }

  #note(type: string, text: string, hosts: readonly string[] = [], runbook?: string): void {
    const [host, ...more] = hosts;
    const one = host !== undefined && more.length === 0 ? { host } : {};
    const data = { ...(hosts.length > 0 && { hosts }), ...(runbook !== undefined && { runbook }) };
    this.#parts.audit.note({ ...one, type, by: "schedule", text, data });
  }
}

const keyOf = ({ host, runbook }: ScheduleEntry): string => `${host} ${runbook}`;

const NAMED = 4;
const inWords = (hosts: readonly string[]): string => {
  const more = hosts.length > NAMED ? ` and ${hosts.length - NAMED} more` : "";
  return `${hosts.slice(0, NAMED).join(", ")}${more}`;
};
