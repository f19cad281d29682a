import { request } from "node:http";
import type { WebPolicy } from "../../../src/config/site-config.ts";
import type { SiteCore } from "../../../src/core/site/site-core.ts";
import { SiteLinks } from "../../../src/core/site/site-links.ts";
import { IncidentSite } from "../../../src/daemon/web/incident-site.ts";
import { WebServer } from "../../../src/daemon/web/web-server.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import { hours, minutes } from "../../../src/lib/durations.ts";
import { Bench } from "../../core/watchdog/watchdog-doubles.ts";

export const HOST = "oob.example";
export const POLICY: WebPolicy = {
  listen: { address: "127.0.0.1", port: 0 },
  url: `https://${HOST}/`,
  answer: true,
  viewFor: hours(24),
};

/** What came back. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** A real watchdog that asks, with the real links and the real server before it, on a port of this machine. */
export class WebSite {
  readonly bench: Bench;
  readonly links: SiteLinks;
  readonly policy: WebPolicy;
  readonly notes: string[] = [];
  readonly #config: { hosts: Map<string, object>; [key: string]: unknown };
  #server: WebServer | undefined;

  constructor(change: Partial<WebPolicy> = {}, bench = new Bench(["web1"], { mode: "ask" })) {
    this.bench = bench;
    this.policy = { ...POLICY, ...change };
    const hosts = new Map<string, object>(bench.entries);
    this.#config = { site: "demo", state: bench.dir, web: this.policy, hosts };
    this.links = this.makeLinks();
  }

  /** As another process would make them. */
  makeLinks(): SiteLinks {
    const { bench } = this;
    const core = {
      config: this.#config,
      clock: bench.clock,
      get incidents() {
        return bench.incidents;
      },
      get audit() {
        return bench.audit;
      },
      get watchdog() {
        return bench.watchdog;
      },
    };
    return new SiteLinks(core as unknown as SiteCore);
  }

  /** Two people have to want what takes it down. */
  needsTwo(host: string): void {
    this.#config.hosts.set(host, { ...this.#config.hosts.get(host), twoPerson: minutes(10) });
  }

  async asks(): Promise<void> {
    await this.bench.start();
    this.bench.console().panics();
    await this.bench.pass(minutes(5));
  }

  incident(id = 1) {
    const found = this.bench.incidents.find(id);
    if (!found) throw new Error(`there is no incident ${id}`);
    return found;
  }

  token(may: "view" | "answer" = "answer"): string {
    return this.links.make(this.incident(), may, "jana").url.slice(`${this.policy.url}i/`.length);
  }

  async serve(): Promise<void> {
    const { bench, links } = this;
    const site = {
      links,
      why: async (host: string) => {
        const known = bench.watchdog.whyOf(host);
        const open = bench.incidents
          .list([host])
          .find(({ record }) => record.closedAt === undefined);
        return { ...known, incident: open?.record.id };
      },
      as: (who: string) => ({
        approveIncident: (id: number, rung: "cycle", reason: string) =>
          bench.watchdog.verdicts.approve(id, rung, who, reason),
        denyIncident: (id: number, reason: string) => bench.watchdog.verdicts.deny(id, who, reason),
      }),
    };
    const parts = { config: this.#config, site, clock: bench.clock };
    this.#server = new WebServer({
      policy: this.policy,
      incidents: new IncidentSite(
        parts as unknown as ConstructorParameters<typeof IncidentSite>[0],
      ),
      clock: systemClock,
      note: (type, text) => this.notes.push(`${type} ${text}`),
    });
    await this.#server.start();
  }

  get port(): number {
    if (this.#server?.port === undefined)
      throw new Error(`nobody listens: ${this.notes.join("; ")}`);
    return this.#server.port;
  }

  ask(
    method: string,
    path: string,
    form?: Readonly<Record<string, string>> | string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer> {
    const body = typeof form === "string" ? form : form && new URLSearchParams(form).toString();
    const type = body === undefined ? {} : { "content-type": "application/x-www-form-urlencoded" };
    return new Promise((resolve, reject) => {
      const asked = request(
        {
          port: this.port,
          method,
          path,
          agent: false,
          headers: { host: HOST, ...type, ...headers },
        },
        (response) => {
          const pieces: Buffer[] = [];
          response.on("data", (piece: Buffer) => pieces.push(piece));
          response.on("end", () =>
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              body: Buffer.concat(pieces).toString("utf8"),
            }),
          );
        },
      );
      asked.on("error", reject);
      asked.end(body);
    });
  }

  async end(): Promise<void> {
    this.#server?.stop();
    await this.bench.end();
  }
}

export const YES = { answer: "yes", rung: "cycle", confirm: "web1" } as const;
