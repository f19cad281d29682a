import { describe, expect, test } from "vitest";
import { ReadPace } from "../../../src/core/port/read-pace.ts";
import { ManualClock, type Millis, type Timer } from "../../../src/lib/clock.ts";

/** Counts how often it wakes whoever waits. */
class CountingClock extends ManualClock {
  wakes = 0;

  override after(delay: Millis, run: () => void): Timer {
    return super.after(delay, () => {
      this.wakes++;
      run();
    });
  }
}

/** The first round, in which all come at once, is not looked at. */
const SETTLED: Millis = 200;

/** Consoles that always have something to read, and the moments at which each of them was read. */
function busy(count: number, within?: Millis) {
  const clock = new CountingClock();
  const pace = new ReadPace(clock);
  const reads = Array.from({ length: count }, (_, n) => {
    const place = pace.place();
    const at: Millis[] = [];
    const read = () => {
      at.push(clock.monotonic());
      pace.turn(place, read, n === 0 ? within : undefined);
    };
    pace.turn(place, read, n === 0 ? within : undefined);
    return at;
  });
  return { clock, reads };
}

function gaps(at: readonly Millis[]): Millis[] {
  const settled = at.filter((moment) => moment >= SETTLED);
  return settled.slice(1).map((moment, n) => Math.round(moment - (settled[n] ?? 0)));
}

describe("ReadPace", () => {
  test.each([1, 7, 60, 100, 101, 240, 400])("reads each of %i consoles every 100 ms", async (n) => {
    const { clock, reads } = busy(n);
    await clock.advance(1000);
    for (const at of reads) {
      expect(gaps(at).length).toBeGreaterThanOrEqual(7);
      expect([...new Set(gaps(at))]).toEqual([100]);
    }
  });

  test("makes rounds longer with 1,000 consoles: 4,000 reads a second", async () => {
    const { clock, reads } = busy(1000);
    await clock.advance(3000);
    const all = reads.flat().filter((at) => at > 1000).length;
    expect(all / 2).toBeGreaterThan(3800);
    expect(all / 2).toBeLessThan(4200);
  });

  test.each([
    [100, 105],
    [20, 25],
    [10, 12],
  ])("wakes the loop for ten reads, not for two, while %i consoles print", async (n, most) => {
    const { clock } = busy(n);
    await clock.advance(1000);
    expect(clock.wakes).toBeLessThanOrEqual(most);
  });

  test("keeps the loop for few reads at a time, whatever the number of consoles", async () => {
    for (const n of [10, 20, 60, 240, 400]) {
      const { clock, reads } = busy(n);
      await clock.advance(1000);
      const together = new Map<Millis, number>();
      for (const at of reads.flat().filter((moment) => moment >= SETTLED))
        together.set(at, (together.get(at) ?? 0) + 1);
      expect(Math.max(...together.values())).toBeLessThanOrEqual(10);
    }
  });

  test.each([20, 13, 5])(
    "lets a medium that can wait %i ms wait no longer, beside others",
    async (ms) => {
      const { clock, reads } = busy(60, ms);
      await clock.advance(1000);
      const [short = [], ...others] = reads;
      expect(Math.max(...gaps(short))).toBeLessThanOrEqual(ms);
      for (const at of others) expect(Math.max(...gaps(at))).toBeLessThanOrEqual(100);
    },
  );

  test("sets no timer while nothing is read", async () => {
    const clock = new CountingClock();
    const pace = new ReadPace(clock);
    pace.turn(pace.place(), () => {});
    await clock.advance(1000);
    const { wakes } = clock;
    await clock.advance(10_000);
    expect(clock.wakes).toBe(wakes);
  });
});
