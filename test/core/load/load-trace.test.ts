import { expect, test } from "vitest";
import { LoadTrace } from "../../../src/core/load/load-trace.ts";
import { minutes } from "../../../src/lib/durations.ts";

const MINUTE = minutes(1);

/** Feeds a reading a minute; returns what each told. */
function feed(trace: LoadTrace, from: number, watts: readonly number[]): (string | undefined)[] {
  return watts.map((value, i) => {
    trace.see({ state: "on", watts: value }, (from + i) * MINUTE);
    return trace.sign;
  });
}

/** A host with something to do: 90 W when idle, up to 130 W every few minutes. */
const busy = (count: number) => Array.from({ length: count }, (_, i) => (i % 4 === 0 ? 130 : 90));
const flat = (count: number, at: number) =>
  Array.from({ length: count }, (_, i) => at + (i % 2) * 0.5);

test("LoadTrace says that an outlet draws 0 W at the second such reading, and only where it reads on", () => {
  const trace = new LoadTrace();
  expect(feed(trace, 0, [90, 0, 0, 0, 90])).toEqual([
    undefined,
    undefined,
    "draws 0 W",
    "draws 0 W",
    undefined,
  ]);
  trace.see({ state: "on", watts: 0 }, 10 * MINUTE);
  trace.see({ state: "off", watts: 0 }, 11 * MINUTE);
  expect(trace.sign).toBeUndefined();
  trace.see({ state: "on", watts: 0 }, 12 * MINUTE);
  expect(trace.sign).toBeUndefined();
});

test("LoadTrace takes what is not measured for nothing at all, never for 0", () => {
  const trace = new LoadTrace();
  for (let i = 0; i < 5; i++) trace.see({ state: "on" }, i * MINUTE);
  expect(trace.sign).toBeUndefined();
  for (let i = 5; i < 8; i++) trace.see({ state: "unknown", watts: 0 }, i * MINUTE);
  expect(trace.sign).toBeUndefined();
});

test("LoadTrace goes by amperes where there are no watts", () => {
  const trace = new LoadTrace();
  for (let i = 0; i < 3; i++) trace.see({ state: "on", amps: 0.01 }, i * MINUTE);
  expect(trace.sign).toBe("draws 0 A");
});

test("LoadTrace sees the plateau of a host that hangs, after a quarter of an hour", () => {
  const trace = new LoadTrace();
  expect(feed(trace, 0, busy(240)).every((sign) => sign === undefined)).toBe(true);
  const signs = feed(trace, 240, flat(30, 89));
  expect(signs.findIndex((sign) => sign !== undefined)).toBeGreaterThanOrEqual(11);
  expect(signs.at(-1)).toMatch(/^idle plateau: 89 W for \d+m, where 40 W up and down is usual$/);
  expect(feed(trace, 270, [130])).toEqual([undefined]);
});

test("LoadTrace does not call a plateau what is usual for the host, or is not at its low end", () => {
  const idle = new LoadTrace();
  expect(feed(idle, 0, flat(400, 60)).every((sign) => sign === undefined)).toBe(true);
  const spins = new LoadTrace();
  feed(spins, 0, busy(240));
  expect(feed(spins, 240, flat(30, 130)).every((sign) => sign === undefined)).toBe(true);
  const young = new LoadTrace();
  feed(young, 0, busy(60));
  expect(feed(young, 60, flat(30, 89)).every((sign) => sign === undefined)).toBe(true);
});

test("LoadTrace forgets what was begun where readings are missing", () => {
  const trace = new LoadTrace();
  feed(trace, 0, busy(240));
  feed(trace, 240, flat(20, 89));
  expect(trace.sign).toBeDefined();
  trace.gap();
  expect(trace.sign).toBeUndefined();
  expect(feed(trace, 400, flat(5, 89)).at(-1)).toBeUndefined();
});
