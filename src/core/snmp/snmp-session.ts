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
import { type Column, SnmpWalk } from "./snmp-walk.ts";
import {
  type Callback,
  type Found,
  found,
  type OpenWire,
  once,
  openSession,
  type WireSession,
} from "./snmp-wire.ts";

/** Objects in one request; small agents answer tooBig to more, and are then asked for less. */
const MAX_OBJECTS = 24;
/** Objects that one GETBULK asks for: about what a datagram of 1472 bytes holds. */
const BULK_OBJECTS = 96;
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
  /** Rows that columns had when they were walked last: more are not asked for at once. */
  readonly #had = new Map<string, number>();
  /** GETBULK is not in SNMPv1, and some agents of later versions fail at it. */
  #bulk: boolean;
  /** Aborted: no further request is sent, and what is under way throws the signal's reason. */
  yields: AbortSignal | undefined;

  constructor(target: SnmpTarget, clock: Clock, open: OpenWire = openSession) {
    this.#target = target;
    this.#clock = clock;
    this.#open = open;
    this.#reader = open(target, target.timeout);
    this.#pace = new Pace(target.timeout);
    this.#bulk = target.login.version !== "1";
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
    const found: (Found | undefined)[] = [];
    for (let at = 0; at < oids.length; at += MAX_OBJECTS) {
      const some = oids.slice(at, at + MAX_OBJECTS);
      const next = await this.#pieces("getNext", some);
      for (const [i, oid] of some.entries()) {
        const one = next[i];
        found.push(one && !one.end && one.oid.startsWith(`${oid}.`) ? one : undefined);
      }
    }
    return found;
  }

  /**
   * Walks columns side by side: a piece of each by GETBULK, then by GETNEXT, all at once, those that seem to be at
   * their end.
   */
  async walk(columns: readonly string[]): Promise<ReadonlyMap<string, Column>> {
    const walk = new SnmpWalk(columns);
    const doubtful = new Set<string>();
    const deadline = this.#clock.monotonic() + WALK_WITHIN;
    for (let open = walk.open; open.length > 0; open = walk.open) {
      if (this.#clock.monotonic() > deadline)
        throw this.#unreadable(`its tables take longer than ${formatDuration(WALK_WITHIN)}`);
      await this.#step(walk, open, doubtful);
      if (walk.tooLong) throw this.#unreadable("a table has more rows than a PDU has outlets");
    }
    for (const [column, rows] of walk.rows) this.#had.set(column, rows.size);
    return walk.rows;
  }

  /** Writes one object, once: an INTEGER unless said otherwise. Resolves when the agent says that it took it. */
  async set({ oid, value, type }: Setting, outlet: string): Promise<void> {
    const { timeout, tries } = this.#target;
    // Sent once, so its answer is given all the time that a read has with its repetitions.
    this.#writer ??= this.#open(this.#target, timeout * tries, true);
    const writer = this.#writer;
    const write = [{ oid, type: SET_TYPES[type ?? "integer"], value }];
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

  /** Many rows of those columns that go on; where there are none, one row of the others. */
  async #step(walk: SnmpWalk, open: readonly string[], doubtful: Set<string>): Promise<void> {
    const going = this.#bulk ? open.filter((column) => !doubtful.has(column)) : [];
    const some = (going.length > 0 ? going : open).slice(0, MAX_OBJECTS);
    if (going.length > 0) {
      for (const column of await this.#stepMany(walk, some)) doubtful.add(column);
      return;
    }
    await this.#stepEach(walk, some);
    for (const column of some) doubtful.delete(column);
  }

  /** Many rows of each column; returns the columns that may be at their end. */
  async #stepMany(walk: SnmpWalk, columns: readonly string[]): Promise<readonly string[]> {
    const before = columns.map((column) => walk.cursor(column));
    let answer: readonly (readonly Found[])[];
    try {
      answer = await this.#getBulk(before, this.#left(walk, columns));
    } catch (error) {
      if (!this.#bulkUnfit(error)) throw readError(error, this.#target);
      this.#bulk = false;
      return columns;
    }
    walk.placeAll(answer.flat());
    return columns.filter((column, i) => {
      const stands = walk.cursor(column) === before[i];
      return stands || answer[i]?.some((one) => !walk.holds(column, one));
    });
  }

  /** One row of each column; what answers with an object outside its column has no more. */
  async #stepEach(walk: SnmpWalk, columns: readonly string[]): Promise<void> {
    const answer = await this.#pieces(
      "getNext",
      columns.map((column) => walk.cursor(column)),
    );
    for (const [i, column] of columns.entries()) {
      const next = answer[i];
      if (next === undefined || !walk.holds(column, next)) walk.end(column);
      else if (!walk.place(next))
        throw this.#unreadable(`its table goes backwards after ${walk.cursor(column)}`);
    }
  }

  /** Rows that are still to come, and one more that shows the end, if the tables are as they were. */
  #left(walk: SnmpWalk, columns: readonly string[]): number {
    const left = columns.map(
      (column) =>
        (this.#had.get(column) ?? Number.POSITIVE_INFINITY) - (walk.rows.get(column)?.size ?? 0),
    );
    return Math.max(...left, 1) + 1;
  }

  async #getBulk(cursors: readonly string[], left: number): Promise<(readonly Found[])[]> {
    const most = Math.max(2, Math.floor(BULK_OBJECTS / cursors.length));
    const repetitions = Math.min(most, left);
    const columns = await this.#tries<(snmp.Varbind | snmp.Varbind[])[]>((done) =>
      this.#reader.getBulk([...cursors], 0, repetitions, done),
    );
    return columns.map((column) => [column].flat().map(found));
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
      this.yields?.throwIfAborted();
      send(done);
    };
    return untilAnswered(copy, { clock: this.#clock, pace: this.#pace, patience });
  }
}
