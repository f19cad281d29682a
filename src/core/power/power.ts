/**
 * The only room that may say that an outlet is off, and it says so after reading it.
 *
 *   asked ► known id? its outcome, nothing moves ► outlets bound, reserved, read (power-bank) ► refusals
 *         ► intent on disk (power-ledger) ► moved (power-moves) and read back (power-feed) ► outcome on disk
 *
 * An intent without an outcome is an act that a crash cut short: `recover` reads its outlets, and switches on what a
 * cycle has left off. Nothing is carried out twice.
 */
import type { DeviceEntry, HostEntry } from "../../config/site-config.ts";
import type { Clock, Millis } from "../../lib/clock.ts";
import { minutes } from "../../lib/durations.ts";
import { OobError } from "../../lib/errors.ts";
import type { PduReading } from "../../sdk/power.ts";
import type { Audit } from "../audit/audit.ts";
import type { PowerEvent, PowerVerb } from "../site/site.ts";
import { checkMap, isInDoubt } from "./doubted-map.ts";
import { FirstCommand } from "./first-command.ts";
import { identify } from "./identify.ts";
import { KnownBoxes } from "./known-boxes.ts";
import type { MapProofs } from "./map-proofs.ts";
import { MapProver, type ProofWish } from "./map-prover.ts";
import { type NeighbourParts, Neighbours } from "./neighbours.ts";
import { type HostPower, type OpenPdu, PowerBank, type TakePdu } from "./power-bank.ts";
import type { Feed } from "./power-feed.ts";
import { readFirst } from "./power-first.ts";
import { keepInterval } from "./power-interval.ts";
import { type PowerAct, type PowerIntent, PowerLedger } from "./power-ledger.ts";
import { type Ended, type Moving, move } from "./power-moves.ts";
import { PowerRecovery, type Recovery, writeEnd } from "./power-recovery.ts";
import { confirmAll, type PowerReport, report } from "./power-report.ts";
import { plain, unsent } from "./unsent.ts";
import { asOobError, inWords } from "./verb-words.ts";

/** How long the on of a cycle is tried. */
const ON_FOR: Millis = minutes(2);

export type { HostPower } from "./power-bank.ts";
export type { PowerReport } from "./power-report.ts";

/** What power needs to know and to use. */
export interface PowerSetup {
  readonly pdus: ReadonlyMap<string, DeviceEntry>;
  readonly open: OpenPdu;
  /** Keeps other processes of this machine from switching there; without it there is none. */
  readonly take?: TakePdu;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly onFor?: Millis;
  /** Hosts of the configuration: what else moves is told by the name of who hangs on it. */
  readonly hosts?: ReadonlyMap<string, HostEntry>;
}

/** Who wants it, and the id under which it happens at most once. */
export interface PowerOrder {
  readonly id: string;
  readonly by: string;
  readonly reason: string;
  readonly incident?: number;
  /** Of `soft`: how long the machine has to go down. */
  readonly softWithin?: Millis;
  /** A person overrides what a person may override. */
  readonly force?: boolean;
}

type OnEvent = (event: PowerEvent) => void;

/** Outlets of hosts: read, switched, and taken up again after a crash. */
export class Power {
  readonly #clock: Clock;
  readonly #onFor: Millis;
  readonly #bank: PowerBank;
  readonly #audit: Audit;
  readonly #ledger: PowerLedger;
  readonly #boxes: KnownBoxes;
  readonly #beside: NeighbourParts;
  readonly #running = new Map<string, Promise<PowerReport>>();
  /** What is under way besides. */
  readonly #others = new Set<Promise<unknown>>();
  readonly #recovery: PowerRecovery;
  readonly #closing = new AbortController();
  /** What was read last, by host; forgotten where an order begins, for it may have changed anything. */
  readonly #lastRead = new Map<string, HostPower>();

  constructor({ pdus, open, take, audit, clock, onFor = ON_FOR, hosts = new Map() }: PowerSetup) {
    this.#clock = clock;
    this.#onFor = onFor;
    this.#bank = new PowerBank(pdus, { open, take }, clock);
    this.#audit = audit;
    this.#ledger = new PowerLedger(audit, clock);
    this.#boxes = new KnownBoxes(this.#ledger);
    this.#beside = { bank: this.#bank, ledger: this.#ledger, clock, hosts };
    this.#recovery = new PowerRecovery(this.#bank, this.#ledger, clock);
  }

  /** Every outlet of a PDU, fresh. Throws HOST_UNKNOWN and what the device throws. */
  async readPdu(name: string): Promise<PduReading> {
    return this.#bank.queue(name).readWhole();
  }

  /** Power of a host, fresh. Never throws: what cannot be read is unknown, and says why. */
  async readHost(host: HostEntry): Promise<HostPower> {
    const read = await this.#bank.readHost(host);
    this.#lastRead.set(host.name, read);
    return read;
  }

  /** What was last read of a host's outlets, each with its time; undefined: nothing since the last order. */
  lastRead(host: string): HostPower | undefined {
    return this.#lastRead.get(host);
  }

  readonly inDoubt = ({ outlets }: HostEntry) => isInDoubt(outlets, this.#ledger);
  readonly outletKeys: PowerBank["keysOf"] = (...asked) => this.#bank.keysOf(...asked);
  readonly readUnhurried: PowerBank["readUnhurried"] = (pdu) => this.#bank.readUnhurried(pdu);

  /** Carries an order out, once for its id, and reports what was read back. The last event has the result. */
  async switchHost(
    host: HostEntry,
    verb: PowerVerb,
    order: PowerOrder,
    onEvent: OnEvent = () => {},
    signal?: AbortSignal,
  ): Promise<PowerReport> {
    const moving = { ...this.#moving(host.name, onEvent), softWithin: order.softWithin };
    let act = this.#running.get(order.id);
    if (act === undefined) {
      this.#lastRead.delete(host.name);
      act = this.#order(host, verb, order, moving, signal);
      this.#running.set(order.id, act);
      void act.finally(() => this.#running.delete(order.id));
    }
    const { result, power, outlets, error } = await act;
    if (outlets.length > 0) this.#lastRead.set(host.name, { power, outlets });
    else this.#lastRead.delete(host.name);
    const text =
      error?.message ??
      (result === "done" ? `${verb}: power ${power}` : `${verb} ${result}, power ${power}`);
    const at = this.#clock.now();
    onEvent({ at, host: host.name, text, result, state: power, outlets, ...(error && { error }) });
    return act;
  }

  /** What would keep an order from being carried out, found by real reads: throws it. Nothing is sent or written. */
  async rehearse(host: HostEntry, verb: PowerVerb, force = false): Promise<void> {
    const feeds = await this.#bank.feeds(host);
    await readFirst(this.#bank, feeds, host.name, verb);
    await checkMap(feeds, this.#ledger, { host: host.name, verb, by: "", force });
    // An on waits.
    if (verb === "on") return;
    const moving = this.#moving(host.name, () => {});
    await keepInterval(feeds, verb, this.#ledger, (pdu) => this.#intervalOf(pdu), moving);
  }

  /** Whether every feed of the host is a machine with a power button. Throws what the devices throw. */
  hasButton(host: HostEntry): Promise<boolean> {
    return this.#bank.haveCommand(host, "soft");
  }

  /** Whether one of the host's PDUs has such a rule; a limit may be the device's own. */
  hasRule({ outlets }: HostEntry, rule: "limitAmps" | "minInterval"): boolean {
    return outlets.some(({ pdu }) =>
      rule === "limitAmps" ? this.#bank.isLimited(pdu) : this.#intervalOf(pdu) > 0,
    );
  }

  /**
   * Takes up what a crash cut short. Run once at start, before anything else is ordered: when it resolves, the outlets
   * of these acts are reserved. A PDU that is silent keeps nobody waiting but those who ask about its outlets.
   */
  recover(onEvent: OnEvent = () => {}): Promise<readonly Recovery[]> {
    return this.#recovery.begin((host) => this.#moving(host, onEvent));
  }

  /** Has the map of a PDU proven on one outlet that feeds nothing. Throws where it is refused before anything moves. */
  prove(proofs: MapProofs, wish: ProofWish, order: PowerOrder, say: (text: string) => void) {
    const parts = { bank: this.#bank, ledger: this.#ledger, clock: this.#clock, proofs };
    const proving = new MapProver(parts, wish, say).prove(order);
    return this.#untilDone(proving);
  }

  /** Has the devices show which machine it is, those that can; nothing moves. The last event has the result. */
  async identify(host: HostEntry, order: PowerOrder, dryRun: boolean, onEvent: OnEvent) {
    const { say } = this.#moving(host.name, onEvent);
    const parts = { bank: this.#bank, audit: this.#audit, say };
    const asking = identify(parts, host, order, dryRun).catch((thrown: unknown) => {
      const { error, result } = unsent(thrown);
      return { error, result, text: error.message };
    });
    const { result, text, error } = await this.#untilDone(asking);
    const at = this.#clock.now();
    onEvent({ at, host: host.name, text, result, ...(error && { error: plain(error) }) });
  }

  async close(): Promise<void> {
    this.#closing.abort();
    const moving = [...this.#running.values(), ...this.#others];
    await Promise.allSettled([...moving, this.#recovery.close()]);
    await this.#bank.close();
  }

  async #order(
    host: HostEntry,
    verb: PowerVerb,
    order: PowerOrder,
    moving: Moving,
    signal?: AbortSignal,
  ): Promise<PowerReport> {
    let feeds: Feed[] = [];
    let free = () => {};
    let giveBack = () => Promise.resolve();
    const first = new FirstCommand(`Cannot ${inWords(verb, host.name)}`, signal);
    try {
      const earlier = await this.#ledger.find(order.id);
      if (earlier) return await this.#again(host, earlier);
      feeds = await this.#bank.feeds(host, first);
      free = this.#bank.reserve(feeds, host.name);
      const outlets = feeds.map(({ outlet }) => outlet);
      giveBack = await this.#bank.own(outlets);
      const firsts = new Map(feeds.map((feed) => [feed.outlet.pdu, feed]));
      await Promise.all([...firsts.values()].map((feed) => feed.takeTurn()));
      await readFirst(this.#bank, feeds, host.name, verb);
      const { id, by, force } = order;
      await this.#boxes.check(feeds, { host: host.name, verb, by });
      const trust = await checkMap(feeds, this.#ledger, { host: host.name, verb, by, force });
      await keepInterval(feeds, verb, this.#ledger, (pdu) => this.#intervalOf(pdu), moving);
      first.look();
      await trust();
      const intent = { id, host: host.name, verb, outlets, by, at: this.#clock.now() };
      await this.#ledger.begin(intent, order.reason, order.incident);
      return await this.#carryOut(intent, feeds, host.offFor, moving, first);
    } catch (thrown) {
      this.#boxes.refused(feeds, order.by, thrown);
      await confirmAll(feeds);
      return report(feeds, unsent(thrown));
    } finally {
      free();
      await giveBack();
    }
  }

  #untilDone<T>(work: Promise<T>): Promise<T> {
    this.#others.add(work);
    void work.catch(() => undefined).finally(() => this.#others.delete(work));
    return work;
  }

  #intervalOf(pdu: string): Millis {
    return this.#bank.rules(pdu).minInterval;
  }

  /** From here on something may have moved: nothing but reading back tells what. */
  async #carryOut(
    intent: PowerIntent,
    feeds: readonly Feed[],
    offFor: Millis,
    moving: Moving,
    first: FirstCommand,
  ): Promise<PowerReport> {
    let ended: Ended;
    const neighbours = await Neighbours.before(this.#beside, feeds);
    try {
      first.look();
      const lookBeside = () => neighbours.look();
      ended = await move(intent.verb, feeds, offFor, { ...moving, lookBeside });
    } catch (error) {
      ended = { result: first.refused(error) ? "refused" : "unknown", error: asOobError(error) };
    }
    if (ended.result !== "done") await confirmAll(feeds);
    ended = await neighbours.judge(intent, ended, moving.say);
    if (intent.verb === "cycle" && ended.result !== "refused")
      if (feeds.some(({ state }) => state !== "on")) this.#ledger.alarm(intent, ended.error);
    await writeEnd(this.#ledger, intent, ended, moving);
    return report(feeds, ended);
  }

  /** The same id again: nothing is sent; how it ended, or what is read now. */
  async #again(host: HostEntry, { intent, outcome }: PowerAct): Promise<PowerReport> {
    const now = await this.#bank.readHost(host);
    if (outcome) return { ...now, result: outcome.result };
    const text = `Cannot ${inWords(intent.verb, host.name)}: order "${intent.id}" was begun before and its end is not known`;
    const hint = "Give a new order after looking at the host";
    const error = plain(new OobError("POWER_UNKNOWN", text, { hint }));
    return { ...now, result: "unknown", error };
  }

  #moving(host: string, onEvent: OnEvent): Moving {
    const clock = this.#clock;
    const say = (text: string, feed?: Feed) => {
      const outlet = feed && { outlet: feed.outlet.id, state: feed.state };
      try {
        onEvent({ at: clock.now(), host, text, ...outlet });
      } catch {
        // A listener's fault must not leave a host without power.
      }
    };
    return { clock, host, onFor: this.#onFor, ending: this.#closing.signal, say };
  }
}
