/** Stands in for the library: answers from a tree, with what a network and bad agents do to answers. */

import type { OpenWire, WireSession } from "../../../src/core/snmp/snmp-wire.ts";
import type { Clock, Millis } from "../../../src/lib/clock.ts";
import { NO_MORE, type Value, type Varbind } from "./answer.ts";
import type { Tree } from "./tree.ts";

/** What one request meets. */
export const WIRE_FAULTS = [
  "timeout",
  "tooBig",
  "noSuchName",
  "genErr",
  "nonsense",
  "shifted",
  "reversed",
  "looping",
  "ended",
  "short",
  "mixed",
  "doubled",
] as const;
export type WireFault = (typeof WIRE_FAULTS)[number];

/** The wire and what went over it. */
export class Wire {
  readonly #tree: Tree;
  #time: Millis = 0;
  /** Time passes with requests only. */
  readonly clock: Clock = {
    now: () => this.#time,
    monotonic: () => this.#time,
    after: () => ({ cancel: () => undefined }),
    sleep: () => Promise.resolve(),
  };
  /** By the number of the request. */
  readonly faults = new Map<number, WireFault>();
  requests = 0;
  /** Answers since it was made, errors among them. */
  answers = 0;
  /** Everything that was ever said since `forget`, by OID. */
  said = new Map<string, Value[]>();
  readonly sets: Varbind[] = [];

  constructor(tree: Tree) {
    this.#tree = tree;
  }

  forget(): void {
    this.said = new Map();
    this.requests = 0;
  }

  readonly open: OpenWire = () =>
    ({
      get: (oids: readonly string[], done: Done) =>
        this.#answer(oids, done, () => oids.map((oid) => ({ oid, ...this.#tree.get(oid) }))),
      getNext: (oids: readonly string[], done: Done) =>
        this.#answer(oids, done, () => oids.map((oid) => this.#next(oid))),
      getBulk: (oids: readonly string[], _: number, repetitions: number, done: Done) =>
        this.#bulk(oids, repetitions, done),
      set: (objects: readonly Varbind[], done: Done) => this.#set(objects, done),
      close: () => undefined,
    }) as unknown as WireSession;

  #next(oid: string): Varbind {
    const next = this.#tree.next(oid);
    return { oid: next.oid, ...next.value };
  }

  #bulk(oids: readonly string[], repetitions: number, done: Done): void {
    const nested: Done = (error, answer) =>
      done(error, error ? undefined : oids.map((_, n) => inColumn(answer ?? [], n, oids.length)));
    this.#answer(
      oids,
      nested,
      () => {
        const all: Varbind[] = [];
        let row = oids;
        for (let n = 0; n < repetitions; n++) {
          const next = row.map((oid) => this.#next(oid));
          all.push(...next);
          if (next.every(({ type }) => type === NO_MORE.type)) break;
          row = next.map(({ oid }) => oid);
        }
        return all;
      },
      true,
    );
  }

  #set(objects: readonly Varbind[], done: Done): void {
    this.sets.push(...objects);
    this.#answer([], done, () => [...objects]);
  }

  #answer(asked: readonly string[], done: Done, make: () => Varbind[], bulk = false): void {
    this.answers++;
    const fault = this.faults.get(this.requests++);
    this.#time += fault === "timeout" ? 2000 : 5;
    const failed = fault && errorOf(fault);
    if (failed) {
      done(failed);
      return;
    }
    const answer = fault ? spoilt(make(), fault, asked, bulk) : make();
    for (const { oid, type, value } of answer) {
      const before = this.said.get(oid);
      if (before) before.push({ type, value });
      else this.said.set(oid, [{ type, value }]);
    }
    done(null, answer);
  }
}

type Done = (error: Error | null, answer?: unknown[]) => void;

const inColumn = (all: readonly unknown[], n: number, columns: number): unknown[] =>
  all.filter((_, i) => i % columns === n);

function errorOf(fault: WireFault): Error | undefined {
  const made = (name: string, status?: number) =>
    Object.assign(new Error(name), { name, ...(status !== undefined && { status }) });
  if (fault === "timeout") return made("RequestTimedOutError");
  if (fault === "tooBig") return made("RequestFailedError", 1);
  if (fault === "noSuchName") return made("RequestFailedError", 2);
  if (fault === "genErr") return made("RequestFailedError", 5);
  return fault === "nonsense" ? made("ResponseInvalidError") : undefined;
}

/** The library lets through what is as long as what was asked for; what it is about, it does not look at. */
function spoilt(
  answer: Varbind[],
  fault: WireFault,
  asked: readonly string[],
  bulk: boolean,
): Varbind[] {
  const at = (n: number) => answer[n % answer.length]?.oid ?? "1.3";
  switch (fault) {
    case "shifted":
      return answer.map((one, n) => ({ ...one, oid: at(n + 1) }));
    case "reversed":
      return answer.reverse();
    case "looping":
      return answer.map((one, n) => ({ ...one, oid: asked[n % asked.length] ?? one.oid }));
    case "ended":
      return answer.map(({ oid }, n) => ({ oid: asked[n % asked.length] ?? oid, ...NO_MORE }));
    case "short":
      return bulk ? answer.slice(0, answer.length >> 1) : answer;
    case "mixed":
      return answer.map(
        (_, n) => answer[(n * 7 + 3) % answer.length] ?? { oid: "1.3", ...NO_MORE },
      );
    case "doubled":
      return bulk ? answer.flatMap((one) => [one, one]) : answer;
    case "timeout":
    case "tooBig":
    case "noSuchName":
    case "genErr":
    case "nonsense":
      return answer;
  }
}
