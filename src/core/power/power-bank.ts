import type { DeviceEntry, HostEntry, OutletEntry } from "../../config/site-config.ts";
import type { Clock } from "../../lib/clock.ts";
import { type ErrorCode, messageOf, OobError } from "../../lib/errors.ts";
import type { Pdu, PduReading, PowerState } from "../../sdk/power.ts";
import type { OutletStatus, PowerVerb } from "../site/site.ts";
import type { FirstCommand } from "./first-command.ts";
import { Feed } from "./power-feed.ts";
import { type BoundOutlet, bindOutlet, combined, findOutlet, outletId } from "./power-outlets.ts";
import { PduQueue } from "./power-queue.ts";
import { inWords } from "./verb-words.ts";

/** Power of a host as just read. */
export interface HostPower {
  readonly power: PowerState;
  readonly outlets: readonly OutletStatus[];
}

/** What a device that was exchanged or renumbered answers; silence alone does not make it another one. */
const CHANGED: ReadonlySet<ErrorCode> = new Set(["PDU_REFUSED", "OUTLET_UNKNOWN", "PDU_UNKNOWN"]);

/** Opens a configured PDU. */
export type OpenPdu = (name: string, entry: DeviceEntry) => Promise<Pdu>;

/** The PDUs: a queue each, the outlets that were found on them, and which of them are being switched. */
export class PowerBank {
  readonly #pdus: ReadonlyMap<string, DeviceEntry>;
  readonly #open: OpenPdu;
  readonly #clock: Clock;
  readonly #queues = new Map<string, PduQueue>();
  readonly #bound = new Map<string, BoundOutlet>();
  /** By PDU and instance, and for whom. */
  readonly #busy = new Map<string, string>();

  constructor(pdus: ReadonlyMap<string, DeviceEntry>, open: OpenPdu, clock: Clock) {
    this.#pdus = pdus;
    this.#open = open;
    this.#clock = clock;
  }

  /** The way to a PDU. Throws HOST_UNKNOWN where the configuration has none of that name. */
  queue(name: string): PduQueue {
    const known = this.#queues.get(name);
    if (known) return known;
    const entry = this.#pdus.get(name);
    if (!entry)
      throw new OobError("HOST_UNKNOWN", `Cannot find a PDU "${name}" in the configuration`, {
        hint: `PDUs: ${[...this.#pdus.keys()].join(", ") || "none"}`,
      });
    const far = entry.via !== undefined;
    const queue = new PduQueue(name, () => this.#open(name, entry), this.#clock, far);
    this.#queues.set(name, queue);
    return queue;
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
      if (outlet) keys.set(outlet.id, `${outlet.serial ?? outlet.pdu} ${outlet.instance}`);
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
    return new Feed(outlet, this.queue(outlet.pdu), this.#clock, first);
  }

  /** The host's outlets, found on their devices. Throws OUTLET_UNKNOWN and what the devices throw. */
  async feeds(host: HostEntry, first: FirstCommand): Promise<Feed[]> {
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
    return bound.map((outlet) => this.feed(outlet, first));
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
      for (const key of keys.keys()) this.#busy.delete(key);
    };
  }

  /**
   * Reads the outlets before a command. Throws where they cannot be read, are not the same, or would not obey, and
   * where a button of a machine without power is to be pressed.
   */
  async readFirst(feeds: readonly Feed[], host: string, verb: PowerVerb): Promise<void> {
    const cannot = `Cannot ${inWords(verb, host)}`;
    await Promise.all(feeds.map((feed) => this.#readOne(feed, cannot, verb)));
    const presses = verb === "reset" || verb === "soft" || verb === "nmi";
    if (presses && combined(feeds.map(({ status }) => status)) === "off") {
      const names = feeds.map(({ outlet }) => outlet.id).join(", ");
      const hint = `oob power on ${host}`;
      throw new OobError("GUARD_REFUSED", `${cannot}: ${names} reads off`, { hint });
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#queues.values()].map((queue) => queue.close()));
  }

  async #readOne(feed: Feed, cannot: string, verb: PowerVerb): Promise<void> {
    const { id, pdu } = feed.outlet;
    const reading = await feed.read().catch((error: unknown) => {
      if (error instanceof OobError && CHANGED.has(error.code)) this.#forget(pdu);
      throw error;
    });
    if (reading.refuses !== undefined)
      throw new OobError("PDU_REFUSED", `${cannot}: outlet ${id} is ${reading.refuses}`);
    if (verb === "cycle" && (reading.state === "unknown" || reading.pending)) {
      const why = reading.note ?? "a command is under way";
      throw new OobError("POWER_UNKNOWN", `${cannot}: the state of ${id} is not known (${why})`, {
        hint: "A cycle begins only where the outlet can be read",
      });
    }
    const commands = await this.queue(pdu).run((device) => Promise.resolve(device.commands));
    const needed = verb === "cycle" ? (["off", "on"] as const) : ([verb] as const);
    const missing = needed.find((command) => !commands.includes(command));
    if (missing) throw new OobError("PDU_REFUSED", `${cannot}: ${pdu} has no command "${missing}"`);
  }

  /** It may be another device by now: this order is refused, and the next one finds its outlets anew. */
  #forget(pdu: string): void {
    for (const [id, outlet] of this.#bound) if (outlet.pdu === pdu) this.#bound.delete(id);
  }

  #bind(entry: OutletEntry, reading: PduReading): BoundOutlet {
    const outlet = this.#bound.get(outletId(entry)) ?? bindOutlet(reading, entry);
    this.#bound.set(outlet.id, outlet);
    return outlet;
  }

  async #status(entry: OutletEntry): Promise<OutletStatus> {
    const id = outletId(entry);
    try {
      const reading = await this.queue(entry.pdu).read();
      const { state, pending, amps, watts, name, note } = findOutlet(reading, entry);
      this.#bind(entry, reading);
      return {
        ...{ id, state, pending, readAt: this.#clock.now() },
        ...(amps !== undefined && { amps }),
        ...(watts !== undefined && { watts }),
        ...(name !== undefined && { name }),
        ...(note !== undefined && { error: note }),
      };
    } catch (error) {
      const readAt = this.#clock.now();
      const missing = error instanceof OobError && error.code === "OUTLET_UNKNOWN";
      return {
        ...{ id, state: "unknown", pending: false, readAt, error: messageOf(error) },
        ...(missing && { missing }),
      };
    }
  }
}
