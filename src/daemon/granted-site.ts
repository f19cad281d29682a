import type { Rung, SiteConfig } from "../config/site-config.ts";
import type { LinkRight } from "../core/incident/link-token.ts";
import { sessionName } from "../core/session/session-name.ts";
import type { LoadQuery } from "../core/site/load-view.ts";
import type {
  Attachment,
  AttachRequest,
  LogQuery,
  PowerRequest,
  ProveRequest,
  Site,
  SiteEvent,
} from "../core/site/site.ts";
import type { Millis } from "../lib/clock.ts";
import { demandConfirmed } from "./demand-confirmed.ts";
import { GrantedAttachment, verbOf } from "./granted-attachment.ts";
import type { Grants, Verb } from "./grants.ts";
import { SecondPerson } from "./second-person.ts";

/** A site as far as one user may reach: every call is checked against the grants before it goes on. */
export class GrantedSite implements Site {
  readonly via: Site["via"];
  readonly #site: Site;
  readonly #grants: Grants;
  readonly #config: SiteConfig;
  readonly #two: SecondPerson;

  constructor(site: Site, grants: Grants, config: SiteConfig, two?: SecondPerson) {
    this.via = site.via;
    this.#site = site;
    this.#grants = grants;
    this.#config = config;
    this.#two = two ?? new SecondPerson(site);
  }

  async hosts() {
    return (await this.#site.hosts()).filter((host) => this.#grants.may("status", host));
  }

  /** Groups of which all hosts may be seen: a part of one would pass for the whole. */
  async groups() {
    const all = Object.entries(await this.#site.groups());
    return Object.fromEntries(
      all.filter(([, hosts]) => hosts.every((host) => this.#grants.may("status", host))),
    );
  }

  async status(hosts: readonly string[], options: { readonly power: boolean }) {
    const chosen = await this.#chosen(hosts);
    return chosen.length === 0 ? [] : this.#site.status(chosen, options);
  }

  async attach(request: AttachRequest): Promise<Attachment> {
    this.#grants.demand(verbOf(request.mode), [request.host]);
    // Unfiltered, the host's bytes reach the person's terminal: for those only who may do all there.
    if (request.filter === "raw") this.#grants.demand("*", [request.host]);
    return new GrantedAttachment(await this.#site.attach(request), request.host, this.#grants);
  }

  async who(hosts: readonly string[]) {
    const chosen = await this.#chosen(hosts);
    return chosen.length === 0 ? [] : this.#site.who(chosen);
  }

  async kick(session: string, reason: string) {
    const { host } = sessionName(session);
    this.#grants.demand("status", [host]);
    const found = (await this.#site.who([host])).find((one) => one.session === session);
    // One's own that was left behind somewhere needs no right over others.
    if (found?.who !== this.#grants.who) this.#grants.demand("kick", [host]);
    return this.#site.kick(session, reason);
  }

  async message(to: string, text: string) {
    const host = this.#config.hosts.has(to) ? to : sessionName(to).host;
    this.#grants.demand("spy", [host]);
    return this.#site.message(to, text);
  }

  async calls(hosts: readonly string[]) {
    this.#grants.demand("status", hosts);
    const all = await this.#site.calls(hosts);
    return all.filter((call) => this.#grants.may("status", call.host));
  }

  line(request: Parameters<Site["line"]>[0]) {
    // Not by #demanding: whoever goes away while it dials ends that at once.
    this.#grants.demand("attach", [request.host]);
    return this.#site.line(request);
  }

  async screen(host: string) {
    this.#grants.demand("spy", [host]);
    return this.#site.screen(host);
  }

  log(query: LogQuery) {
    this.#grants.demand("log", [query.host]);
    return this.#site.log(query);
  }

  async powerStatus(hosts: readonly string[]) {
    const chosen = await this.#chosen(hosts);
    return chosen.length === 0 ? [] : this.#site.powerStatus(chosen);
  }

  power(request: PowerRequest) {
    return this.#demanding("power", request.hosts, () => {
      const { verb, hosts, dryRun, confirm } = request;
      if (!dryRun && verb !== "identify") demandConfirmed(this.#config, verb, hosts, confirm);
      return this.#two.power(request);
    });
  }

  async outlets(pdu: string) {
    // A PDU shows the outlets of all its hosts.
    this.#grants.demand("status", this.#hostsOn(pdu));
    return this.#site.outlets(pdu);
  }

  async loads(query: LoadQuery) {
    const hosts = await this.#chosen(query.hosts);
    return hosts.length === 0 ? [] : this.#site.loads({ ...query, hosts });
  }

  proveMap(request: ProveRequest) {
    // A wrong map may switch any outlet of the PDU.
    const hosts = this.#hostsOn(request.pdu);
    return this.#demanding("power", hosts, () => this.#two.proveMap(request, hosts));
  }

  async hold(hosts: readonly string[], forMs: Millis, reason: string) {
    this.#grants.demand("hold", hosts);
    return this.#site.hold(hosts, forMs, reason);
  }

  async release(hosts: readonly string[]) {
    this.#grants.demand("hold", hosts);
    return this.#site.release(hosts);
  }

  async *events(query: Parameters<Site["events"]>[0]): AsyncGenerator<SiteEvent> {
    this.#grants.demand("status", query.hosts);
    for await (const event of this.#site.events(query))
      if (event.host === undefined || this.#grants.may("status", event.host)) yield event;
  }

  /** Their errors name what stands in the configuration: for those who may see all hosts. */
  async channels() {
    this.#grants.demand("status", this.#config.hosts.keys());
    return this.#site.channels();
  }

  /** So do theirs. */
  async anchors() {
    this.#grants.demand("status", this.#config.hosts.keys());
    return this.#site.anchors();
  }

  /** A test wakes people. */
  testChannels(channels: readonly string[]) {
    return this.#demanding("hold", this.#config.hosts.keys(), () =>
      this.#site.testChannels(channels),
    );
  }

  async incidents(hosts: readonly string[]) {
    const all = await this.#site.incidents(hosts);
    return all.filter((incident) => this.#grants.may("status", incident.host));
  }

  async incident(id: number) {
    const found = await this.#site.incident(id);
    this.#grants.demand("status", [found.summary.host]);
    return found;
  }

  async closeIncident(id: number, reason: string) {
    const { summary } = await this.#site.incident(id);
    this.#grants.demand("hold", [summary.host]);
    return this.#site.closeIncident(id, reason);
  }

  async why(host: string, options: Parameters<Site["why"]>[1]) {
    this.#grants.demand("status", [host]);
    return this.#site.why(host, options);
  }

  /** A yes moves outlets, or types at the host and moves them then. */
  async approveIncident(id: number, rung: Rung, reason: string, confirm?: string) {
    const { summary } = await this.#site.incident(id);
    this.#grants.demand("power", [summary.host]);
    if (rung !== "cycle") this.#grants.demand("run", [summary.host]);
    demandConfirmed(this.#config, `approve incident ${id} of`, [summary.host], confirm);
    return this.#two.approveIncident(summary.host, { id, rung, reason });
  }

  async denyIncident(id: number, reason: string) {
    const { summary } = await this.#site.incident(id);
    this.#grants.demand("hold", [summary.host]);
    return this.#site.denyIncident(id, reason);
  }

  /** Whoever may say yes may let another say it. The page shows what the console printed. */
  async incidentLink(id: number, may: LinkRight) {
    const { summary } = await this.#site.incident(id);
    for (const verb of ["power", "log"] as const) this.#grants.demand(verb, [summary.host]);
    if (may === "answer") this.#grants.demand("run", [summary.host]);
    return this.#site.incidentLink(id, may);
  }

  runbooks() {
    return this.#site.runbooks();
  }

  run(request: Parameters<Site["run"]>[0]) {
    // Not by #demanding, as above: a runbook that waits would go on for one who has left.
    this.#grants.demand("run", request.hosts);
    return this.#two.run(request);
  }

  intents() {
    return Promise.resolve(this.#two.list());
  }

  approveIntent(id: number, confirm?: string) {
    return this.#two.approve(id, confirm);
  }

  withdrawIntent(id: number, reason: string) {
    return this.#two.withdraw(id, reason);
  }

  async clearMarks(hosts: readonly string[], reason: string) {
    this.#grants.demand("run", hosts);
    return this.#site.clearMarks(hosts, reason);
  }

  async schedule(hosts: readonly string[]) {
    const chosen = await this.#chosen(hosts);
    return chosen.length === 0 ? [] : this.#site.schedule(chosen);
  }

  async reports(hosts: readonly string[]) {
    const chosen = await this.#chosen(hosts);
    return chosen.length === 0 ? [] : this.#site.reports(chosen);
  }

  /** It holds what the host printed. */
  async report(host: string, runbook?: string) {
    this.#grants.demand("log", [host]);
    return this.#site.report(host, runbook);
  }

  /** Of hosts whose logs may be read: what is new there stands on it. */
  async daily(hosts: readonly string[], runbook: string) {
    const seen = (await this.#chosen(hosts)).filter((host) => this.#grants.may("log", host));
    if (seen.length === 0) this.#grants.demand("log", hosts.length > 0 ? hosts : ["*"]);
    return this.#site.daily(seen, runbook);
  }

  async *watch(hosts: readonly string[]) {
    const chosen = await this.#chosen(hosts);
    if (chosen.length === 0) yield [];
    else yield* this.#site.watch(chosen);
  }

  async close(): Promise<void> {
    // The site is the daemon's.
  }

  /** Hosts that hang on a PDU; its own name where there is none. */
  #hostsOn(pdu: string): readonly string[] {
    const hosts = [...this.#config.hosts.values()].filter((host) =>
      host.outlets.some((outlet) => outlet.pdu === pdu),
    );
    return hosts.length > 0 ? hosts.map(({ name }) => name) : [pdu];
  }

  /** The hosts named, which all have to be permitted; or all that are. Where none is, asking on would mean all. */
  async #chosen(hosts: readonly string[]): Promise<readonly string[]> {
    this.#grants.demand("status", hosts);
    return hosts.length > 0 ? hosts : this.hosts();
  }

  async *#demanding<T>(
    verb: Verb,
    hosts: Iterable<string>,
    stream: () => AsyncIterable<T>,
  ): AsyncGenerator<T> {
    this.#grants.demand(verb, hosts);
    yield* stream();
  }
}
