import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { NotifyEntry } from "../../../src/config/site-config.ts";
import type { Audit } from "../../../src/core/audit/audit.ts";
import { openAuditTrail } from "../../../src/core/audit/audit-trail.ts";
import type { IncidentRecord } from "../../../src/core/incident/incident-record.ts";
import { Alerts } from "../../../src/core/notify/alerts.ts";
import { ManualClock, type Millis } from "../../../src/lib/clock.ts";
import { minutes, seconds } from "../../../src/lib/durations.ts";
import type { Alert } from "../../../src/sdk/notify/alert.ts";

/** Sunday, noon, local time. */
const NOON = new Date(2026, 10, 22, 12, 0, 0).getTime();

export const entry = (change: Partial<NotifyEntry> = {}): NotifyEntry => ({
  device: { driver: "webhook", options: {} },
  severity: "warning",
  quiet: [],
  limit: 20,
  ...change,
});

/** A site with a real trail and a real queue on disk; what leaves it is only remembered. */
export class AlertSite {
  readonly folder = mkdtempSync(join(tmpdir(), "oob-alerts-"));
  clock = new ManualClock(NOON);
  readonly channels: ReadonlyMap<string, NotifyEntry>;
  readonly sent: { readonly channel: string; readonly alert: Alert }[] = [];
  /** Channels that take nothing. */
  readonly dead = new Set<string>();
  /** Channels that take all, and nobody knows where it comes to. */
  readonly blind = new Set<string>();
  /** What those say, of an alert. */
  says = (_alert: Alert): string => "connection refused";
  /** What leads to the incident. */
  link: string | undefined;
  tries = 0;
  /** A try does not end by itself. */
  hangs = false;
  hung: Promise<void> = Promise.resolve();
  audit: Audit;
  #alerts: Alerts | undefined;

  constructor(channels: Readonly<Record<string, NotifyEntry>>) {
    this.channels = new Map(Object.entries(channels));
    this.audit = openAuditTrail(this.folder, this.clock);
  }

  get alerts(): Alerts {
    if (!this.#alerts) throw new Error("not started");
    return this.#alerts;
  }

  async start(): Promise<void> {
    this.#alerts = this.make();
    this.#alerts.start();
    await this.settle();
  }

  make(): Alerts {
    const nameOf = new Map([...this.channels].map(([name, one]) => [one, name]));
    return new Alerts({
      ...{ site: "demo", state: this.folder, channels: this.channels },
      ...{ clock: this.clock, audit: this.audit },
      incident: (id) => recordOf(id),
      openIncident: (host) => (host === "web1" ? 12 : undefined),
      next: () => "probe again in 5m",
      asks: (host) => host === "web2",
      channelsOf: (host) => (host === "web3" ? ["pager"] : undefined),
      link: () => this.link,
      isBlind: (one) => Promise.resolve(this.blind.has(nameOf.get(one) ?? "?")),
      send: (one, alert, ending) => {
        this.tries++;
        if (this.hangs)
          return new Promise((_, reject) => {
            this.hung = new Promise((resolve) => {
              ending.addEventListener("abort", () => {
                reject(new Error("ended"));
                resolve();
              });
            });
          });
        const channel = nameOf.get(one) ?? "?";
        if (this.dead.has(channel)) return Promise.reject(new Error(this.says(alert)));
        this.sent.push({ channel, alert });
        return Promise.resolve("HTTP 200");
      },
    });
  }

  /** As a kill: nothing more is written, and another process takes the trail up. */
  async kill(): Promise<void> {
    // Its clock stands still for ever: none of its timers rings, and nothing that it hears of is told.
    this.#alerts = undefined;
    await this.audit.close();
    this.clock = new ManualClock(this.clock.now());
    this.audit = openAuditTrail(this.folder, this.clock);
  }

  note(type: string, host: string, text: string, incident?: number): void {
    const data = incident === undefined ? {} : { data: { incident } };
    this.audit.note({ type, host, by: "watchdog", text, ...data });
  }

  /** What a panic that is cut and mended tells. */
  open(host: string, incident: number): void {
    this.note("incident.open", host, `incident ${incident} opened`, incident);
    this.note("watch.page", host, "nothing is done: held by jana", incident);
  }

  /** Time goes on, and what is written meanwhile comes to the disk. */
  async advance(by: Millis): Promise<void> {
    await this.clock.advance(by);
    await this.settle();
  }

  async settle(): Promise<void> {
    await this.#alerts?.settled();
    await this.clock.advance(0);
    await this.#alerts?.settled();
  }

  texts(channel: string): string[] {
    return this.sent
      .filter((one) => one.channel === channel)
      .map(({ alert }) => `${alert.phase} ${alert.severity} ${alert.thread}`);
  }
}

export const AFTER_GATHER = seconds(3);
export const LONG = minutes(30);

const cause = {
  is: "evidence",
  certain: true,
  live: true,
  class: "panic",
  means: "kernel panic",
  at: 10,
} as const;

function recordOf(id: number): IncidentRecord {
  return {
    ...{ id, host: "web1", state: "open", openedAt: NOON },
    case: { cause, opened: true, tried: [], told: [], booted: false, answered: true, began: 0 },
    evidence: [
      {
        ...{ rule: "linux/panic", means: "kernel panic", class: "panic", state: "crash" },
        ...{ action: "recover", at: 10, line: "\u001b]0;pwn\u0007Kernel panic\r\nBcc: x" },
      },
    ],
    ...{ probes: [], verdicts: [], acts: [], story: [] },
  } as unknown as IncidentRecord;
}
