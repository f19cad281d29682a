import { makeOwnFolder } from "../../config/places.ts";
import type { HostEntry, SiteConfig } from "../../config/site-config.ts";
import type { Clock } from "../../lib/clock.ts";
import { messageOf, OobError } from "../../lib/errors.ts";
import type { Audit } from "../audit/audit.ts";
import { openAuditTrail } from "../audit/audit-trail.ts";
import { Habits } from "../habit/habits.ts";
import { Incidents } from "../incident/incident.ts";
import { MapProofs } from "../power/map-proofs.ts";
import { Power } from "../power/power.ts";
import { Registry } from "../registry/registry.ts";
import { secretsOf } from "../registry/secrets.ts";
import type { Scheduler } from "../schedule/scheduler.ts";
import type { Session } from "../session/session.ts";
import { Guard } from "../watchdog/guard.ts";
import { Holds } from "../watchdog/holds.ts";
import { Watchdog } from "../watchdog/watchdog.ts";
import { noteBrokenFiles } from "./broken-files.ts";
import { CallLog } from "./call-log.ts";
import { endLeftCalls } from "./left-calls.ts";
import { RunMarks } from "./run-marks.ts";
import { sealedBefore } from "./sealed-before.ts";
import { SiteConsoles } from "./site-consoles.ts";
import { SiteDevices } from "./site-devices.ts";
import { SiteLoad } from "./site-load.ts";
import type { LocalSiteOptions } from "./site-options.ts";
import { SitePower, type SitePowerParts } from "./site-power.ts";
import { runRung, typeShutdown } from "./site-run.ts";
import { schedulerOf } from "./site-schedule.ts";
import { SiteStatus } from "./site-status.ts";
import { untilUp } from "./until-up.ts";
import { waitingHosts } from "./waiting-hosts.ts";

/** All parts of a site in this process, made once and shared by everybody whom it serves. */
export class SiteCore {
  readonly config: SiteConfig;
  readonly clock: Clock;
  readonly role: "daemon" | "direct";
  readonly registry: Registry;
  readonly devices: SiteDevices;
  readonly audit: Audit;
  readonly calls: CallLog;
  readonly holds: Holds;
  readonly marks: RunMarks;
  readonly scheduler: Scheduler;
  readonly incidents: Incidents;
  readonly proofs: MapProofs;
  readonly power: Power;
  readonly #guard: Guard;
  readonly switching: SitePower;
  readonly consoles: SiteConsoles;
  readonly status: SiteStatus;
  readonly load: SiteLoad;
  readonly secrets: ReturnType<typeof secretsOf>;
  readonly #aliases: ReadonlyMap<string, string>;
  /** Hosts whose outlets are being switched now. */
  readonly moving = new Set<string>();
  readonly #tracked: SitePowerParts["power"] = {
    outletKeys: (...asked) => this.power.outletKeys(...asked),
    rehearse: (...asked) => this.power.rehearse(...asked),
    identify: (...asked) => this.power.identify(...asked),
    hasButton: (host) => this.power.hasButton(host),
    hasRule: (...asked) => this.power.hasRule(...asked),
    inDoubt: (host) => this.power.inDoubt(host),
    readHost: (host) => this.power.readHost(host),
    switchHost: async (host, ...order) => {
      this.moving.add(host.name);
      try {
        return await this.power.switchHost(host, ...order);
      } finally {
        this.moving.delete(host.name);
        // Many a console comes and goes with its host, and what a host prints first is what people want to read.
        this.consoles.get(host.name)?.retryNow();
      }
    },
  };
  /** Hosts that are not watched before what a crash cut short at their PDUs is settled. */
  #waiting = new Map<string, Promise<unknown>>();
  readonly #closing = new AbortController();
  #watchdog: Watchdog | undefined;
  /** Resolves when what a crash cut short is settled and the guard knows its budget. */
  #settled: Promise<void> = Promise.resolve();
  #closed: Promise<void> | undefined;

  private constructor(config: SiteConfig, options: LocalSiteOptions) {
    const { clock, role, env, who, aliases = new Map() } = options;
    this.config = config;
    this.clock = clock;
    this.role = role;
    this.#aliases = aliases;
    this.registry = new Registry(config.drivers, config.runbooks);
    this.secrets = secretsOf(config, env);
    this.proofs = new MapProofs(config.state);
    this.devices = new SiteDevices({
      proofs: this.proofs,
      registry: this.registry,
      secrets: this.secrets,
      clock,
      locks: `${config.state}/locks`,
      who: role === "daemon" ? "oob serve" : `oob (${who})`,
    });
    this.audit = openAuditTrail(config.state, clock);
    this.calls = new CallLog(config.state, clock, this.audit);
    this.holds = new Holds(config.state, clock, this.audit);
    this.marks = new RunMarks(config.state, clock, this.audit, config.hosts.keys());
    this.scheduler = schedulerOf(this, config);
    this.incidents = new Incidents(config.state, clock);
    this.power = new Power({
      pdus: config.pdus,
      open: (name, entry) => this.devices.openPdu(entry, this.calls.book(name)),
      take: (_, entry) => this.devices.claimPdu(entry),
      hosts: config.hosts,
      audit: this.audit,
      clock,
    });
    this.#guard = new Guard({
      hosts: config.hosts,
      fleet: config.fleet,
      holds: this.holds,
      audit: this.audit,
      clock,
      power: this.power,
      consoleOf: (host) => this.consoles.get(host),
    });
    this.switching = this.#makeSwitching();
    this.load = new SiteLoad({ config, power: this.power, audit: this.audit, clock });
    this.status = new SiteStatus({
      ...{ clock, state: config.state, pdus: config.pdus, holds: this.holds },
      session: (host) => this.consoles.get(host),
      whyNot: (host) => this.consoles.whyNot(host),
      watch: (host) => this.#watchdog?.statusOf(host),
      lastCall: (host) => this.calls.lastOf(host),
      power: (host) => this.power.lastRead(host),
      load: (host) => this.load.signOf(host),
      mark: (host) => this.marks.of(host),
      scheduled: (host) => this.scheduler.nextAt(host),
    });
    this.consoles = new SiteConsoles({
      config,
      registry: this.registry,
      devices: this.devices,
      calls: this.calls,
      audit: this.audit,
      clock,
      role,
      keep: options.keep,
      status: (host) => this.status.row(this.host(host)),
      opened: (console, entry) => {
        if (!this.#waiting.has(entry.name)) this.#add(entry, console);
      },
    });
  }

  /**
   * Opens a site; waits for no device. In a daemon all consoles open in the background, and then the watchdog begins;
   * for hosts at whose PDUs a crash cut something short, when that is finished.
   */
  static async open(config: SiteConfig, options: LocalSiteOptions): Promise<SiteCore> {
    await makeOwnFolder(config.state, 0o750);
    const core = new SiteCore(config, options);
    try {
      core.#settled = options.role === "daemon" ? core.#begin() : core.#guard.restore();
      core.#settled.catch((thrown: unknown) => core.#stumbled(thrown));
      return core;
    } catch (thrown) {
      await core.close();
      throw thrown;
    }
  }

  /** The guard, once it knows of the cuts of before. With a watchdog it is the watchdog's: one budget for all. */
  async guardNow(): Promise<Guard> {
    await this.#settled;
    return this.#watchdog?.guard ?? this.#guard;
  }

  #makeSwitching(): SitePower {
    return new SitePower({
      power: this.#tracked,
      hostOf: (name) => this.config.hosts.get(name),
      typeShutdown: (order) => typeShutdown(this, order),
      guard: () => this.guardNow(),
      clock: this.clock,
      mark: (host, text) => this.consoles.get(host)?.mark("power", text),
      sealed: (host) => sealedBefore(this.consoles.get(host), this.clock),
    });
  }

  get watchdog(): Watchdog | undefined {
    return this.#watchdog;
  }

  /** Begins to watch every console that is open. */
  async watch(): Promise<void> {
    if (this.#watchdog) return;
    const hosts = [...this.config.hosts.values()].flatMap((entry) => {
      const console = this.consoles.get(entry.name);
      return console && !this.#waiting.has(entry.name) ? [{ entry, console }] : [];
    });
    const { config, audit, holds, incidents, clock } = this;
    this.#watchdog = new Watchdog({
      hosts,
      site: config.hosts,
      fleet: config.fleet,
      power: this.#tracked,
      runRunbook: (run) => runRung(this, run),
      audit,
      holds,
      incidents,
      clock,
      loadOf: (host) => this.load.signOf(host),
      ...(this.role === "daemon" && { habits: new Habits(config.state, clock, audit) }),
    });
    await this.#watchdog.start();
    await noteBrokenFiles(this.registry, this.audit);
  }

  /** Throws HOST_UNKNOWN. */
  host(name: string): HostEntry {
    const entry = this.config.hosts.get(this.#aliases.get(name) ?? name);
    if (entry) return entry;
    throw new OobError("HOST_UNKNOWN", `Cannot find host "${name}": no entry has this name`, {
      hint: "oob status lists the hosts",
    });
  }

  hosts(names: readonly string[]): HostEntry[] {
    if (names.length === 0) return [...this.config.hosts.values()];
    return names.map((name) => this.host(name));
  }

  pduName(name: string): string {
    return this.#aliases.get(name) ?? name;
  }

  /** Outlets of a host, fresh. */
  readPower(name: string) {
    return this.power.readHost(this.host(name));
  }

  /** The console of a host. A command that opened it by itself waits until it is up, or says why it is not. */
  async console(name: string): Promise<Session> {
    const session = await this.consoles.open(this.host(name).name);
    if (this.role === "daemon") return session;
    const release = session.demand?.hold();
    await untilUp(session, this.clock).finally(release);
    return session;
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #begin(): Promise<void> {
    const recoveries = await this.power.recover(({ host, text }) =>
      this.audit.note({ type: "power.recover", host, by: "oob", text }),
    );
    this.#waiting = new Map(waitingHosts(recoveries, this.config.hosts.values()));
    const { calls, config, devices, audit, clock } = this;
    const { signal } = this.#closing;
    void endLeftCalls({ calls, config, devices, audit, clock, signal });
    await this.consoles.openAll();
    if (this.#closed === undefined) this.load.start();
    if (this.#closed === undefined) await this.watch();
    if (this.#closed === undefined) this.scheduler.start();
    for (const [host, settled] of this.#waiting) void settled.then(() => this.#watchAtLast(host));
  }

  #watchAtLast(host: string): void {
    this.#waiting.delete(host);
    const console = this.consoles.get(host);
    if (console && this.#closed === undefined) this.#add(this.host(host), console);
  }

  #add(entry: HostEntry, console: Session): void {
    this.#watchdog?.add({ entry, console }).catch((thrown: unknown) => this.#stumbled(thrown));
  }

  #stumbled(thrown: unknown): void {
    const text = `what happened before could not be taken up: ${messageOf(thrown)}`;
    this.audit.note({ type: "watch.error", by: "oob", text });
  }

  async #close(): Promise<void> {
    this.#closing.abort();
    this.consoles.giveUp();
    this.load.stop();
    await this.scheduler.stop();
    await this.#settled.catch(() => {});
    await this.#watchdog?.stop();
    // Before the devices: an outlet that was switched off for a cycle has to come on again.
    await this.power.close();
    this.devices.close();
    await this.consoles.close();
    this.holds.close();
    await this.audit.close();
  }
}
