/*
 * One channel: what it is told, what waits, and how it is sent. One message at a time; a failure makes the whole channel
 * wait, longer each time. In a queue a thread has one message that was tried, and one that gathers what came since.
 */
import type { NotifyEntry } from "../../config/site-config.ts";
import type { Clock, Millis, Timer } from "../../lib/clock.ts";
import { formatDuration, minutes } from "../../lib/durations.ts";
import { messageOf, OobError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import type { Alert } from "../../sdk/notify/alert.ts";
import { withoutLinks } from "../incident/link-token.ts";
import { digestOf, merged, reaches, type Waiting } from "./alert-made.ts";
import type { News } from "./alert-news.ts";
import {
  BACK_OFF,
  CLOCK_STEP,
  CRITICAL_AFTER,
  DOWN_AFTER,
  LIMIT_PER,
  LOOK_EVERY,
  MAX_AGE,
  MAX_THREADS,
  MAX_WAITING,
} from "./channel-limits.ts";
import { dueOf } from "./due-alerts.ts";
import type { ChannelStatus } from "./notify-view.ts";
import { OpenDigests } from "./open-digests.ts";
import type { StoredChannel } from "./queue-file.ts";

/** What a channel needs of its surroundings. */
export interface ChannelParts {
  readonly site: string;
  readonly clock: Clock;
  readonly send: (alert: Alert) => Promise<string>;
  /** Its part of the file has changed. */
  readonly changed: () => void;
  readonly note: (type: string, text: string, channel: string) => void;
  /** It sent this, which others need not send any more. */
  readonly delivered: (sent: Waiting) => void;
}

export class Channel {
  readonly name: string;
  readonly entry: NotifyEntry;
  readonly #parts: ChannelParts;
  #waiting: Waiting[] = [];
  #threads: Record<string, Millis> = {};
  readonly #digests: OpenDigests;
  #sent = 0;
  #lastSentAt: Millis | undefined;
  #failures = 0;
  #failing: { readonly since: Millis; readonly why: string; readonly hint?: string } | undefined;
  #isDown = false;
  /** The wall clock before the monotonic one: a clock that is set makes nothing older, or younger. */
  #offset: Millis;
  /** Monotonic: not tried before. */
  #notBefore = Number.NEGATIVE_INFINITY;
  #times: Millis[] = [];
  #limited = false;
  #sending = false;
  #running = false;
  #timer: Timer | undefined;

  constructor(name: string, entry: NotifyEntry, parts: ChannelParts, stored?: StoredChannel) {
    this.name = name;
    this.entry = entry;
    this.#parts = parts;
    const now = parts.clock.now();
    this.#offset = now - parts.clock.monotonic();
    this.#digests = new OpenDigests(parts.site, stored?.digests);
    if (!stored) return;
    this.#waiting = stored.waiting.map((one) => ({ ...one, since: Math.min(one.since, now) }));
    this.#threads = { ...stored.threads };
    this.#sent = stored.sent;
    this.#lastSentAt = stored.lastSentAt;
  }

  get stored(): StoredChannel {
    return {
      waiting: this.#waiting,
      threads: this.#threads,
      digests: this.#digests.stored,
      sent: this.#sent,
      ...(this.#lastSentAt !== undefined && { lastSentAt: this.#lastSentAt }),
      ...(this.#failing && { failingSince: this.#failing.since, why: this.#failing.why }),
      ...(this.#failing?.hint !== undefined && { hint: this.#failing.hint }),
    };
  }

  get status(): ChannelStatus {
    const { waiting: _waiting, threads: _threads, digests: _digests, ...told } = this.stored;
    const { device, severity } = this.entry;
    const fine = this.#sent > 0 ? "ok" : "unused";
    const why = this.#waitsFor();
    return {
      ...{ channel: this.name, driver: device.driver, severity, ...(why && { why }), ...told },
      state: this.#isDown ? "down" : this.#failing ? "failing" : fine,
      waiting: this.#waiting.length,
    };
  }

  /** Why a channel that works has not sent what waits. */
  #waitsFor(): string | undefined {
    const { fallback, limit } = this.entry;
    if (this.#waiting.length === 0 || this.#sending) return undefined;
    const now = this.#parts.clock.monotonic();
    if (this.#freeAt(now) > now) return `its limit of ${limit} in ${formatDuration(LIMIT_PER)}`;
    if (this.#due().length > 0) return undefined;
    return fallback === undefined
      ? "quiet hours: what is not critical waits"
      : `what no other channel takes within ${formatDuration(fallback)}`;
  }

  start(): void {
    this.#running = true;
    this.#pump();
  }

  stop(): void {
    this.#running = false;
    this.#timer?.cancel();
  }

  /** Whether people at this channel are told so. What ends a thread is told where it was begun. */
  wants(news: readonly News[], alert: Alert): boolean {
    if (news.some((one) => one.except === this.name)) return false;
    const { hosts, severity } = this.entry;
    if (hosts && (alert.host === undefined || !hosts.includes(alert.host))) return false;
    const known =
      this.#threads[alert.thread] !== undefined ||
      this.#waiting.some((one) => one.alert.thread === alert.thread);
    if (alert.phase !== "open") return known;
    return reaches(alert.severity, severity);
  }

  offer(alert: Alert, seq: number): void {
    const since = this.#parts.clock.monotonic() + this.#offset;
    const fresh: Waiting = { alert, seq, since, tries: 0 };
    const at = this.#waiting.findIndex(
      (one) => one.alert.thread === alert.thread && one.tries === 0,
    );
    const before = this.#waiting[at];
    if (before) this.#waiting[at] = merged(before, fresh);
    else this.#waiting.push(fresh);
    this.#bound();
    this.#parts.changed();
    this.#pump();
  }

  /** Another channel told people of this: a channel for emergencies keeps silent. */
  drop({ alert, seq, of = [{ thread: alert.thread, seq }] }: Waiting): void {
    if (this.entry.fallback === undefined) return;
    const left = this.#waiting.filter(
      (one) => !of.some((two) => two.thread === one.alert.thread && two.seq >= one.seq),
    );
    if (left.length === this.#waiting.length) return;
    this.#waiting = left;
    this.#parts.changed();
  }

  #bound(): void {
    if (this.#waiting.length <= MAX_WAITING) return;
    const least = this.#waiting.findIndex((one) => one.alert.severity !== "critical");
    const [gone] = this.#waiting.splice(Math.max(0, least), 1);
    if (gone) this.#dropped(gone, `more than ${MAX_WAITING} wait`);
  }

  #dropped({ alert }: Waiting, why: string): void {
    // Two full queues would tell each other of their drops for ever.
    if (alert.thread.startsWith(`${this.#parts.site}/channel/`)) return;
    const text = `not told through "${this.name}", ${why}: ${alert.title}`;
    this.#parts.note("notify.dropped", text, this.name);
  }

  /** Not while one is sent: it would not be known again. */
  #followClock(): void {
    const { clock } = this.#parts;
    const step = clock.now() - clock.monotonic() - this.#offset;
    if (Math.abs(step) < CLOCK_STEP) return;
    this.#offset += step;
    this.#waiting = this.#waiting.map((one) => ({ ...one, since: one.since + step }));
  }

  #expire(): void {
    const oldest = this.#parts.clock.now() - MAX_AGE;
    const old = this.#waiting.filter((one) => one.since < oldest);
    if (old.length === 0) return;
    this.#waiting = this.#waiting.filter((one) => one.since >= oldest);
    for (const one of old) this.#dropped(one, `waited ${formatDuration(MAX_AGE)}`);
    this.#parts.changed();
  }

  /** Sends what is due, or sets the clock for it. */
  #pump(): void {
    if (!this.#running || this.#sending) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#followClock();
    this.#expire();
    if (this.#waiting.length === 0) return;
    const now = this.#parts.clock.monotonic();
    const free = this.#freeAt(now);
    if (free > now) this.#limited = true;
    const at = Math.max(this.#notBefore, free);
    const due = this.#due();
    if (at > now || due.length === 0) {
      const wait = due.length === 0 ? LOOK_EVERY : at - now;
      this.#timer = this.#parts.clock.after(wait, () => this.#pump());
      return;
    }
    const next = this.#limited ? this.#gathered(due) : due[0];
    this.#limited = false;
    if (next) void this.#send(next);
  }

  /** Monotonic time at which the limit leaves room for another message. */
  #freeAt(now: Millis): Millis {
    this.#times = this.#times.filter((time) => time > now - LIMIT_PER);
    const [oldest] = this.#times;
    const newest = this.#times.at(-1) ?? now;
    if (oldest === undefined || this.#times.length < this.entry.limit) return now;
    const calls = this.#waiting.some((one) => one.alert.severity === "critical");
    return calls ? Math.min(newest + CRITICAL_AFTER, oldest + LIMIT_PER) : oldest + LIMIT_PER;
  }

  #due = (): Waiting[] => dueOf(this.#waiting, this.entry, this.#parts.clock.now());

  /** The limit was reached: all that is due becomes one message, but for ends, which a machine may wait for. */
  #gathered(due: readonly Waiting[]): Waiting | undefined {
    const [first, ...more] = due.filter((one) => one.alert.phase === "open" && one.tries === 0);
    if (first === undefined || more.length === 0) return due[0];
    const digest = digestOf([first, ...more], this.#parts.site);
    for (const one of [first, ...more]) this.#told(one.alert.thread);
    this.#waiting = this.#waiting.filter((one) => one !== first && !more.includes(one));
    this.#waiting.unshift(digest);
    return digest;
  }

  #told(thread: string): void {
    // Others have one message only: they must not push out an incident whose end is to come.
    if (!/^[^/]+\/(?:incident|channel|anchor)\//.test(thread)) return;
    this.#threads[thread] = this.#parts.clock.now();
    const all = Object.entries(this.#threads).sort(([, one], [, other]) => other - one);
    if (all.length > MAX_THREADS) this.#threads = Object.fromEntries(all.slice(0, MAX_THREADS));
  }

  async #send(one: Waiting): Promise<void> {
    const { send } = this.#parts;
    this.#sending = true;
    const tried: Waiting = { ...one, tries: one.tries + 1 };
    this.#waiting = this.#waiting.map((other) => (other === one ? tried : other));
    const first = this.#threads[one.alert.thread] === undefined;
    try {
      await send({ ...one.alert, first });
      this.#succeeded(tried);
    } catch (thrown) {
      // The end of oob is no failure of the channel.
      if (this.#running) this.#failed(thrown);
    } finally {
      this.#sending = false;
      this.#parts.changed();
      this.#pump();
    }
  }

  #succeeded(one: Waiting): void {
    const { clock, note, delivered } = this.#parts;
    this.#waiting = this.#waiting.filter((other) => other !== one);
    const { thread, phase } = one.alert;
    this.#told(thread);
    if (phase === "resolved") delete this.#threads[thread];
    this.#waiting.push(...this.#digests.sent(one, clock.now()));
    this.#sent++;
    this.#times.push(clock.monotonic());
    this.#lastSentAt = clock.now();
    this.#failures = 0;
    const since = this.#failing?.since ?? clock.now();
    this.#failing = undefined;
    delivered(one);
    if (!this.#isDown) return;
    this.#isDown = false;
    const stood = formatDuration(clock.now() - since);
    note("notify.up", `channel "${this.name}" works again, after ${stood}`, this.name);
  }

  #failed(thrown: unknown): void {
    const { clock, note } = this.#parts;
    const why = printable(withoutLinks(messageOf(thrown)), 500);
    const hint = thrown instanceof OobError ? thrown.hint : undefined;
    const since = this.#failing?.since ?? clock.now();
    this.#failing = { since, why, ...(hint !== undefined && { hint }) };
    const wait = BACK_OFF[Math.min(this.#failures, BACK_OFF.length - 1)] ?? minutes(10);
    this.#failures++;
    this.#notBefore = clock.monotonic() + wait;
    if (this.#failures < DOWN_AFTER || this.#isDown) return;
    this.#isDown = true;
    note("notify.down", `channel "${this.name}" takes nothing: ${why}`, this.name);
  }
}
