import { expect, test } from "vitest";
import { inTurn } from "../../../src/core/snmp/reading-turns.ts";
import { ManualClock } from "../../../src/lib/clock.ts";

/** Lets everything happen that waits for nothing but promises. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** Forty readings that end when they are told to. */
function readings(clock: ManualClock) {
  const begun: number[] = [];
  const ends: ((error?: Error) => void)[] = [];
  const all = Array.from({ length: 40 }, (_, n) =>
    inTurn(clock, () => {
      begun.push(n);
      return new Promise<number>((resolve, reject) => {
        ends[n] = (error) => (error ? reject(error) : resolve(n));
      });
    }),
  );
  return { all, begun, ends };
}

test("inTurn() begins sixteen readings, and another where one ends or fails", async () => {
  const { all, begun, ends } = readings(new ManualClock(0));
  await settled();
  expect(begun).toHaveLength(16);
  ends[3]?.();
  ends[5]?.(new Error("silent"));
  await expect(all[5]).rejects.toThrow("silent");
  expect(await all[3]).toBe(3);
  await settled();
  expect(begun).toHaveLength(18);
  for (let n = 0; n < 40; n++) {
    await settled();
    ends[n]?.();
  }
  expect(
    (await Promise.allSettled(all)).filter(({ status }) => status === "fulfilled"),
  ).toHaveLength(39);
});

test("inTurn() lets nobody wait for readings that are slow, and gives each place back once", async () => {
  const clock = new ManualClock(0);
  const slow = readings(clock);
  for (let n = 1; n <= 2; n++) {
    await settled();
    expect(slow.begun).toHaveLength(16 * n);
    await clock.advance(25);
  }
  await settled();
  expect(slow.begun).toHaveLength(40);
  for (const end of slow.ends) end();
  await Promise.all(slow.all);
  const next = readings(clock);
  await settled();
  expect(next.begun).toHaveLength(16);
  for (let n = 0; n < 40; n++) {
    await settled();
    next.ends[n]?.();
  }
  await Promise.all(next.all);
});
