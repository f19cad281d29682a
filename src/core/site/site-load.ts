import type { HostEntry, SiteConfig } from "../../config/site-config.ts";
import type { Clock, Millis } from "../../lib/clock.ts";
import type { Audit } from "../audit/audit.ts";
import { LoadBook } from "../load/load-book.ts";
import { LoadSteps } from "../load/load-history.ts";
import { LoadWatch } from "../load/load-watch.ts";
import type { Power } from "../power/power.ts";
import { outletId } from "../power/power-outlets.ts";
import type { LoadQuery, OutletLoad } from "./load-view.ts";
import type { OutletStatus } from "./site.ts";

/** In steps that are shorter than so many readings, some would hold none, as if nothing had been read. */
const READINGS_A_STEP = 2;
const SHORTEST_STEP: Millis = 1000;

interface SiteLoadParts {
  readonly config: Pick<SiteConfig, "pdus" | "hosts" | "load" | "state">;
  readonly power: Pick<Power, "readUnhurried">;
  readonly audit: Pick<Audit, "note">;
  readonly clock: Clock;
}

/** What the outlets of a site draw, and have drawn. */
export class SiteLoad {
  readonly #parts: SiteLoadParts;
  readonly #book: LoadBook;
  readonly #watch: LoadWatch;
  #started = false;

  constructor(parts: SiteLoadParts) {
    const { config, power, audit, clock } = parts;
    const { pdus, hosts, load, state } = config;
    this.#parts = parts;
    this.#book = new LoadBook(state, load.keepDays, { clock });
    const note = (type: string, text: string, host?: string) => {
      audit.note({ type, by: "oob", text, ...(host !== undefined && { host }) });
    };
    this.#watch = new LoadWatch({ pdus, hosts, load, power, book: this.#book, clock, note });
  }

  /** Begins to read. Only a daemon does: two that did would read twice. */
  start(): void {
    this.#started = true;
    this.#watch.start();
  }

  stop(): void {
    this.#watch.stop();
  }

  /** What the newest readings tell of a host. Evidence for people: nothing is decided by it. */
  signOf(host: string): string | undefined {
    return this.#watch.signOf(host);
  }

  /** With what the outlets are made for, where the configuration says so. */
  rated(outlets: readonly OutletStatus[]): readonly OutletStatus[] {
    const { ratings } = this.#parts.config.load;
    if (ratings.size === 0) return outlets;
    return outlets.map((outlet) => {
      const rating = ratings.get(outlet.id) ?? ratings.get(outlet.id.split("/")[0] ?? "");
      return rating === undefined ? outlet : { ...outlet, rating };
    });
  }

  /** The history of the outlets of hosts; each PDU's files are read once. */
  async history(hosts: readonly HostEntry[], query: LoadQuery): Promise<readonly OutletLoad[]> {
    const until = this.#parts.clock.now();
    const since = Math.min(query.since, until);
    const shortest = Math.max(SHORTEST_STEP, READINGS_A_STEP * this.#parts.config.load.every);
    const step = Math.max(shortest, Math.ceil((until - since) / query.steps));
    const count = Math.max(1, Math.ceil((until - since + 1) / step));
    const steps = new Map<string, Map<string, LoadSteps>>();
    for (const { pdu, reference } of hosts.flatMap(({ outlets }) => outlets)) {
      const ofPdu = steps.get(pdu) ?? new Map<string, LoadSteps>();
      steps.set(pdu, ofPdu.set(reference, new LoadSteps(since, step, count)));
    }
    for (const [pdu, outlets] of steps)
      for await (const { at, draws } of this.#book.read(pdu, since))
        for (const [reference, draw] of draws) outlets.get(reference)?.add(at, draw);
    return hosts.flatMap(({ name, outlets }) =>
      outlets.map((entry) => {
        const points = steps.get(entry.pdu)?.get(entry.reference)?.points() ?? [];
        const sign = this.#watch.signAt(entry);
        const why =
          this.#started || points.length === 0 ? this.#watch.whyNot(entry.pdu) : undefined;
        return {
          ...{ host: name, outlet: outletId(entry), since, until, step, points },
          ...(sign !== undefined && { sign }),
          ...(why !== undefined && { note: why }),
        };
      }),
    );
  }
}
