/**
 * What else moved. A map that is shifted by one cuts the neighbour of the outlet that was asked, an outlet group of the
 * device takes others along, and the device takes every such command for well done. So the PDU's other outlets are compared
 * with what they were just before the act. That one changed in the same moment proves no cause: somebody may have pressed a
 * button. It is told as what it is, nothing is done about it (nobody named that host), and the PDU's map is in doubt.
 */
import type { HostEntry } from "../../config/site-config.ts";
import type { Clock, Millis } from "../../lib/clock.ts";
import { OobError } from "../../lib/errors.ts";
import type { OutletReading, PduReading } from "../../sdk/power.ts";
import { calledOf } from "./map-readings.ts";
import type { PowerBank } from "./power-bank.ts";
import type { Feed } from "./power-feed.ts";
import type { PowerIntent, PowerLedger } from "./power-ledger.ts";
import type { Ended, Say } from "./power-moves.ts";
import { areOthers, findOutlet, knownBy } from "./power-outlets.ts";

/** A whole reading that began so lately needs not be made again. */
const FRESH: Millis = 2000;
/** What is seen twice, this far apart, is believed. */
const AGAIN: Millis = 200;
/** What another order of this process left so lately may move by that. */
const SETTLED: Millis = 60_000;

/** An outlet that nobody named, and that changed in the same moment. */
interface Astray {
  readonly pdu: string;
  readonly outlet: OutletReading;
  /** It changed to this. */
  readonly went: "on" | "off";
  /** The outlets that were asked at that time, and for what: 'pdu-a/6 was told "off"'. */
  readonly when: string;
  /** It is as before by now. */
  readonly back: boolean;
}

/** What looking at them needs. */
export interface NeighbourParts {
  readonly bank: PowerBank;
  readonly ledger: PowerLedger;
  readonly clock: Clock;
  readonly hosts: ReadonlyMap<string, HostEntry>;
}

interface Before {
  readonly reading: PduReading;
  readonly at: Millis;
}

/** The other outlets of the PDUs of one act. */
export class Neighbours {
  readonly #parts: NeighbourParts;
  readonly #feeds: readonly Feed[];
  readonly #before: ReadonlyMap<string, Before>;
  readonly #astray = new Map<string, Astray>();
  /** PDUs that could not be looked at. */
  readonly #unseen = new Set<string>();

  private constructor(
    parts: NeighbourParts,
    feeds: readonly Feed[],
    before: ReadonlyMap<string, Before>,
  ) {
    this.#parts = parts;
    this.#feeds = feeds;
    this.#before = before;
  }

  /**
   * Keeps how they read before anything moves. A PDU that cannot be read whole keeps nobody from switching. Machines go off
   * when somebody shuts them down, and are asked by name: those beside one are not looked at.
   */
  static async before(parts: NeighbourParts, all: readonly Feed[]): Promise<Neighbours> {
    const feeds = all.filter(({ hasButton }) => !hasButton);
    const before = new Map<string, Before>();
    for (const pdu of new Set(feeds.map(({ outlet }) => outlet.pdu))) {
      const whole = await parts.bank
        .queue(pdu)
        .readLately(FRESH)
        .catch(() => undefined);
      if (whole) before.set(pdu, whole);
    }
    return new Neighbours(parts, feeds, before);
  }

  /** Looks at the PDUs that were told something, and keeps what changed. Never throws. */
  async look(): Promise<void> {
    const pdus = new Set(this.#feeds.map(({ outlet }) => outlet.pdu));
    await Promise.all([...pdus].map((pdu) => this.#lookAt(pdu)));
  }

  /** Looks a last time, and says what an act comes to with what else moved: told, written down, and where something lost power no success. */
  async judge(intent: PowerIntent, ended: Ended, say: Say): Promise<Ended> {
    await this.look();
    for (const pdu of this.#unseen)
      say(`${pdu} could not be read whole: whether another outlet moved is not known`);
    const astray = [...this.#astray.values()];
    if (astray.length === 0) return ended;
    for (const one of astray) say(inWords(one));
    // Outlets that come on after an outage do so one by one, and so they do when others are at work.
    if (ended.result === "done" && astray.every(({ went }) => went === "on")) return ended;
    for (const pdu of new Set(astray.map((one) => one.pdu))) {
      const here = astray.filter((one) => one.pdu === pdu);
      const host = this.#hostAt(here[0]);
      const gone = here.some(({ went, back }) => went === "off" && !back);
      const outlets = here.map((one) => `${pdu}/${one.outlet.label}`).join(", ");
      const loud = gone ? `${host ?? outlets} MAY BE WITHOUT POWER: ` : "";
      const text = here.map(inWords).join("; ");
      const doubts = await this.#parts.ledger.doubts();
      await doubts
        .add(pdu, `${loud}${text}`, { by: intent.by, host: host ?? intent.host })
        .catch(() => say(`what moved at ${pdu} could not be written down`));
    }
    return this.#failed(ended, astray);
  }

  #failed(ended: Ended, astray: readonly Astray[]): Ended {
    const texts = astray.map(inWords).join("; ");
    const pdus = [...new Set(astray.map(({ pdu }) => pdu))].join(", ");
    const text = ended.error
      ? `${ended.error.message}; ${texts}`
      : `Cannot call it well done: ${texts}`;
    const error = new OobError("NEIGHBOUR_MOVED", text, {
      hint: `Nothing was done about it. If nobody else did that: ${this.#remedies(astray)}. Until an order with --force, orders on ${pdus} are refused`,
      ...(ended.error && { cause: ended.error }),
    });
    return { result: ended.result === "done" ? "failed" : ended.result, error };
  }

  /** Commands that put right what is not yet; a map that is wrong may move a third one. */
  #remedies(astray: readonly Astray[]): string {
    const each = astray.flatMap((one) => {
      if (one.back) return [];
      const { pdu, outlet, went } = one;
      const host = this.#hostAt(one);
      const verb = went === "off" ? "on" : "off";
      if (host === undefined) return [`switch ${calledOf(outlet)} ${verb} at ${pdu} itself`];
      return [`oob power ${verb} ${host} --force, and where that moves another, at ${pdu} itself`];
    });
    return each.length > 0 ? each.join("; ") : "look at the outlets, all read as before now";
  }

  async #lookAt(pdu: string): Promise<void> {
    const feeds = this.#feeds.filter(({ outlet, told }) => outlet.pdu === pdu && told);
    const before = this.#before.get(pdu);
    const [first] = feeds;
    if (first === undefined) return;
    // What is told from memory would show others as they were, and later what somebody did before.
    const remembered = before?.reading.outlets.some(({ age = 0 }) => age > 0) === true;
    const mute = feeds.every(({ state }) => state === "unknown");
    if (before && this.#others(pdu, before).length === 0) return;
    const changed =
      before && !remembered && !mute ? await this.#changedTwice(pdu, before) : undefined;
    if (changed === undefined) {
      this.#unseen.add(pdu);
      return;
    }
    this.#unseen.delete(pdu);
    const when = feeds.map(({ outlet, told }) => `${outlet.id} was told "${told}"`).join(", ");
    for (const [key, one] of this.#astray)
      if (one.pdu === pdu) this.#astray.set(key, { ...one, back: !changed.has(key) });
    for (const [key, { outlet, went }] of changed)
      if (!this.#astray.has(key)) this.#astray.set(key, { pdu, outlet, went, when, back: false });
  }

  async #changedTwice(pdu: string, before: Before) {
    const first = await this.#changed(pdu, before);
    if (first === undefined || first.size === 0) return first;
    await this.#parts.clock.sleep(AGAIN);
    const second = await this.#changed(pdu, before);
    return (
      second && new Map([...second].filter(([key, { went }]) => first.get(key)?.went === went))
    );
  }

  /** By PDU and instance; undefined where it cannot be read, or is another box. */
  async #changed(pdu: string, before: Before) {
    const now = await this.#parts.bank
      .queue(pdu)
      .read()
      .catch(() => undefined);
    if (now === undefined || isOther(before.reading, now)) return undefined;
    const reads = new Map(now.outlets.map((outlet) => [outlet.instance, outlet.state]));
    const changed = new Map<string, { readonly outlet: OutletReading; went: "on" | "off" }>();
    for (const outlet of this.#others(pdu, before)) {
      const went = reads.get(outlet.instance);
      if (went === undefined || went === "unknown" || went === outlet.state) continue;
      changed.set(`${pdu} ${outlet.instance}`, { outlet, went });
    }
    return changed;
  }

  /** Outlets that nobody is known to move: not this act, no other order, no command that was under way before. */
  #others(pdu: string, { reading, at }: Before): readonly OutletReading[] {
    const moved = this.#parts.bank.movedSince(pdu, at - SETTLED);
    for (const { outlet } of this.#feeds) if (outlet.pdu === pdu) moved.add(outlet.instance);
    return reading.outlets.filter(
      ({ instance, state, pending }) => !pending && state !== "unknown" && !moved.has(instance),
    );
  }

  #hostAt(astray: Astray | undefined): string | undefined {
    if (astray === undefined) return undefined;
    const reading = this.#before.get(astray.pdu)?.reading;
    const isIt = (entry: HostEntry["outlets"][number]) => {
      try {
        const found = reading && entry.pdu === astray.pdu && findOutlet(reading, entry);
        return found && found.instance === astray.outlet.instance;
      } catch {
        // An entry that names no outlet is not this one.
        return false;
      }
    };
    return [...this.#parts.hosts.values()].find(({ outlets }) => outlets.some(isIt))?.name;
  }
}

const inWords = ({ pdu, outlet, went, when, back }: Astray): string =>
  `${calledOf(outlet)} of ${pdu} went ${went} in the same moment as ${when}${back ? `, and reads ${outlet.state} again` : ""}`;

function isOther(one: PduReading, other: PduReading): boolean {
  const had = knownBy(one);
  const has = knownBy(other);
  return had !== undefined && has !== undefined && areOthers(had, has);
}
