/**
 * Reads what outlets draw, slowly and in nobody's way: each PDU by itself, where nobody else uses it. Whatever goes
 * wrong here, a silent PDU or a full disk, is a hole in the history and nothing more.
 */
import type { DeviceEntry, HostEntry, LoadPolicy, OutletEntry } from "../../config/site-config.ts";
import type { Clock, Millis, Timer } from "../../lib/clock.ts";
import { hours, seconds } from "../../lib/durations.ts";
import { messageOf } from "../../lib/errors.ts";
import type { PduReading } from "../../sdk/power.ts";
import type { Power } from "../power/power.ts";
import { findOutlet, outletId } from "../power/power-outlets.ts";
import type { Draw, LoadBook } from "./load-book.ts";
import { LoadTrace } from "./load-trace.ts";

/** Where somebody used the PDU. */
const AGAIN_AFTER: Millis = seconds(5);
/** A PDU that meters nothing is asked again: an outlet that is off may meter only when it is on. */
const NOT_METERED_AFTER: Millis = hours(1);
/** One that does not answer is left alone for longer and longer, up to so many times the usual. */
const LONGEST_TIMES = 16;
/** Readings farther apart than so many times the usual are not compared. */
const TOO_FAR = 3;

interface LoadParts {
  readonly pdus: ReadonlyMap<string, DeviceEntry>;
  readonly hosts: ReadonlyMap<string, HostEntry>;
  readonly load: LoadPolicy;
  readonly power: Pick<Power, "readUnhurried">;
  readonly book: Pick<LoadBook, "append" | "pruneAll">;
  readonly clock: Clock;
  readonly note: (type: string, text: string, host?: string) => void;
}

/** All PDUs whose loads are read. */
export class LoadWatch {
  readonly #parts: LoadParts;
  readonly #watches = new Map<string, PduLoad>();

  constructor(parts: LoadParts) {
    this.#parts = parts;
    for (const pdu of chosen(parts)) this.#watches.set(pdu, new PduLoad(pdu, parts));
  }

  /** Begins, spread over the time of one round: many PDUs are not asked at the same moment. */
  start(): void {
    const { load, book } = this.#parts;
    const count = this.#watches.size;
    if (count === 0) return;
    void book.pruneAll();
    for (const [i, watch] of [...this.#watches.values()].entries())
      watch.start((load.every * i) / count);
  }

  stop(): void {
    for (const watch of this.#watches.values()) watch.stop();
  }

  /** What the newest readings tell of a host: "pdu-a/3 draws 0 W". */
  signOf(host: string): string | undefined {
    const outlets = this.#parts.hosts.get(host)?.outlets ?? [];
    const signs = outlets.flatMap((entry) => {
      const sign = this.signAt(entry);
      return sign === undefined ? [] : [`${outletId(entry)} ${sign}`];
    });
    return signs.length === 0 ? undefined : signs.join("; ");
  }

  signAt({ pdu, reference }: OutletEntry): string | undefined {
    return this.#watches.get(pdu)?.sign(reference);
  }

  /** Why nothing is read of a PDU; undefined where it is read, or was not looked at yet. */
  whyNot(pdu: string): string | undefined {
    const { load, pdus } = this.#parts;
    if (load.every === 0) return "load: { every: 0s } in the configuration";
    const watch = this.#watches.get(pdu);
    if (watch) return watch.why;
    const far = load.pdus === undefined && pdus.get(pdu)?.via !== undefined;
    return far
      ? `${pdu} is reached through other devices, and not named under load: pdus:`
      : `${pdu} is not named under load: pdus:`;
  }
}

/** PDUs of hosts: those that are named, or else all that are not reached through others. */
function chosen({ pdus, hosts, load }: LoadParts): readonly string[] {
  if (load.every === 0) return [];
  const used = new Set([...hosts.values()].flatMap(({ outlets }) => outlets.map(({ pdu }) => pdu)));
  return [...pdus.keys()].filter(
    (pdu) => used.has(pdu) && (load.pdus?.includes(pdu) ?? pdus.get(pdu)?.via === undefined),
  );
}

class PduLoad {
  readonly #pdu: string;
  readonly #parts: LoadParts;
  /** Outlets of hosts, and whose they are. */
  readonly #outlets = new Map<string, { readonly entry: OutletEntry; readonly hosts: string[] }>();
  readonly #traces = new Map<string, LoadTrace>();
  #timer: Timer | undefined;
  #stopped = false;
  #failed = 0;
  #lastAt = Number.NEGATIVE_INFINITY;
  #writing = false;
  #unwritable: string | undefined;
  #why: string | undefined;

  constructor(pdu: string, parts: LoadParts) {
    this.#pdu = pdu;
    this.#parts = parts;
    for (const { name, outlets } of parts.hosts.values())
      for (const entry of outlets) {
        if (entry.pdu !== pdu) continue;
        const known = this.#outlets.get(entry.reference) ?? { entry, hosts: [] };
        known.hosts.push(name);
        this.#outlets.set(entry.reference, known);
      }
  }

  /** Why the last look found nothing. */
  get why(): string | undefined {
    return this.#why;
  }

  sign(reference: string): string | undefined {
    return this.#traces.get(reference)?.sign;
  }

  start(delay: Millis): void {
    this.#timer = this.#parts.clock.after(delay, () => {
      void this.#look().then((wait) => {
        if (!this.#stopped) this.start(wait);
      });
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  /** Reads once, and says how long to wait. */
  async #look(): Promise<Millis> {
    const { every } = this.#parts.load;
    try {
      const reading = await this.#parts.power.readUnhurried(this.#pdu);
      if (reading === undefined) return Math.min(AGAIN_AFTER, every);
      this.#failed = 0;
      const draws = this.#drawsIn(reading);
      if (![...draws.values()].some(isMetered)) {
        this.#gap(`${this.#pdu} meters none of these outlets`);
        return Math.max(every, NOT_METERED_AFTER);
      }
      this.#why = undefined;
      this.#trace(draws);
      void this.#write(draws);
      return every;
    } catch (thrown) {
      this.#gap(messageOf(thrown));
      this.#failed++;
      return every * Math.min(2 ** (this.#failed - 1), LONGEST_TIMES);
    }
  }

  #gap(why: string): void {
    this.#why = why;
    for (const trace of this.#traces.values()) trace.gap();
  }

  #drawsIn(reading: PduReading): Map<string, Draw> {
    const draws = new Map<string, Draw>();
    for (const [reference, { entry }] of this.#outlets) {
      try {
        const { state, pending, amps, watts } = findOutlet(reading, entry);
        draws.set(reference, {
          state: pending ? "unknown" : state,
          ...(amps !== undefined && { amps }),
          ...(watts !== undefined && { watts }),
        });
      } catch {
        // No such outlet: whoever reads the host's power is told so.
      }
    }
    return draws;
  }

  #trace(draws: ReadonlyMap<string, Draw>): void {
    const { clock, load } = this.#parts;
    const at = clock.monotonic();
    if (at - this.#lastAt > TOO_FAR * load.every)
      for (const trace of this.#traces.values()) trace.gap();
    this.#lastAt = at;
    for (const [reference, draw] of draws) {
      const trace = this.#traces.get(reference) ?? new LoadTrace();
      this.#traces.set(reference, trace);
      const before = trace.sign;
      trace.see(draw, at);
      this.#tell(reference, before, trace.sign);
    }
  }

  /** A plateau comes and goes with the night: it is shown where it is asked for, and told nobody. */
  #tell(reference: string, before: string | undefined, now: string | undefined): void {
    if (now === before || now?.startsWith("draws 0") !== true) return;
    for (const host of this.#outlets.get(reference)?.hosts ?? [])
      this.#parts.note("power.load", `${this.#pdu}/${reference} reads on and ${now}`, host);
  }

  /** A disk that takes its time gets no second reading meanwhile. */
  async #write(draws: ReadonlyMap<string, Draw>): Promise<void> {
    if (this.#writing) return;
    this.#writing = true;
    try {
      await this.#parts.book.append(this.#pdu, draws);
      this.#unwritable = undefined;
    } catch (thrown) {
      const why = messageOf(thrown);
      if (this.#unwritable === undefined)
        this.#parts.note("load.lost", `loads of ${this.#pdu} are not kept: ${why}`);
      this.#unwritable = why;
    } finally {
      this.#writing = false;
    }
  }
}

const isMetered = ({ amps, watts }: Draw): boolean => amps !== undefined || watts !== undefined;
