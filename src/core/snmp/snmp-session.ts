import snmp from "net-snmp";
import type { Clock, Millis } from "../../lib/clock.ts";
import { formatDuration } from "../../lib/durations.ts";
import { OobError } from "../../lib/errors.ts";
import type { SnmpTarget } from "../../sdk/snmp-profile.ts";
import type { Cell } from "./cell.ts";
import { sizeOf } from "./message-size.ts";
import { Pace, untilAnswered } from "./repeated-read.ts";
import {
  addressOf,
  GENERAL_ERROR,
  isGarbled,
  NO_SUCH_NAME,
  readError,
  startedAnew,
  statusOf,
  TOO_BIG,
  timedOut,
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
/** Octets of objects in an answer: what an Ethernet frame holds (1472) without the message's own. */
const MAX_ANSWER_BYTES = 1400;

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
  #reader: WireSession;
  #writer: WireSession | undefined;
  readonly #pace: Pace;
  readonly #walks: TableWalks;
  /** The agent was given no request for many objects that it did not answer. */
  #wide: boolean;
  /** Sizes of objects, where a reading asks for many. */
  readonly #sizes = new Map<string, number>();
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
    // An object that is missing fails the whole request in version 1.
    this.#wide = target.login.version !== "1";
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
    for (let at = 0; at < oids.length; ) {
      const many = oids.slice(at, at + this.#fitting(oids, at));
      const some = many.length > MAX_OBJECTS ? await this.#getMany(many) : undefined;
      const few = some ? [] : oids.slice(at, at + MAX_OBJECTS);
      for (const { oid, cell } of some ?? (await this.#pieces("get", few))) cells.set(oid, cell);
      at += some?.length ?? few.length;
    }
    if (oids.length > MAX_OBJECTS && this.#wide)
      for (const [oid, cell] of cells) this.#sizes.set(oid, sizeOf(oid, cell));
    return cells;
  }

  /** How many objects from here on fit into an answer, as far as their sizes are known. */
  #fitting(oids: readonly string[], at: number): number {
    let room = MAX_ANSWER_BYTES;
    const over = this.#wide
      ? oids.slice(at).findIndex((oid) => {
          room -= this.#sizes.get(oid) ?? MAX_ANSWER_BYTES;
          return room < 0;
        })
      : 0;
    return Math.max(over < 0 ? oids.length : over, MAX_OBJECTS);
  }

  /** As many objects as a datagram holds; undefined where the agent does not give them. */
  async #getMany(oids: readonly string[]): Promise<Found[] | undefined> {
    try {
      const answer = await this.#tries<snmp.Varbind[]>(
        (done) => this.#reader.get([...oids], done),
        this.#target.timeout,
      );
      const same = answer.length === oids.length && answer.every(({ oid }, i) => oid === oids[i]);
      if (same) return answer.map(found);
    } catch (error) {
      this.#over?.throwIfAborted();
      // Agents that hold fewer objects than were asked for may say so, be silent, or leave the rest out.
      const few = timedOut(error) || isGarbled(error) || this.#bulkUnfit(error);
      if (!few) throw readError(error, this.#target);
    }
    this.#wide = false;
    this.#sizes.clear();
    return undefined;
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
    // An agent of version 3 that has started anew refuses whom it knew: who writes asks for its clock before.
    if (this.#target.login.version === "3") this.#leaveWriter();
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
    leave(this.#reader);
    this.#leaveWriter();
  }

  #leaveWriter(): void {
    if (this.#writer) leave(this.#writer);
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

  /** A read; where the agent has started anew, and has another clock or name now, with a session that knows it. */
  async #tries<T>(send: (done: Callback<T>) => void, patience?: Millis): Promise<T | []> {
    try {
      return await this.#repeated(send, patience);
    } catch (error) {
      if (!startedAnew(error)) throw error;
      leave(this.#reader);
      this.#reader = this.#open(this.#target, this.#target.timeout);
      return this.#repeated(send, patience);
    }
  }

  /** A read, repeated until something answers it. */
  async #repeated<T>(
    send: (done: Callback<T>) => void,
    patience: Millis = this.#target.timeout * this.#target.tries,
  ): Promise<T | []> {
    const copy = (done: Callback<T>) => {
      this.#over?.throwIfAborted();
      send(done);
    };
    return untilAnswered(copy, { clock: this.#clock, pace: this.#pace, patience });
  }
}

function leave(session: WireSession): void {
  try {
    session.close();
  } catch {
    // Closed already: the library's socket throws then, and nothing is left to do.
  }
}
