/**
 * Walks of tables, in as few requests as is certain.
 *
 * Many rows of many columns come with one GETBULK, and with the first of them the first objects below some other OIDs
 * (serial number and the like). Without GETBULK, one GETNEXT asks behind many rows at once where they are known. The end of a column is asked for by GETNEXT, all such columns at once; at later walks
 * it is believed without where the column has as many rows as that walk found, something else comes behind them, and no
 * object of the answer is out of its place.
 */
import type { Cell } from "./cell.ts";
import { type Column, SnmpWalk } from "./snmp-walk.ts";
import type { Found } from "./snmp-wire.ts";

/** Objects in one request; small agents answer tooBig to more, and are then asked for less. */
export const MAX_OBJECTS = 24;
/** Objects that one GETBULK asks for: more than a datagram of 1472 bytes holds, and agents send what fits. */
const BULK_OBJECTS = 96;

/** What walks need of their session. */
export interface WalkRequests {
  /** The objects behind these. */
  next(oids: readonly string[]): Promise<readonly Found[]>;
  /** `alone` once, `cursors` again and again: what came for each; undefined where the agent is not fit for it. */
  bulk(
    alone: readonly string[],
    cursors: readonly string[],
    repetitions: number,
  ): Promise<readonly (readonly Found[])[] | undefined>;
  /** What is to be thrown where an agent's tables cannot be read. */
  unreadable(why: string): Error;
}

/** What a walk brought. */
export interface Walked {
  readonly rows: ReadonlyMap<string, Column>;
  /** All rows by their full OID. */
  readonly cells: ReadonlyMap<string, Cell>;
  /** The first object below each of the OIDs that went along; undefined where there is none. */
  readonly first: readonly (Found | undefined)[];
}

/** The walks of one session. */
export class TableWalks {
  readonly #requests: WalkRequests;
  /** Rows that columns had when they were walked last: more are not asked for at once. */
  readonly #had = new Map<string, number>();
  /** The rows themselves, where there is no GETBULK. */
  readonly #order = new Map<string, readonly string[]>();
  /** Rows of a column that were guessed right one after another. */
  readonly #luck = new Map<string, number>();
  /** Objects that an answer of this agent holds. */
  #room = BULK_OBJECTS;
  /** GETBULK is not in SNMPv1, and some agents of later versions fail at it. */
  #bulk: boolean;
  /** Some objects may come once beside those that a GETBULK repeats: not every agent tells them apart. */
  #once = true;
  /** OIDs below which the agent had nothing when they were asked for by themselves. */
  readonly #nothingBelow = new Set<string>();

  constructor(requests: WalkRequests, bulk: boolean) {
    this.#requests = requests;
    this.#bulk = bulk;
  }

  /** Walks columns side by side. `inTime` throws where that has taken too long. */
  async walk(
    columns: readonly string[],
    along: readonly string[],
    inTime: () => void,
  ): Promise<Walked> {
    const walk = new SnmpWalk(columns);
    const doubtful = new Set<string>();
    let came: readonly Found[] | undefined;
    for (let open = walk.open; open.length > 0; open = walk.open) {
      inTime();
      const now = came === undefined && along.length < MAX_OBJECTS ? along : [];
      came = (await this.#more(walk, open, now, doubtful)) ?? came;
      if (walk.tooLong)
        throw this.#requests.unreadable("a table has more rows than a PDU has outlets");
    }
    this.#remember(walk);
    const { rows, cells } = walk;
    return { rows, cells, first: await this.#firstBelow(along, came) };
  }

  /** The next rows, and what went along if that is certain. */
  async #more(
    walk: SnmpWalk,
    open: readonly string[],
    along: readonly string[],
    doubtful: Set<string>,
  ): Promise<readonly Found[] | undefined> {
    const going = this.#bulk ? open.filter((column) => !doubtful.has(column)) : [];
    if (going.length === 0) return this.#some(walk, open, along, doubtful);
    const brought = await this.#many(walk, going, this.#once ? along : [], doubtful);
    return this.#once ? brought : undefined;
  }

  /** The first object behind each OID that lies below it: as it came along, else asked for. */
  async #firstBelow(oids: readonly string[], came: readonly Found[] | undefined) {
    if (came !== undefined) {
      const below = oids.map((oid, i) => firstBelow(oid, came[i]));
      const known = oids.every((oid, i) => below[i] !== undefined || this.#nothingBelow.has(oid));
      if (known) return below;
    }
    const next = await this.#requests.next(oids);
    const below = oids.map((oid, i) => firstBelow(oid, next[i]));
    for (const [i, oid] of oids.entries())
      if (below[i] === undefined) this.#nothingBelow.add(oid);
      else this.#nothingBelow.delete(oid);
    return below;
  }

  /** Many rows of several columns; returns what went along, undefined where nothing did or it is not certain. */
  async #many(
    walk: SnmpWalk,
    going: readonly string[],
    along: readonly string[],
    doubtful: Set<string>,
  ): Promise<readonly Found[] | undefined> {
    const { short, long, repetitions } = this.#plan(walk, going, along.length);
    const columns = [...short, ...long];
    const before = columns.map((column) => walk.cursor(column));
    const once = [...along, ...before.slice(0, short.length)];
    const answer = await this.#requests.bulk(once, before.slice(short.length), repetitions);
    if (answer === undefined) return this.#unfit(once);
    this.#learnRoom(answer, once.length + long.length * repetitions);
    const came = answer.slice(0, along.length).flat();
    const runs = walk.runs(columns, answer.slice(along.length));
    const inOrder = walk.inOrder(runs, came);
    if (inOrder) walk.placeRuns(runs);
    else {
      walk.placeAll(answer.flat());
      this.#once = false;
    }
    for (const [i, { column, behind }] of runs.entries()) {
      const over = behind.length > 0;
      const asBefore = walk.rows.get(column)?.size === this.#had.get(column);
      if (inOrder && over && asBefore) walk.end(column);
      else if (over || walk.cursor(column) === before[i]) doubtful.add(column);
    }
    return inOrder && along.length > 0 ? came : undefined;
  }

  /** Objects that the agent's answers hold: as many as one that it has cut. */
  #learnRoom(answer: readonly (readonly Found[])[], asked: number): void {
    const count = answer.reduce((sum, { length }) => sum + length, 0);
    this.#room = Math.min(count < asked ? count : Math.max(this.#room, count), BULK_OBJECTS);
  }

  /** What the agent cannot do is not asked again: at first it may be what was to come once. */
  #unfit(once: readonly string[]): undefined {
    if (once.length > 0) this.#once = false;
    else this.#bulk = false;
    return undefined;
  }

  /** What to ask for: all rows that are left where they fit, else many of the long columns and one of each short one. */
  #plan(walk: SnmpWalk, going: readonly string[], along: number) {
    const some = going.slice(0, MAX_OBJECTS - along);
    const left = new Map(some.map((column) => [column, this.#left(walk, column)]));
    const most = Math.max(...left.values());
    const fit = most * some.length + along <= this.#room;
    const long = fit ? some : some.filter((column) => (left.get(column) ?? 0) >= most / 2);
    const short = this.#once ? some.filter((column) => !long.includes(column)) : [];
    const repetitions = Math.min(most, Math.max(2, Math.floor(BULK_OBJECTS / long.length)));
    return { short, long, repetitions };
  }

  /** Rows that are still to come, and one more that shows the end, if the table is as it was. */
  #left(walk: SnmpWalk, column: string): number {
    const seen = walk.rows.get(column)?.size ?? 0;
    return Math.max((this.#had.get(column) ?? Number.POSITIVE_INFINITY) - seen, 0) + 1;
  }

  /**
   * The next row of each column, and at once the rows behind those that are to be expected: that the table had when it
   * was walked before, or that count on. A row that answers is the cursor of the next question, else what was asked
   * behind it says nothing. Returns what went along.
   */
  async #some(
    walk: SnmpWalk,
    open: readonly string[],
    along: readonly string[],
    doubtful: Set<string>,
  ): Promise<readonly Found[] | undefined> {
    const asked = this.#cursors(walk, open, MAX_OBJECTS - along.length);
    const answer = await this.#requests.next([...along, ...asked.map(({ cursor }) => cursor)]);
    for (const [i, { column, cursor }] of asked.entries()) {
      const next = answer[along.length + i];
      const asExpected = walk.cursor(column) === cursor;
      this.#luck.set(
        column,
        asExpected ? Math.min((this.#luck.get(column) ?? 1) + 1, MAX_OBJECTS) : 1,
      );
      if (!asExpected) continue;
      if (next === undefined || !walk.holds(column, next)) walk.end(column);
      else if (!walk.place(next))
        throw this.#requests.unreadable(`its table goes backwards after ${cursor}`);
      doubtful.delete(column);
    }
    return along.length > 0 ? answer.slice(0, along.length) : undefined;
  }

  /** Where to ask on: at the cursor of each column that fits, then column by column behind rows that are to be expected. */
  #cursors(walk: SnmpWalk, open: readonly string[], room: number) {
    const some = open.slice(0, room);
    const cursors = some.map((column) => ({ column, cursor: walk.cursor(column) }));
    const share = Math.floor(room / some.length) - 1;
    for (const { column, cursor } of [...cursors]) {
      const known = this.#order.get(column);
      const expected = known ? behind(known, column, cursor) : this.#guessed(column, cursor, share);
      for (const next of expected.slice(0, room - cursors.length))
        cursors.push({ column, cursor: next });
    }
    return cursors;
  }

  /** In a table that was never walked, rows that count on; as many as proved right of late, and twice as many again. */
  #guessed(column: string, cursor: string, share: number): string[] {
    if (cursor === column) return [];
    const dot = cursor.lastIndexOf(".") + 1;
    const last = Number(cursor.slice(dot));
    const count = Math.min(share, this.#luck.get(column) ?? 1);
    return Array.from(
      { length: Math.max(count, 0) },
      (_, i) => `${cursor.slice(0, dot)}${last + 1 + i}`,
    );
  }

  #remember(walk: SnmpWalk): void {
    for (const [column, rows] of walk.rows) {
      this.#had.set(column, rows.size);
      if (this.#bulk) continue;
      this.#order.set(
        column,
        [...rows.keys()].map((row) => `${column}.${row}`),
      );
    }
  }
}

/** The rows behind a cursor, of those that are known; none where it is no such row. */
function behind(known: readonly string[], column: string, cursor: string): readonly string[] {
  const from = known.indexOf(cursor) + 1;
  return from === 0 && cursor !== column ? [] : known.slice(from);
}

/** The object, where it lies below the OID. */
export function firstBelow(oid: string, one: Found | undefined): Found | undefined {
  return one && !one.end && one.oid.startsWith(`${oid}.`) ? one : undefined;
}
