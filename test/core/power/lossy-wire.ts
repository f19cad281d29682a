import { compareOids } from "../../../mocks/oid-order.ts";
import type { MockTree } from "../../../mocks/snmp-agent.ts";
import type { OpenWire, WireSession } from "../../../src/core/snmp/snmp-wire.ts";
import type { Clock, Millis } from "../../../src/lib/clock.ts";

interface Varbind {
  readonly oid: string;
  readonly type: number;
  readonly value: unknown;
}
type Done = (error: Error | null, answer?: unknown[]) => void;

const NONE = { type: 0x81, value: null };
const END = { type: 0x82, value: null };
const DELAYS: readonly Millis[] = [1, 3, 20, 400];

/** What the network does to datagrams: each is lost with `loss`, and to the ways of a device that is `late`. */
export interface Weather {
  readonly loss: number;
  readonly roll: (below: number) => number;
}

/**
 * The library's place taken by a network that loses: requests and answers alike, each by itself, so that a SET may have
 * happened where nothing came back. Time is the clock's.
 */
export function lossyWire(tree: MockTree, clock: Clock, { loss, roll }: Weather): OpenWire {
  const lost = () => roll(10_000) < loss * 10_000;
  return (_, timeout) => {
    const request = (
      done: Done,
      make: () => Varbind[] | number,
      shape = (all: Varbind[]): unknown[] => all,
    ) => {
      const delay = DELAYS[roll(DELAYS.length)] ?? 1;
      const arrives = !lost();
      clock.after(delay, () => {
        const answer = arrives ? make() : undefined;
        if (answer === undefined || lost() || delay * 2 > timeout) return;
        over.cancel();
        if (typeof answer !== "number") done(null, shape(answer));
        else
          done(Object.assign(new Error("refused"), { name: "RequestFailedError", status: answer }));
      });
      const over = clock.after(timeout, () =>
        done(Object.assign(new Error("timed out"), { name: "RequestTimedOutError" })),
      );
    };
    return {
      get: (oids: readonly string[], done: Done) =>
        request(done, () => oids.map((oid) => get(tree, oid))),
      getNext: (oids: readonly string[], done: Done) =>
        request(done, () => oids.map((oid) => next(tree, oid))),
      getBulk: (oids: readonly string[], _none: number, repetitions: number, done: Done) =>
        request(
          done,
          () => bulk(tree, oids, repetitions),
          (all) => oids.map((_oid, n) => all.filter((_one, i) => i % oids.length === n)),
        ),
      set: (objects: readonly Varbind[], done: Done) =>
        request(done, () => {
          const [one] = objects;
          const status = one ? tree.write(one.oid, one.value) : 5;
          return status === 0 ? [...objects] : status;
        }),
      close: () => undefined,
    } as unknown as WireSession;
  };
}

const TYPES = new Map<string, number>([
  ["integer", 2],
  ["string", 4],
  ["oid", 6],
  ["gauge", 0x42],
]);

function objects(tree: MockTree): Varbind[] {
  return tree.objects().map(([oid, { type, value }]) => ({
    oid,
    type: TYPES.get(type) ?? 5,
    value: type === "string" ? Buffer.from(String(value)) : value,
  }));
}

const get = (tree: MockTree, oid: string): Varbind =>
  objects(tree).find((one) => one.oid === oid) ?? { oid, ...NONE };

const next = (tree: MockTree, oid: string): Varbind =>
  objects(tree).find((one) => compareOids(one.oid, oid) > 0) ?? { oid, ...END };

function bulk(tree: MockTree, oids: readonly string[], repetitions: number): Varbind[] {
  const all = objects(tree);
  const behind = (oid: string) =>
    all.find((one) => compareOids(one.oid, oid) > 0) ?? { oid, ...END };
  const rows: Varbind[] = [];
  let row = oids.map(behind);
  for (let n = 0; n < repetitions; n++) {
    rows.push(...row);
    row = row.map(({ oid }) => behind(oid));
  }
  return rows;
}
