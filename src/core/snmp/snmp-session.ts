import snmp from "net-snmp";
import type { Clock, Millis } from "../../lib/clock.ts";
import { formatDuration } from "../../lib/durations.ts";
import { OobError } from "../../lib/errors.ts";
import type { SnmpTarget } from "../../sdk/snmp-profile.ts";
import type { Cell } from "./cell.ts";
import { Pace, untilAnswered } from "./repeated-read.ts";
import {
  addressOf,
  GENERAL_ERROR,
  NO_SUCH_NAME,
  readError,
  statusOf,
  TOO_BIG,
  writeError,
} from "./snmp-errors.ts";
import {
  type Callback,
  type Found,
  found,
  type OpenWire,
  once,
  openSession,
  type WireSession,
} from "./snmp-wire.ts";
import { firstBelow, MAX_OBJECTS, TableWalks, type Walked } from "./table-walks.ts";

/** In the place of what an answer lacks. */
const NOTHING: Found = { oid: "", cell: undefined, end: true };
/** Longest time that a walk may take. */
const WALK_WITHIN: Millis = 30_000;

/** One object that is to be written. */
export interface Setting {
  readonly oid: string;
  readonly value: number | string;
  readonly type?: keyof typeof SET_TYPES;
}

const SET_TYPES = {
  integer: snmp.ObjectType.Integer,
  gauge: snmp.ObjectType.Gauge32,
  text: snmp.ObjectType.OctetString,
} as const;

/**
 * A session with one agent. The library never sends anything twice (its `retries` is 0): reads are repeated here,
 * and a SET is sent exactly once, because an agent that answered late would carry it out twice.
 */
export class SnmpSession {
  readonly #target: SnmpTarget;
  readonly #clock: Clock;
  readonly #open: OpenWire;
  readonly #reader: WireSession;
  #writer: WireSession | undefined;
  readonly #pace: Pace;
  readonly #walks: TableWalks;
  #over: AbortSignal | undefined;

  constructor(target: SnmpTarget, clock: Clock, open: OpenWire = openSession) {
    this.#target = target;
    this.#clock = clock;
    this.#open = open;
    this.#reader = open(target, target.timeout);
    this.#pace = new Pace(target.timeout);
    const requests = {
      next: (oids: readonly string[]) => this.#nextOf(oids),
      bulk: this.#getBulk.bind(this),
      unreadable: this.#unreadable.bind(this),
    };
    this.#walks = new TableWalks(requests, target.login.version !== "1");
  }

  /** Does `work`. Once the signal is aborted no further request of it is sent, and it throws the signal's reason. */
  async until<T>(over: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    this.#over = over;
    try {
      return await work();
    } finally {
      this.#over = undefined;
    }
  }

  /** Reads objects; those that the agent has not are undefined. */
  async get(oids: readonly string[]): Promise<Map<string, Cell>> {
    const cells = new Map<string, Cell>();
    for (let at = 0; at < oids.length; at += MAX_OBJECTS) {
      const some = oids.slice(at, at + MAX_OBJECTS);
      for (const { oid, cell } of await this.#pieces("get", some)) cells.set(oid, cell);
    }
    return cells;
  }

  /** The first object behind each OID that lies below it; undefined where there is none. */
  async firstBelow(oids: readonly string[]): Promise<(Found | undefined)[]> {
    const next = await this.#nextOf(oids);
    return oids.map((oid, i) => firstBelow(oid, next[i]));
  }

  /** Walks columns side by side, and asks for the first object below some other OIDs on the way. */
  async walk(columns: readonly string[], along: readonly string[] = []): Promise<Walked> {
    const deadline = this.#clock.monotonic() + WALK_WITHIN;
    return this.#walks.walk(columns, along, () => {
      if (this.#clock.monotonic() > deadline)
        throw this.#unreadable(`its tables take longer than ${formatDuration(WALK_WITHIN)}`);
    });
  }

  /** Writes one object, once: an INTEGER unless said otherwise. Resolves when the agent says that it took it. */
  async set({ oid, value, type }: Setting, outlet: string): Promise<void> {
    const { timeout, tries } = this.#target;
    // Sent once, so its answer is given all the time that a read has with its repetitions.
    this.#writer ??= this.#open(this.#target, timeout * tries, true);
    const writer = this.#writer;
    const write = [{ oid, type: SET_TYPES[type ?? "integer"], value }];
    this.#over?.throwIfAborted();
    try {
      await once((done) => writer.set(write, done));
    } catch (error) {
      throw writeError(error, this.#target, outlet);
    }
  }

  close(): void {
    for (const session of [this.#reader, this.#writer]) {
      try {
        session?.close();
      } catch {
        // Closed already: the library's socket throws then, and nothing is left to do.
      }
    }
    this.#writer = undefined;
  }

  async #getBulk(
    alone: readonly string[],
    cursors: readonly string[],
    repetitions: number,
  ): Promise<(readonly Found[])[] | undefined> {
    try {
      const answer = await this.#tries<(snmp.Varbind | snmp.Varbind[])[]>((done) =>
        this.#reader.getBulk([...alone, ...cursors], alone.length, repetitions, done),
      );
      return answer.map((some) => (Array.isArray(some) ? some.map(found) : [found(some)]));
    } catch (error) {
      if (this.#bulkUnfit(error)) return undefined;
      throw readError(error, this.#target);
    }
  }

  /** The objects behind these. */
  async #nextOf(oids: readonly string[]): Promise<Found[]> {
    const next: Found[] = [];
    for (let at = 0; at < oids.length; at += MAX_OBJECTS) {
      const some = oids.slice(at, at + MAX_OBJECTS);
      const answer = await this.#pieces("getNext", some);
      for (const i of some.keys()) next.push(answer[i] ?? NOTHING);
    }
    return next;
  }

  #unreadable(why: string): OobError {
    return new OobError("PDU_REFUSED", `Cannot read ${addressOf(this.#target)}: ${why}`);
  }

  /** GETBULK failed in a way that GETNEXT may not. */
  #bulkUnfit(error: unknown): boolean {
    const status = statusOf(error);
    return status === TOO_BIG || status === GENERAL_ERROR || status === NO_SUCH_NAME;
  }

  /** One request for several objects, in halves where the agent finds it too big or one of them missing. */
  async #pieces(verb: "get" | "getNext", oids: readonly string[]): Promise<Found[]> {
    if (oids.length === 0) return [];
    try {
      const varbinds = await this.#tries<snmp.Varbind[]>((done) =>
        this.#reader[verb]([...oids], done),
      );
      const other = verb === "get" && varbinds.some(({ oid }, i) => oid !== oids[i]);
      if (other) throw new Error("other objects than those asked for");
      return varbinds.map(found);
    } catch (error) {
      const status = statusOf(error);
      const divisible = status === TOO_BIG || status === NO_SUCH_NAME || status === GENERAL_ERROR;
      if (!divisible) throw readError(error, this.#target);
      const [only] = oids;
      if (oids.length === 1 && only !== undefined) {
        if (status === TOO_BIG) throw readError(error, this.#target);
        return [{ oid: only, cell: undefined, end: true }];
      }
      const half = Math.ceil(oids.length / 2);
      const first = await this.#pieces(verb, oids.slice(0, half));
      return [...first, ...(await this.#pieces(verb, oids.slice(half)))];
    }
  }

  /** A read, repeated until something answers it. */
  async #tries<T>(send: (done: Callback<T>) => void): Promise<T | []> {
    const patience = this.#target.timeout * this.#target.tries;
    const copy = (done: Callback<T>) => {
      this.#over?.throwIfAborted();
      send(done);
    };
    return untilAnswered(copy, { clock: this.#clock, pace: this.#pace, patience });
  }
}
