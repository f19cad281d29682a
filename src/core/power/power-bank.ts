import { USUAL_RULES } from "../../config/outlet-rules.ts";
import type { DeviceEntry, HostEntry, OutletEntry, OutletRules } from "../../config/site-config.ts";
import type { Clock, Millis } from "../../lib/clock.ts";
import { messageOf, OobError } from "../../lib/errors.ts";
import { textOf } from "../../sdk/options.ts";
import type { OutletCommand, Pdu, PduReading, PowerState } from "../../sdk/power.ts";
import type { OutletStatus } from "../site/site.ts";
import type { FirstCommand } from "./first-command.ts";
import { lifelinesIn, loadOf, whyLifeline } from "./outlet-facts.ts";
import { type OwnedDevice, PduOwner } from "./pdu-owner.ts";
import { Feed, type PduWay } from "./power-feed.ts";
import {
  type BoundOutlet,
  bindOutlet,
  checkSameDevice,
  combined,
  deviceOutlet,
  findOutlet,
  outletId,
} from "./power-outlets.ts";
import { PduQueue } from "./power-queue.ts";
import { Stagger } from "./stagger.ts";

/** Where no process has to be kept away. */
const nobodyElse: TakePdu = () => Promise.resolve({ release: () => Promise.resolve() });

/** Power of a host as just read. */
export interface HostPower {
  readonly power: PowerState;
  readonly outlets: readonly OutletStatus[];
}

/** Opens a configured PDU. */
export type OpenPdu = (name: string, entry: DeviceEntry) => Promise<Pdu>;

/** Takes a PDU for this process, so that no other one switches there. Throws PORT_BUSY. */
export type TakePdu = (name: string, entry: DeviceEntry) => Promise<OwnedDevice>;

/** A PDU as this process reaches it. */
interface Reached extends PduWay {
  readonly owner: PduOwner;
  readonly rules: OutletRules;
}

/** The PDUs: a way to each, the outlets that were found on them, and which of them are being switched. */
export class PowerBank {
  readonly #pdus: ReadonlyMap<string, DeviceEntry>;
  readonly #open: OpenPdu;
  readonly #take: TakePdu;
  readonly #clock: Clock;
  readonly #reached = new Map<string, Reached>();
  /** By outlet: amperes that it drew when it was on. */
  readonly #drew = new Map<string, number>();
  readonly #bound = new Map<string, BoundOutlet>();
  /** PDUs that say what they are rated for. */
  readonly #rated = new Set<string>();
  /** By PDU and instance, and for whom. */
  readonly #busy = new Map<string, string>();
  /** By PDU and instance: when an act on it ended. */
  readonly #freed = new Map<string, Millis>();

  constructor(
    pdus: ReadonlyMap<string, DeviceEntry>,
    { open, take = nobodyElse }: { readonly open: OpenPdu; readonly take?: TakePdu | undefined },
    clock: Clock,
  ) {
    this.#pdus = pdus;
    this.#open = open;
    this.#take = take;
    this.#clock = clock;
  }

  /** Whether a PDU must not draw more than some current, by its configuration or as it said when it was read. */
  isLimited(name: string): boolean {
    return this.#rated.has(name) || this.rules(name).limitAmps !== undefined;
  }

  /** The way to a PDU. Throws HOST_UNKNOWN where the configuration has none of that name. */
  queue(name: string): PduQueue {
    return this.#way(name).queue;
  }

  rules(name: string): OutletRules {
    return this.#way(name).rules;
  }

  #way(name: string): Reached {
    const known = this.#reached.get(name);
    if (known) return known;
    const entry = this.#pdus.get(name);
    if (!entry)
      throw new OobError("HOST_UNKNOWN", `Cannot find a PDU "${name}" in the configuration`, {
        hint: `PDUs: ${[...this.#pdus.keys()].join(", ") || "none"}`,
      });
    const { rules = USUAL_RULES } = entry;
    const far = entry.via !== undefined;
    const way: Reached = {
      rules,
      queue: new PduQueue(
        name,
        () => this.#open(name, entry),
        this.#clock,
        far,
        textOf(entry.options, "host"),
      ),
      stagger: new Stagger(this.#clock, rules.stagger),
      owner: new PduOwner(name, () => this.#take(name, entry)),
    };
    this.#reached.set(name, way);
    return way;
  }

  /** Takes the PDUs of these outlets for this process. Throws PORT_BUSY; returns the way to give them back. */
  async own(outlets: readonly BoundOutlet[]): Promise<() => Promise<void>> {
    const held: (() => Promise<void>)[] = [];
    const giveBack = async () => {
      for (const one of held.splice(0)) await one();
    };
    try {
      // In one order everywhere: two orders of two processes must not each hold what the other wants.
      for (const pdu of [...new Set(outlets.map(({ pdu }) => pdu))].sort())
        held.push(await this.#way(pdu).owner.hold());
      return giveBack;
    } catch (thrown) {
      await giveBack();
      throw thrown;
    }
  }

  /** Instances of a PDU's outlets that must never be off. Throws OUTLET_UNKNOWN where one of them cannot be found. */
  async lifelines(pdu: string): Promise<ReadonlySet<string>> {
    const { queue, rules } = this.#way(pdu);
    if (rules.lifeline.length === 0) return new Set();
    return lifelinesIn(await queue.read(), pdu, rules);
  }

  /** A PDU's outlets, in nobody's way; undefined where it is used, or one of its outlets is being switched. */
  async readUnhurried(pdu: string): Promise<PduReading | undefined> {
    const switching = [...this.#busy.keys()].some((key) => key.startsWith(`${pdu} `));
    return switching ? undefined : this.queue(pdu).readUnhurried();
  }

  async readHost(host: HostEntry): Promise<HostPower> {
    const outlets = await Promise.all(host.outlets.map((entry) => this.#status(entry)));
    return { power: combined(outlets), outlets };
  }

  /**
   * By "pdu/reference", what the outlet really is: "3", its label and its name are one. An outlet that cannot be found
   * is left out. PDUs other than `pdus` are not read for it: their outlets are known once they were used.
   */
  async keysOf(entries: readonly OutletEntry[], pdus: ReadonlySet<string>) {
    const unbound = entries.filter((entry) => !this.#bound.has(outletId(entry)));
    for (const pdu of pdus) {
      const here = unbound.filter((entry) => entry.pdu === pdu);
      if (here.length > 0) await this.#bindAll(pdu, here);
    }
    const keys = new Map<string, string>();
    for (const entry of entries) {
      const outlet = this.#bound.get(outletId(entry));
      if (outlet) keys.set(outlet.id, deviceOutlet(outlet));
    }
    return keys;
  }

  async #bindAll(pdu: string, entries: readonly OutletEntry[]): Promise<void> {
    const reading = await this.queue(pdu)
      .read()
      .catch(() => undefined);
    if (!reading) return;
    for (const entry of entries) {
      try {
        this.#bind(entry, reading);
      } catch {
        // Another host's entry that names no outlet shares none.
      }
    }
  }

  feed(outlet: BoundOutlet, first?: FirstCommand): Feed {
    return new Feed(outlet, this.#way(outlet.pdu), this.#clock, first);
  }

  /** The host's outlets, found on their devices. Throws OUTLET_UNKNOWN and what the devices throw. */
  async feeds(host: HostEntry, first?: FirstCommand): Promise<Feed[]> {
    if (host.outlets.length === 0)
      throw new OobError(
        "OUTLET_UNKNOWN",
        `Cannot switch ${host.name}: no outlet is configured for it`,
        { hint: `Give it one: outlets: [PDU/OUTLET] under hosts: ${host.name}:` },
      );
    const bound = await Promise.all(
      host.outlets.map(async (entry) => {
        const known = this.#bound.get(outletId(entry));
        return known ?? this.#bind(entry, await this.queue(entry.pdu).read());
      }),
    );
    // "3" and "web1" may be one outlet: it is switched once.
    const once = new Map(bound.map((outlet) => [`${outlet.pdu} ${outlet.instance}`, outlet]));
    return [...once.values()].map((outlet) => this.feed(outlet, first));
  }

  async haveCommand(host: HostEntry, command: OutletCommand): Promise<boolean> {
    const pdus = [...new Set(host.outlets.map(({ pdu }) => pdu))];
    const each = pdus.map((pdu) =>
      this.queue(pdu).run((device) => Promise.resolve(device.commands.includes(command))),
    );
    return pdus.length > 0 && (await Promise.all(each)).every(Boolean);
  }

  /** Reserves outlets, one act each at a time; the returned function frees them. Throws GUARD_REFUSED. */
  reserve(feeds: readonly Feed[], host: string): () => void {
    const keys = new Map(
      feeds.map(({ outlet }) => [`${outlet.pdu} ${outlet.instance}`, outlet.id]),
    );
    for (const [key, id] of keys) {
      const other = this.#busy.get(key);
      if (other !== undefined)
        throw new OobError(
          "GUARD_REFUSED",
          `Cannot switch ${host}: outlet ${id} is being switched for ${other}`,
        );
    }
    for (const key of keys.keys()) this.#busy.set(key, host);
    return () => {
      for (const key of keys.keys()) {
        this.#busy.delete(key);
        this.#freed.set(key, this.#clock.monotonic());
      }
    };
  }

  /** Instances of a PDU that acts of this process have moved since then, or may be moving. */
  movedSince(pdu: string, since: Millis): Set<string> {
    const ended = [...this.#freed].filter(([, at]) => at >= since).map(([key]) => key);
    const begin = `${pdu} `;
    const keys = [...this.#busy.keys(), ...ended].filter((key) => key.startsWith(begin));
    return new Set(keys.map((key) => key.slice(begin.length)));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#reached.values()].map(({ queue }) => queue.close()));
  }

  /** It may be another device by now: this order is refused, and the next one finds its outlets anew. */
  forget(pdu: string): void {
    for (const [id, outlet] of this.#bound) if (outlet.pdu === pdu) this.#bound.delete(id);
  }

  #bind(entry: OutletEntry, reading: PduReading): BoundOutlet {
    if (reading.totals?.rated) this.#rated.add(entry.pdu);
    const outlet = this.#bound.get(outletId(entry)) ?? bindOutlet(reading, entry);
    this.#bound.set(outlet.id, outlet);
    return outlet;
  }

  async #status(entry: OutletEntry): Promise<OutletStatus> {
    const id = outletId(entry);
    try {
      const { queue, rules } = this.#way(entry.pdu);
      const reading = await queue.read();
      const outlet = findOutlet(reading, entry);
      const { state, pending, amps, watts, name, note } = outlet;
      // Another box's outlet says nothing of this host. An order, which tells its person, finds the outlets anew.
      checkSameDevice(this.#bind(entry, reading), reading);
      if (state === "on" && amps !== undefined && amps > 0) this.#drew.set(id, amps);
      const lifeline = whyLifeline(reading, outlet, entry.pdu, rules);
      const load = loadOf(reading, rules, this.#drew.get(id));
      return {
        ...(lifeline !== undefined && { lifeline }),
        ...(load && { load }),
        ...{ id, state, pending, readAt: this.#clock.now() },
        ...(amps !== undefined && { amps }),
        ...(watts !== undefined && { watts }),
        ...(name !== undefined && { name }),
        ...(note !== undefined && { error: note }),
      };
    } catch (error) {
      const readAt = this.#clock.now();
      const known = error instanceof OobError ? error : undefined;
      const hint = known?.hint === undefined ? {} : { hint: known.hint };
      return {
        ...{ id, state: "unknown", pending: false, readAt, error: messageOf(error) },
        ...(known && { cause: { code: known.code, ...hint } }),
        ...(known?.code === "OUTLET_UNKNOWN" && { missing: true }),
      };
    }
  }
}
