/**
 * SNMP traps of PDUs. A trap is never believed: it makes the PDU be read again soon, and stands in the events.
 *
 *   process that hears (trap-child) ► trap of a PDU of ours ► a moment, for others that follow ► PDU read ► event
 */
import { lookup } from "node:dns/promises";
import type { SiteConfig } from "../../config/site-config.ts";
import type { PduNews } from "../../core/site/pdu-news.ts";
import type { Clock, Millis, Timer } from "../../lib/clock.ts";
import { minutes, seconds } from "../../lib/durations.ts";
import { messageOf } from "../../lib/errors.ts";
import type { SecretRef } from "../../sdk/options.ts";
import type { SnmpLogin } from "../../sdk/snmp-profile.ts";
import { TrapChild, type TrapProcess } from "./trap-child.ts";
import type { TrapNews, TrapOrder, TrapSource } from "./trap-talk.ts";

/** Traps come in bursts, and a PDU tells of a relay before it reads so. */
const MOMENT: Millis = seconds(1);
/** A PDU that sends and sends is read no more often than this. */
const LEAST_BETWEEN: Millis = seconds(5);
/** Names of PDUs are looked up again. */
const LOOK_UP_EVERY: Millis = minutes(10);
/** Drops are told no more often than this. */
const TELL_DROPS_EVERY: Millis = minutes(10);

interface TrapParts {
  readonly config: Pick<SiteConfig, "pdus" | "traps">;
  readonly clock: Clock;
  readonly news: Pick<PduNews, "target" | "reread">;
  readonly secret: (ref: SecretRef) => Promise<string>;
  readonly note: (type: string, text: string) => void;
  readonly start: () => TrapProcess;
  /** Addresses of a name. */
  readonly addressesOf?: (host: string) => Promise<readonly string[]>;
}

interface Waiting {
  timer: Timer;
  traps: number;
}

/** Hears the traps of a site, where the configuration says so. */
export class Traps {
  readonly #parts: TrapParts;
  readonly #policy: NonNullable<SiteConfig["traps"]>;
  readonly #waiting = new Map<string, Waiting>();
  readonly #readAt = new Map<string, Millis>();
  readonly #reading = new Set<string>();
  readonly #notes = new Set<string>();
  #child: TrapChild | undefined;
  #order = "";
  #lookUp: Timer | undefined;
  #dropsToldAt = Number.NEGATIVE_INFINITY;
  #stopped = false;

  constructor(parts: TrapParts, policy: NonNullable<SiteConfig["traps"]>) {
    this.#parts = parts;
    this.#policy = policy;
    void this.#begin();
  }

  stop(): void {
    this.#stopped = true;
    this.#lookUp?.cancel();
    this.#child?.stop();
    for (const { timer } of this.#waiting.values()) timer.cancel();
  }

  /** Who may send is found out, and again every now and then: an address may change. */
  async #begin(): Promise<void> {
    const { clock, start, note } = this.#parts;
    const { address, port } = this.#policy;
    const order: TrapOrder = { address, port, sources: await this.#sources() };
    if (this.#stopped) return;
    const text = JSON.stringify(order);
    if (this.#child === undefined) {
      const hear = (news: TrapNews) => this.#hear(news);
      this.#child = new TrapChild(order, {
        clock,
        start,
        hear,
        note: (say) => note("trap.deaf", say),
      });
    } else if (text !== this.#order) this.#child.change(order);
    this.#order = text;
    this.#lookUp = clock.after(LOOK_UP_EVERY, () => void this.#begin());
  }

  async #sources(): Promise<TrapSource[]> {
    const own = this.#policy.community;
    const sources: TrapSource[] = [];
    const more = own === undefined ? [] : await this.#try("traps", () => this.#parts.secret(own));
    for (const pdu of this.#parts.config.pdus.keys()) {
      const [source] = await this.#try(pdu, () => this.#source(pdu, more));
      if (source) sources.push(source);
    }
    return sources;
  }

  async #source(pdu: string, more: readonly string[]): Promise<TrapSource | undefined> {
    const target = await this.#parts.news.target(pdu);
    if (target === undefined) return undefined;
    const { addressesOf = lookUp } = this.#parts;
    const login = forReading(target.login);
    const communities = [...(login.version === "3" ? [] : [login.community]), ...more];
    return { pdu, addresses: await addressesOf(target.host), login, communities };
  }

  /** One PDU whose secret or address is missing is not heard; the others are. */
  async #try<T>(what: string, work: () => Promise<T>): Promise<T[]> {
    try {
      const found = await work();
      return [found];
    } catch (thrown) {
      const text = `traps of ${what} are not heard: ${messageOf(thrown)}`;
      if (!this.#notes.has(text)) this.#parts.note("trap.deaf", text);
      this.#notes.add(text);
      return [];
    }
  }

  #hear(news: TrapNews): void {
    const { clock, note } = this.#parts;
    if (news.is === "trap")
      this.#heard(news.pdu, `trap ${news.what} of ${news.pdu} (${news.from})`);
    if (news.is === "ready")
      note("trap.ready", `traps are heard at ${this.#policy.address} port ${news.port}`);
    if (news.is !== "dropped" || clock.monotonic() - this.#dropsToldAt < TELL_DROPS_EVERY) return;
    this.#dropsToldAt = clock.monotonic();
    const counts = Object.entries(news.why).map(([why, count]) => `${count} ${why}`);
    note("trap.dropped", `datagrams at the port of traps were dropped: ${counts.join(", ")}`);
  }

  #heard(pdu: string, what: string): void {
    if (!this.#parts.config.pdus.has(pdu)) return;
    const waiting = this.#waiting.get(pdu);
    if (waiting) {
      waiting.traps++;
      return;
    }
    const { clock } = this.#parts;
    const last = this.#readAt.get(pdu) ?? Number.NEGATIVE_INFINITY;
    const wait = Math.max(MOMENT, last + LEAST_BETWEEN - clock.monotonic());
    this.#waiting.set(pdu, { timer: this.#readAfter(wait, pdu, what), traps: 1 });
  }

  #readAfter(wait: Millis, pdu: string, what: string): Timer {
    const { clock } = this.#parts;
    return clock.after(wait, () => {
      const waiting = this.#waiting.get(pdu);
      if (waiting === undefined) return;
      if (this.#reading.has(pdu)) {
        waiting.timer = this.#readAfter(LEAST_BETWEEN, pdu, what);
        return;
      }
      // What comes from here on may be newer than what is read now.
      this.#waiting.delete(pdu);
      this.#readAt.set(pdu, clock.monotonic());
      const { traps } = waiting;
      void this.#read(pdu, traps === 1 ? what : `${what}, ${traps} in all`);
    });
  }

  async #read(pdu: string, why: string): Promise<void> {
    this.#reading.add(pdu);
    try {
      await this.#parts.news.reread(pdu, why);
    } catch (thrown) {
      this.#parts.note("trap.deaf", messageOf(thrown));
    } finally {
      this.#reading.delete(pdu);
    }
  }
}

/** The process that parses foreign bytes is not told how to switch, where that is another secret. */
function forReading(login: SnmpLogin): SnmpLogin {
  if (login.version === "3") return login;
  return { version: login.version, community: login.community };
}

async function lookUp(host: string): Promise<readonly string[]> {
  return (await lookup(host, { all: true })).map(({ address }) => address);
}
