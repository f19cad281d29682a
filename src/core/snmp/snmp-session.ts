import snmp from "net-snmp";
import type { Clock, Millis } from "../../lib/clock.ts";
import { OobError } from "../../lib/errors.ts";
import type { SnmpTarget } from "../../sdk/snmp-profile.ts";
import type { Cell } from "./cell.ts";
import {
  addressOf,
  GENERAL_ERROR,
  NO_SUCH_NAME,
  readError,
  statusOf,
  TOO_BIG,
  timedOut,
  writeError,
} from "./snmp-errors.ts";
import { type Callback, type Found, follows, found, once, openSession } from "./snmp-wire.ts";

/** Objects in one request; small agents answer tooBig to more, and are then asked for less. */
const MAX_OBJECTS = 24;
/** Rows of a column that are read at most: the largest bank of chained PDUs has some hundred outlets. */
const MAX_ROWS = 2048;
/** Longest time that a walk may take. */
const WALK_WITHIN: Millis = 30_000;

/** Rows of one column: instance and value, in the agent's order. */
export type Column = ReadonlyMap<string, Cell>;

/**
 * A session with one agent. The library never sends anything twice (its `retries` is 0): reads are repeated here,
 * and a SET is sent exactly once, because an agent that answered late would carry it out twice.
 */
export class SnmpSession {
  readonly #target: SnmpTarget;
  readonly #clock: Clock;
  readonly #reader: snmp.Session;
  #writer: snmp.Session | undefined;
  /** GETBULK is not in SNMPv1, and some agents of later versions fail at it. */
  #bulk: boolean;

  constructor(target: SnmpTarget, clock: Clock) {
    this.#target = target;
    this.#clock = clock;
    this.#reader = openSession(target, target.timeout);
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

  /** Walks columns side by side, one request for a piece of each. */
  async walk(columns: readonly string[]): Promise<Map<string, Column>> {
    const rows = new Map<string, Map<string, Cell>>(columns.map((oid) => [oid, new Map()]));
    const cursors = new Map(columns.map((oid) => [oid, oid]));
    const deadline = this.#clock.monotonic() + WALK_WITHIN;
    while (cursors.size > 0) {
      if (this.#clock.monotonic() > deadline)
        throw new OobError(
          "PDU_SILENT",
          `Cannot read ${addressOf(this.#target)}: its tables take longer than ${WALK_WITHIN / 1000}s`,
        );
      const open = [...cursors].slice(0, MAX_OBJECTS);
      const pieces = await this.#after(open.map(([, cursor]) => cursor));
      for (const [i, [column, cursor]] of open.entries()) {
        const last = this.#take(column, cursor, pieces[i] ?? [], rows.get(column) ?? new Map());
        if (last === undefined) cursors.delete(column);
        else cursors.set(column, last);
      }
    }
    return rows;
  }

  /** Writes one INTEGER, once. Resolves when the agent says that it took it. */
  async set(oid: string, value: number, outlet: string): Promise<void> {
    const { timeout, tries } = this.#target;
    // Sent once, so its answer is given all the time that a read has with its repetitions.
    this.#writer ??= openSession(this.#target, timeout * tries, true);
    const writer = this.#writer;
    const write = [{ oid, type: snmp.ObjectType.Integer, value }];
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

  /** Puts the rows of a piece where they belong; the new cursor, or undefined at the column's end. */
  #take(
    column: string,
    cursor: string,
    piece: readonly Found[],
    rows: Map<string, Cell>,
  ): string | undefined {
    let last = cursor;
    for (const { oid, cell, end } of piece) {
      if (end || !oid.startsWith(`${column}.`)) return undefined;
      if (!follows(oid, last))
        throw new OobError(
          "PDU_REFUSED",
          `Cannot read ${addressOf(this.#target)}: its table goes backwards after ${last}`,
        );
      last = oid;
      rows.set(oid.slice(column.length + 1), cell);
      if (rows.size > MAX_ROWS)
        throw new OobError(
          "PDU_REFUSED",
          `Cannot read ${addressOf(this.#target)}: a table has more than ${MAX_ROWS} rows`,
        );
    }
    return last === cursor ? undefined : last;
  }

  /** The rows after each cursor: many by GETBULK, one each by GETNEXT. */
  async #after(cursors: readonly string[]): Promise<(readonly Found[])[]> {
    if (this.#bulk) {
      try {
        return await this.#getBulk(cursors);
      } catch (error) {
        if (!this.#bulkUnfit(error)) throw readError(error, this.#target);
        this.#bulk = false;
      }
    }
    return (await this.#pieces("getNext", cursors)).map((one) => [one]);
  }

  async #getBulk(cursors: readonly string[]): Promise<(readonly Found[])[]> {
    const repetitions = Math.max(2, Math.floor(96 / cursors.length));
    const answer = await this.#tries((done) =>
      this.#reader.getBulk([...cursors], 0, repetitions, (error, columns) => {
        done(error, columns as unknown as snmp.Varbind[]);
      }),
    );
    const columns = answer as unknown as snmp.Varbind[][];
    if (columns.length < cursors.length) return this.#short(columns, cursors);
    return columns.map((column) => column.map(found));
  }

  /** An answer cut inside its first row: the columns that it lacks are asked for one by one. */
  async #short(
    columns: snmp.Varbind[][],
    cursors: readonly string[],
  ): Promise<(readonly Found[])[]> {
    const rest = await this.#pieces("getNext", cursors.slice(columns.length));
    return [...columns.map((column) => column.map(found)), ...rest.map((one) => [one])];
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
      const varbinds = await this.#tries((done) => this.#reader[verb]([...oids], done));
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

  async #tries(send: (done: Callback) => void): Promise<snmp.Varbind[]> {
    for (let left = this.#target.tries; ; left--) {
      try {
        return await once(send);
      } catch (error) {
        if (left <= 1 || !timedOut(error)) throw error;
      }
    }
  }
}
