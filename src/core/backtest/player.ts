/**
 * Plays what a console showed to the session, detector, guard and watchdog of the daemon, on a clock that only the
 * player moves. Nothing of them is copied here: what they do is what they would have done.
 */
import type { HostEntry, SiteConfig } from "../../config/site-config.ts";
import { ManualClock, type Millis } from "../../lib/clock.ts";
import type { Rule } from "../../sdk/rule.ts";
import { createDetector } from "../detect/create-detector.ts";
import { Habits } from "../habit/habits.ts";
import { Incidents } from "../incident/incident.ts";
import { Session } from "../session/session.ts";
import type { Attachment, HostStatus, SiteEvent } from "../site/site.ts";
import { Holds } from "../watchdog/holds.ts";
import { Watchdog } from "../watchdog/watchdog.ts";
import { type ImaginedHost, ImaginedPort, ImaginedPower, ToldTrail } from "./imagined-host.ts";
import type { LogMoment } from "./log-moment.ts";

/** What is played to, and where. */
export interface Playing {
  readonly entry: HostEntry;
  /** The whole site, for shared outlets; the host is taken into it. */
  readonly site: Pick<SiteConfig, "hosts" | "fleet" | "idleTimeout">;
  readonly rules: readonly Rule[];
  /** An empty folder, for the incidents. */
  readonly folder: string;
  /** Unix ms at which it begins. */
  readonly from: Millis;
  readonly behind: ImaginedHost;
  readonly told: (event: SiteEvent) => void;
}

/** One host's console, played. */
export class Player {
  readonly clock: ManualClock;
  readonly session: Session;
  readonly watchdog: Watchdog;
  readonly incidents: Incidents;
  readonly #port: ImaginedPort;
  readonly #holds: Holds;
  readonly #people = new Map<string, Attachment>();

  constructor({ entry, site, rules, folder, from, behind, told }: Playing) {
    const clock = new ManualClock(from);
    const audit = new ToldTrail(clock, told);
    this.clock = clock;
    this.#port = new ImaginedPort(entry.name, clock, behind);
    this.session = new Session({
      host: entry.name,
      port: this.#port,
      detector: createDetector(rules),
      audit,
      clock,
      encoding: entry.encoding,
      breakMs: entry.breakMs,
      idleTimeout: site.idleTimeout,
      // Shown to people who come; those who come here look at nothing.
      status: () => ({ host: entry.name }) as HostStatus,
    });
    this.#holds = new Holds(folder, clock, audit);
    this.incidents = new Incidents(folder, clock);
    this.watchdog = new Watchdog({
      hosts: [{ entry, console: this.session }],
      site: new Map([...site.hosts, [entry.name, entry]]),
      fleet: site.fleet,
      power: new ImaginedPower(clock, behind),
      // A runbook needs a host that answers: nothing is known of what it would have said.
      runRunbook: () => Promise.resolve("failed"),
      audit,
      holds: this.#holds,
      incidents: this.incidents,
      clock,
      habits: new Habits(folder, clock, audit),
    });
  }

  async start(): Promise<void> {
    await this.session.start();
    await this.watchdog.start();
  }

  /** Lets time pass until a moment, and then it happens. */
  async play(moment: LogMoment): Promise<void> {
    await this.until(moment.at);
    switch (moment.is) {
      case "bytes":
        this.#port.prints(moment.bytes);
        break;
      case "link":
        this.#port.link(moment.up, moment.text);
        break;
      case "gap":
        this.#port.gap(moment.text);
        break;
      case "person":
        await this.#person(moment.who, moment.came);
        break;
      case "power":
        this.session.mark("power", moment.text);
        break;
      case "time":
        break;
    }
  }

  /** Lets time pass until then; a moment that was is now. */
  async until(at: Millis): Promise<void> {
    const ahead = at - this.clock.now();
    if (ahead > 0) await this.clock.advance(ahead);
  }

  link(up: boolean, text: string): void {
    this.#port.link(up, text);
  }

  async pass(time: Millis): Promise<void> {
    await this.clock.advance(time);
  }

  /** Ends the watch, an act that is under way included. */
  async end(): Promise<void> {
    const stopped = this.watchdog.stop().then(() => true);
    // What is under way waits for this clock.
    while (!(await Promise.race([stopped, this.clock.advance(1000).then(() => false)])));
    await this.session.stop();
    this.#holds.close();
  }

  async #person(who: string, came: boolean): Promise<void> {
    const before = this.#people.get(who);
    this.#people.delete(who);
    await before?.leave();
    if (!came) return;
    const request = { mode: "join", reason: "as logged", replayLines: 0, filter: "safe" } as const;
    const size = { columns: 80, rows: 24 };
    const place = await this.session.attach({ ...request, ...size, host: this.session.host }, who);
    this.#people.set(who, place);
  }
}
