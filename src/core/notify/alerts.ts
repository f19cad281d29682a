/**
 * Alerts of a site. The audit trail is where they come from, and what makes them survive a kill:
 *
 *   event noted ─► news of one thread, gathered for a moment ─► alert ─► queue of each channel that wants it ─► sender
 *                                                                           └► queue.json, with the event's number
 *   start: queue.json ─► events of the trail behind its number ─► as above
 *
 * Nothing here is waited for by the watchdog or by who reads consoles. An alert is sent at least once, with the same key
 * each time. Where the trail cannot be written (full disk) its events come here all the same.
 */
import type { NotifyEntry } from "../../config/site-config.ts";
import type { Clock, Millis, Timer } from "../../lib/clock.ts";
import { formatDuration, seconds } from "../../lib/durations.ts";
import { messageOf, OobError } from "../../lib/errors.ts";
import { nameHint } from "../../lib/nearest.ts";
import type { Alert } from "../../sdk/notify/alert.ts";
import type { Audit } from "../audit/audit.ts";
import type { IncidentRecord } from "../incident/incident-record.ts";
import type { SiteEvent } from "../site/site.ts";
import { alertOf } from "./alert-made.ts";
import { type News, newsOf } from "./alert-news.ts";
import { Channel } from "./channel.ts";
import { MAX_AGE } from "./channel-limits.ts";
import type { ChannelStatus, ChannelTest } from "./notify-view.ts";
import { QueueFile, readQueue } from "./queue-file.ts";

/** Opening an incident and calling a person are one message, not two. */
const GATHER: Millis = seconds(2);

/** What alerts are made of, and how they leave. */
export interface AlertParts {
  readonly site: string;
  readonly state: string;
  readonly channels: ReadonlyMap<string, NotifyEntry>;
  readonly clock: Clock;
  readonly audit: Pick<Audit, "note" | "read" | "hear">;
  readonly incident: (id: number) => IncidentRecord | undefined;
  readonly openIncident: (host: string) => number | undefined;
  readonly next: (host: string) => string | undefined;
  /** Channels that a host's entry names; undefined: all. */
  readonly channelsOf?: (host: string) => readonly string[] | undefined;
  /** Whether a person is asked now whether to act on the host. */
  readonly asks: (host: string) => boolean;
  /** Whether its success says nothing about an arrival. */
  readonly isBlind: (entry: NotifyEntry) => Promise<boolean>;
  /** Link to the incident's page, as this channel gets it; made when it is sent. undefined: none. */
  readonly link?: (channel: string, entry: NotifyEntry, alert: Alert) => string | undefined;
  /** Sends once; throws what went wrong. `ending`: aborted where nobody waits for it any more. */
  readonly send: (entry: NotifyEntry, alert: Alert, ending: AbortSignal) => Promise<string>;
}

export class Alerts {
  readonly #parts: AlertParts;
  #channels: readonly Channel[] = [];
  #file: QueueFile | undefined;
  /** What happened in each thread and is not told yet. */
  readonly #gathering = new Map<string, { readonly news: News[]; readonly timer: Timer }>();
  /** Number of the newest event that came. */
  #seq = 0;
  /** Events that come while those of before are still read. */
  #early: SiteEvent[] | undefined = [];
  #unhear: (() => void) | undefined;
  #starting: Promise<void> | undefined;
  readonly #ending = new AbortController();

  constructor(parts: AlertParts) {
    this.#parts = parts;
  }

  /** Begins to tell people: first what a process before this one did not. */
  start(): void {
    if (this.#parts.channels.size === 0 || this.#starting) return;
    this.#unhear = this.#parts.audit.hear?.((event) => this.#hear(event));
    this.#starting = this.#start().catch((thrown: unknown) => this.#trouble(messageOf(thrown)));
  }

  /** What waits is on disk then. */
  async stop(): Promise<void> {
    this.#unhear?.();
    for (const channel of this.#channels) channel.stop();
    // What a try has started goes with it; its message still waits, for whoever starts next.
    this.#ending.abort(new OobError("INTERRUPTED", "Cannot wait for it: oob ends"));
    await this.#starting;
    for (const thread of [...this.#gathering.keys()]) this.#tell(thread);
    await this.#file?.close();
  }

  /** Resolves when what was left is taken up, and what is known now is on disk. */
  async settled(): Promise<void> {
    await this.#starting;
    await this.#file?.written();
  }

  /** How the channels stand; in a process that does not send, how the one that does left them. */
  async status(): Promise<readonly ChannelStatus[]> {
    if (this.#channels.length > 0) return this.#channels.map((channel) => channel.status);
    const { state, channels } = this.#parts;
    const stored = await readQueue(state);
    return [...channels].map(([name, { device, severity }]): ChannelStatus => {
      const left = stored?.channels[name];
      const base = { channel: name, driver: device.driver, severity };
      if (!left) return { ...base, state: "unused", waiting: 0, sent: 0 };
      const { threads: _threads, digests: _digests, waiting, ...told } = left;
      const fine = left.sent > 0 ? "ok" : "unused";
      const failing = left.failingSince === undefined ? fine : "failing";
      return { ...base, ...told, state: failing, waiting: waiting.length };
    });
  }

  /** Sends a test through channels at once. Throws USAGE where one is not there. */
  async *test(names: readonly string[], who: string): AsyncGenerator<ChannelTest> {
    const { channels } = this.#parts;
    const chosen = names.length === 0 ? [...channels.keys()] : [...new Set(names)];
    for (const name of chosen) {
      if (channels.has(name)) continue;
      const hint = nameHint(name, [...channels.keys()]) ?? "See: oob notify list";
      throw new OobError("USAGE", `Cannot test channel "${name}": there is none`, { hint });
    }
    const under = new Map(chosen.map((name) => [name, this.#test(name, who)]));
    while (under.size > 0) {
      const test = await Promise.race(under.values());
      under.delete(test.channel);
      yield test;
    }
  }

  async #test(name: string, who: string): Promise<ChannelTest> {
    const { channels, clock, site, send, audit } = this.#parts;
    const entry = channels.get(name);
    if (!entry) throw new OobError("INTERNAL", `Cannot test channel "${name}": it is gone`);
    const at = clock.now();
    const began = clock.monotonic();
    const key = `${site}-test-${name}-${at}`;
    const alert: Alert = {
      ...{ key, thread: `${site}/test/${name}/${at}`, first: true, phase: "open", site, at },
      severity: "info",
      title: `test of channel "${name}" by ${who}`,
      seen: [],
      news: [{ at, text: "nothing happened: somebody wants to know whether this arrives" }],
      commands: ["oob notify list"],
    };
    const { driver } = entry.device;
    const end = (result: ChannelTest["result"], text: string) => {
      audit.note({ type: "notify.test", by: who, text: `${name}: ${result}, ${text}` });
      return { channel: name, driver, result, text, tookMs: clock.monotonic() - began };
    };
    try {
      return end("done", await send(entry, alert, this.#ending.signal));
    } catch (thrown) {
      const code = thrown instanceof OobError ? thrown.code : "INTERNAL";
      const hint = thrown instanceof OobError ? thrown.hint : undefined;
      return {
        ...end("failed", messageOf(thrown)),
        error: { code, ...(hint !== undefined && { hint }) },
      };
    }
  }

  async #start(): Promise<void> {
    const { state, channels, clock, site, audit, send } = this.#parts;
    const stored = await readQueue(state, (what) =>
      this.#trouble(`what waited may be lost, look at the incidents: cannot read ${what}`),
    );
    const blind = new Set<string>();
    for (const [name, entry] of channels) if (await this.#parts.isBlind(entry)) blind.add(name);
    this.#file = new QueueFile(
      state,
      clock,
      () => ({
        v: 1,
        seq: this.#settledSeq,
        channels: Object.fromEntries(this.#channels.map((one) => [one.name, one.stored])),
      }),
      (text) => this.#trouble(text),
    );
    const file = this.#file;
    this.#channels = [...channels].map(
      ([name, entry]) =>
        new Channel(
          name,
          entry,
          {
            ...{ site, clock },
            send: (alert) => send(entry, this.#linked(name, entry, alert), this.#ending.signal),
            changed: () => file.changed(),
            note: (type, text, channel) => {
              audit.note({ type, by: "oob", text, data: { channel } });
            },
            delivered: (sent) => {
              if (entry.fallback !== undefined || blind.has(name)) return;
              for (const other of this.#channels) other.drop(sent);
            },
          },
          stored?.channels[name],
        ),
    );
    const read = await this.#catchUp(stored?.seq);
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const event of early)
      if (event.seq === 0 || !stored || event.seq > read) this.#take(event);
    file.changed();
    if (!this.#ending.signal.aborted) for (const channel of this.#channels) channel.start();
  }

  /** The link is not kept in the queue: it would be there for whoever reads the file. */
  #linked(channel: string, entry: NotifyEntry, alert: Alert): Alert {
    const link = this.#parts.link?.(channel, entry, alert);
    return link === undefined ? alert : { ...alert, link };
  }

  /** Takes what the trail has behind a number; without one, all of it is the past. Gives the number of its last. */
  async #catchUp(after: number | undefined): Promise<number> {
    const { audit, clock, openIncident } = this.#parts;
    const oldest = clock.now() - MAX_AGE;
    let old = 0;
    this.#seq = after ?? 0;
    try {
      for await (const event of audit.read({ hosts: [], follow: false })) {
        const isNew = after !== undefined && event.seq > after;
        // An end is told however old it is: somewhere its beginning may still stand.
        const isOld = isNew && event.at < oldest && newsOf(event, openIncident)?.phase === "open";
        if (isNew && isOld) old++;
        if (isNew && !isOld) this.#take(event);
        else this.#seq = Math.max(this.#seq, event.seq);
      }
    } catch (thrown) {
      const why = `the audit trail cannot be read: ${messageOf(thrown)}`;
      this.#trouble(`what was not told before is not told now, ${why}`);
    }
    if (old > 0) this.#trouble(`${old} events are not told: older than ${formatDuration(MAX_AGE)}`);
    return this.#seq;
  }

  #hear(event: SiteEvent): void {
    if (this.#early) this.#early.push(event);
    else this.#take(event);
  }

  #take(event: SiteEvent): void {
    // An event that could not be written has no number; one that was waited for comes behind later ones.
    this.#seq = Math.max(this.#seq, event.seq);
    const news = newsOf(event, this.#parts.openIncident);
    if (!news) return;
    const gathering = this.#gathering.get(news.thread);
    if (gathering) {
      gathering.news.push(news);
      return;
    }
    const timer = this.#parts.clock.after(GATHER, () => this.#tell(news.thread));
    this.#gathering.set(news.thread, { news: [news], timer });
  }

  #tell(thread: string): void {
    const gathered = this.#gathering.get(thread);
    this.#gathering.delete(thread);
    gathered?.timer.cancel();
    const [first, ...more] = gathered?.news ?? [];
    if (first === undefined) return;
    try {
      this.#offer([first, ...more]);
    } catch (thrown) {
      // An incident that an older version wrote: people are told all the same, without it.
      this.#trouble(`${first.text}; and what is known of it cannot be told: ${messageOf(thrown)}`);
    }
    this.#file?.changed();
  }

  #offer(news: readonly [News, ...News[]]): void {
    const [first] = news;
    const last = news.at(-1) ?? first;
    const { site, incident, next, asks } = this.#parts;
    const alert = alertOf(news, {
      site,
      record: last.incident === undefined ? undefined : incident(last.incident),
      next: last.host === undefined ? undefined : next(last.host),
      asks: last.host !== undefined && asks(last.host),
    });
    const only = last.host === undefined ? undefined : this.#parts.channelsOf?.(last.host);
    for (const channel of this.#channels)
      if ((only?.includes(channel.name) ?? true) && channel.wants(news, alert))
        channel.offer(alert, last.seq);
  }

  /** All events up to this one are in the queues: those still gathered are read from the trail again after a kill. */
  get #settledSeq(): number {
    const open = [...this.#gathering.values()].flatMap(({ news }) => news.map((one) => one.seq));
    const first = Math.min(...open.filter((seq) => seq > 0));
    return Number.isFinite(first) ? Math.min(this.#seq, first - 1) : this.#seq;
  }

  #trouble(text: string): void {
    this.#parts.audit.note({ type: "notify.error", by: "oob", text });
  }
}
