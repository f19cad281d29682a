import type { DeviceEntry, Rung, SiteConfig } from "../../config/site-config.ts";
import type { Millis } from "../../lib/clock.ts";
import { OobError } from "../../lib/errors.ts";
import type { Call } from "../../sdk/modem/calls.ts";
import type { SecretRef } from "../../sdk/options.ts";
import type { PduReading } from "../../sdk/power.ts";
import { anchorsOf } from "../anchor/anchor-view.ts";
import type { Audit } from "../audit/audit.ts";
import { readLog } from "../log/log-reader.ts";
import type { Alerts } from "../notify/alerts.ts";
import type { ChannelTest } from "../notify/notify-view.ts";
import { alertsOf } from "../notify/site-alerts.ts";
import type { People } from "../session/people.ts";
import { sessionName } from "../session/session-name.ts";
import { demandReason } from "./demand-reason.ts";
import type { LineEvent } from "./line-act.ts";
import { actOnLine } from "./line-acts.ts";
import { LocalRuns } from "./local-runs.ts";
import { noIntents } from "./no-intents.ts";
import { openDevice } from "./open-device.ts";
import { PduNews } from "./pdu-news.ts";
import type {
  Attachment,
  AttachRequest,
  HostStatus,
  IncidentSummary,
  LogQuery,
  LogRecord,
  PowerEvent,
  PowerRequest,
  ProveRequest,
  ScreenShot,
  Site,
  SiteEvent,
} from "./site.ts";
import { SiteCore } from "./site-core.ts";
import { SiteLinks } from "./site-links.ts";
import type { LocalSiteOptions } from "./site-options.ts";
import { proveMap } from "./site-prove.ts";
import { decideIncident, type PersonVerdict } from "./site-verdicts.ts";
import { watchRows } from "./site-watch.ts";
import { whyHost } from "./site-why.ts";
import { stoppable } from "./stoppable.ts";
import { untilSpoken } from "./until-spoken.ts";
import type { WhyView } from "./watch-site.ts";
import type { SessionView } from "./who.ts";

/** Opens the site in this process: what the daemon does for all, and what a command does by itself where none runs. */
export async function openLocalSite(
  config: SiteConfig,
  options: LocalSiteOptions,
): Promise<LocalSite> {
  const core = await SiteCore.open(config, options);
  const links = new SiteLinks(core);
  const alerts = alertsOf(core, links, (entry, signal) => openDevice(core.devices, entry, signal));
  if (options.role === "daemon") alerts.start();
  return new LocalSite(core, options.who, alerts, links);
}

/** A site whose devices are in this process, as one person sees it. */
export class LocalSite implements Site {
  readonly via: Site["via"];
  readonly #core: SiteCore;
  readonly #who: string;
  readonly #alerts: Alerts;
  readonly #runs: LocalRuns;
  /** To pages of incidents. */
  readonly links: SiteLinks;

  constructor(core: SiteCore, who: string, alerts: Alerts, links: SiteLinks) {
    this.#runs = new LocalRuns(core, who);
    this.via = core.role;
    this.#core = core;
    this.#who = who;
    this.#alerts = alerts;
    this.links = links;
  }

  /** The same site for another person. */
  as(who: string): LocalSite {
    return new LocalSite(this.#core, who, this.#alerts, this.links);
  }

  get audit(): Audit {
    return this.#core.audit;
  }

  /** Hosts whose outlets are being switched now: who ends in the midst of it leaves one off. */
  get moving(): ReadonlySet<string> {
    return this.#core.moving;
  }

  /** A modem that answers calls. Throws PORT_BUSY. */
  openDevice(entry: DeviceEntry, signal: AbortSignal): ReturnType<typeof openDevice> {
    return openDevice(this.#core.devices, entry, signal);
  }

  readonly channels = () => this.#alerts.status();
  readonly anchors = () => anchorsOf(this.#core);

  testChannels(channels: readonly string[]): AsyncIterable<ChannelTest> {
    return this.#alerts.test(channels, this.#who);
  }

  get news(): PduNews {
    return new PduNews(this.#core);
  }

  /** Throws SECRET_MISSING. */
  secret(ref: SecretRef): Promise<string> {
    return this.#core.secrets(ref);
  }

  /** Hosts at the far end of a telephone call: who ends in the midst of one may leave the line open. */
  get calling(): readonly string[] {
    return this.#core.calls.calling;
  }

  hosts(): Promise<readonly string[]> {
    return Promise.resolve([...this.#core.config.hosts.keys()]);
  }

  groups(): Promise<Readonly<Record<string, readonly string[]>>> {
    return Promise.resolve(Object.fromEntries(this.#core.config.groups));
  }

  async status(names: readonly string[], options: { readonly power: boolean }) {
    const hosts = this.#core.hosts(names);
    if (options.power) await Promise.all(hosts.map((host) => this.#core.readPower(host.name)));
    return Promise.all(hosts.map((host) => this.#core.status.freshRow(host)));
  }

  async attach(request: AttachRequest): Promise<Attachment> {
    const { name: host } = this.#core.host(request.host);
    const session = await this.#core.console(host);
    return session.attach({ ...request, host }, this.#who);
  }

  async who(names: readonly string[]): Promise<readonly SessionView[]> {
    const hosts = this.#core.hosts(names);
    return hosts.flatMap(({ name }) => this.#core.consoles.get(name)?.guests.sessions() ?? []);
  }

  async kick(session: string, reason: string): Promise<SessionView> {
    demandReason(this.#core.config, reason, false);
    const { guests, id } = this.#place(session);
    return guests.kick(id, this.#who, reason);
  }

  async message(to: string, text: string): Promise<readonly SessionView[]> {
    const host = this.#core.config.hosts.get(to)?.name;
    if (host !== undefined) return this.#core.consoles.get(host)?.guests.say(this.#who, text) ?? [];
    const { guests, id } = this.#place(to);
    return guests.say(this.#who, text, { id });
  }

  calls(names: readonly string[]): Promise<readonly Call[]> {
    const hosts = names.map((name) => this.#core.host(name).name);
    const all = this.#core.calls.all();
    return Promise.resolve(
      hosts.length === 0 ? all : all.filter((call) => hosts.includes(call.host)),
    );
  }

  line(request: Parameters<Site["line"]>[0]): AsyncIterable<LineEvent> {
    return stoppable((signal) => actOnLine(this.#core, request, this.#who, signal));
  }

  async screen(host: string): Promise<ScreenShot> {
    const session = await this.#core.console(host);
    if (this.via === "direct") await untilSpoken(session, this.#core.clock);
    return session.shot();
  }

  log(query: LogQuery): AsyncIterable<LogRecord> {
    const { name: host, encoding } = this.#core.host(query.host);
    const { clock, config, consoles } = this.#core;
    const settle = async () => {
      const console = consoles.get(host);
      await console?.sync();
      return console !== undefined;
    };
    return stoppable((signal) =>
      readLog({ ...query, host }, { state: config.state, clock, encoding, signal, settle }),
    );
  }

  async powerStatus(names: readonly string[]) {
    const hosts = this.#core.hosts(names);
    return Promise.all(
      hosts.map(async ({ name: host }) => {
        const { power, outlets } = await this.#core.readPower(host);
        return { host, power, outlets: this.#core.load.rated(outlets) };
      }),
    );
  }

  loads(query: Parameters<Site["loads"]>[0]) {
    return this.#core.load.history(this.#core.hosts(query.hosts), query);
  }

  power(request: PowerRequest): AsyncIterable<PowerEvent> {
    demandReason(this.#core.config, request.reason, request.dryRun);
    const hosts = request.hosts.map((name) => this.#core.host(name));
    return this.#core.switching.request(hosts, request, this.#who);
  }

  outlets(pdu: string): Promise<PduReading> {
    return this.#core.power.readPdu(this.#core.pduName(pdu));
  }

  proveMap(request: ProveRequest): AsyncIterable<PowerEvent> {
    demandReason(this.#core.config, request.reason, false);
    return proveMap(this.#core, request, this.#who);
  }

  async hold(names: readonly string[], forMs: Millis, reason: string): Promise<void> {
    const hosts = names.map((name) => this.#core.host(name).name);
    await this.#core.holds.set(hosts, this.#who, forMs, reason);
  }

  async release(names: readonly string[]): Promise<readonly string[]> {
    const hosts = names.map((name) => this.#core.host(name).name);
    return this.#core.holds.release(hosts, this.#who);
  }

  async why(host: string, options: { readonly interlocks: boolean }): Promise<WhyView> {
    return whyHost(this.#core, this.#core.host(host), options);
  }

  events(query: Parameters<Site["events"]>[0]): AsyncIterable<SiteEvent> {
    const hosts = query.hosts.map((name) => this.#core.host(name).name);
    return stoppable((signal) => this.#core.audit.read({ ...query, hosts, signal }));
  }

  incidents(names: readonly string[]): Promise<readonly IncidentSummary[]> {
    const hosts = names.map((name) => this.#core.host(name).name);
    return Promise.resolve(this.#core.incidents.list(hosts).map((incident) => incident.summary));
  }

  async incident(id: number) {
    const { summary, text: report, record } = this.#incident(id);
    return { summary, report, record };
  }

  async closeIncident(id: number, reason: string): Promise<void> {
    return this.#decide(id, { is: "close" }, reason);
  }

  async approveIncident(id: number, rung: Rung, reason: string, _?: string, second?: string) {
    return this.#decide(id, { is: "approve", rung, second }, reason);
  }

  readonly intents: Site["intents"] = () => noIntents.intents();
  readonly approveIntent: Site["approveIntent"] = (id) => noIntents.approveIntent(id);
  readonly withdrawIntent: Site["withdrawIntent"] = (...asked) =>
    noIntents.withdrawIntent(...asked);

  async denyIncident(id: number, reason: string): Promise<void> {
    return this.#decide(id, { is: "deny" }, reason);
  }

  readonly incidentLink: Site["incidentLink"] = async (id, may) =>
    this.links.make(this.#incident(id), may, this.#who);
  readonly runbooks: Site["runbooks"] = () => this.#runs.runbooks();
  readonly run: Site["run"] = (request) => this.#runs.run(request);
  readonly clearMarks: Site["clearMarks"] = (...asked) => this.#runs.clearMarks(...asked);
  readonly schedule: Site["schedule"] = (hosts) => this.#runs.schedule(hosts);
  readonly reports: Site["reports"] = (hosts) => this.#runs.reports(hosts);
  readonly report: Site["report"] = (...asked) => this.#runs.report(...asked);
  readonly daily: Site["daily"] = (...asked) => this.#runs.daily(...asked);

  watch(names: readonly string[]): AsyncIterable<readonly HostStatus[]> {
    const hosts = this.#core.hosts(names);
    return stoppable((signal) => watchRows(this.#core, hosts, signal));
  }

  async close(): Promise<void> {
    await this.#alerts.stop();
    await this.#core.close();
  }

  /** "web1/3": the people at the console, and which of them. */
  #place(session: string): { readonly guests: People; readonly id: number } {
    const { host, id } = sessionName(session);
    const guests = this.#core.consoles.get(this.#core.host(host).name)?.guests;
    if (guests) return { guests, id };
    throw new OobError("USAGE", `Cannot find session ${session}: the console is not open`);
  }

  #decide(id: number, verdict: PersonVerdict, reason: string): Promise<void> {
    return decideIncident(this.#core, this.#incident(id), verdict, this.#who, reason);
  }

  #incident(id: number) {
    const found = this.#core.incidents.find(id);
    if (found) return found;
    throw new OobError("USAGE", `Cannot find incident ${id}`, { hint: "See: oob incident list" });
  }
}
