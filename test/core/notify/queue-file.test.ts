import { expect, test } from "vitest";
import type { Waiting } from "../../../src/core/notify/alert-made.ts";
import { queuePieces, type StoredQueue } from "../../../src/core/notify/queue-file.ts";

const waiting = (n: number): Waiting => ({
  ...{ seq: n, since: n, tries: 0 },
  alert: {
    ...{ key: `k${n}`, thread: `demo/incident/${n}`, first: true, phase: "open", site: "demo" },
    ...{ severity: "warning", at: n, title: `title "${n}" \u2028`, seen: ["a\nb"], commands: [] },
    news: Array.from({ length: 20 }, (_, at) => ({ at, text: "x".repeat(200) })),
  },
});

const queueText = (queue: StoredQueue) => Buffer.concat(queuePieces(queue)).toString("utf8");

const queue = (list: readonly Waiting[]): StoredQueue => ({
  ...{ v: 1, seq: 7 },
  channels: {
    'odd "name"': { waiting: list, threads: { a: 1 }, sent: 3, why: "dead" },
    fine: { waiting: [], threads: {}, digests: { d: ["a"] }, sent: 0 },
  },
});

test("queuePieces(): is the JSON of the queue, also when one of its messages has changed", () => {
  const list = [waiting(1), waiting(2)];
  expect(JSON.parse(queueText(queue(list)))).toEqual(queue(list));
  const [first = waiting(1), second = waiting(2)] = list;
  const changed = queue([{ ...first, tries: 1 }, second]);
  expect(JSON.parse(queueText(changed))).toEqual(changed);
});

test("queuePieces(): a full queue costs no more than its changed message, not all of them again", () => {
  let made = 0;
  const list = Array.from({ length: 500 }, (_, n) => waiting(n)).map((one) => ({
    ...one,
    toJSON: () => {
      made++;
      return one;
    },
  }));
  queueText(queue(list));
  const [first, ...rest] = list;
  if (first) queueText(queue([{ ...first, tries: 1 }, ...rest]));
  expect(made).toBe(501);
});
