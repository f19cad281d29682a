/**
 * A wall clock that is set while everything runs: ten years on or back, a second to and fro, an hour as in spring and
 * autumn. The monotonic clock goes on as it did. What is done by the clock alone is not done; order is kept.
 */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { listSegments } from "../../src/core/log/log-folder.ts";
import { logRetention } from "../../src/core/log/log-retention.ts";
import { DayKeys } from "../../src/core/seal/day-keys.ts";
import { keyFiles, sealFolder } from "../../src/core/seal/seal-files.ts";
import { ManualClock } from "../../src/lib/clock.ts";
import { hours, minutes } from "../../src/lib/durations.ts";
import { allBytes, allRecords, newState } from "./log/log-kit.ts";
import { sealKit } from "./seal/seal-kit.ts";

const DAY = hours(24);
const TEN_YEARS = 3652 * DAY;
/** Steps of the wall clock: of a wrong battery or server, of a bad time source, and of a clock kept in local time. */
const JUMPS = [TEN_YEARS, -TEN_YEARS, 1000, -1000, hours(1), -hours(1)];

describe("a clock that jumps", () => {
  it("loses, doubles and reorders nothing of a sealed log, which tells of it, and stays consistent", async () => {
    const step = fc.oneof(
      fc.record({ is: fc.constant("jump" as const), by: fc.constantFrom(...JUMPS) }),
      fc.record({ is: fc.constant("wait" as const), by: fc.constantFrom(30, 200, 1000, 60_000) }),
      fc.record({ is: fc.constant("bytes" as const), by: fc.integer({ min: 1, max: 300 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        const kit = sealKit({ segmentBytes: 700 });
        let log = kit.open();
        const sent: Buffer[] = [];
        let told = 0;
        let untold = 0;
        for (const [n, { is, by }] of steps.entries()) {
          if (is === "wait") await kit.clock.advance(by);
          else if (is === "bytes") {
            sent.push(Buffer.alloc(by, 33 + (n % 90)));
            log.append(sent.at(-1) ?? Buffer.alloc(0));
          } else {
            kit.clock.stepWall(by);
            log.mark("session", "somebody looks");
            untold += by;
            if (Math.abs(untold) <= 2000) continue;
            told++;
            untold = 0;
          }
        }
        await log.close();
        log = kit.open();
        await log.close();
        expect(allBytes(kit.folder)).toEqual(Buffer.concat(sent));
        const records = allRecords(kit.folder).map(({ record }) => record);
        expect(records.filter(({ kind }) => kind === "mark" || kind === "gap").length).toBe(
          records.filter(({ name }) => name === "session" || name === "clock").length,
        );
        expect(records.filter(({ name }) => name === "clock")).toHaveLength(told);
        const offsets = records.map(({ offset }) => offset);
        expect(offsets).toEqual([...offsets].sort((a, b) => a - b));
        const { result, problems } = await kit.verify();
        expect({ result, problems }).toEqual({ result: "consistent", problems: [] });
      }),
      { numRuns: Number(process.env.OOB_RUNS ?? 15) },
    );
  }, 180_000);

  it("changes the key of the day forwards and backwards, each signed by the one before, and not to and fro at midnight", () => {
    const state = newState();
    const clock = new ManualClock(Date.UTC(2026, 10, 23, 23, 59, 59, 500));
    const keys = new DayKeys(sealFolder(state), clock);
    const numbers: number[] = [];
    for (const by of [
      0,
      TEN_YEARS,
      -TEN_YEARS,
      ...Array.from({ length: 20 }, (_, n) => (n % 2 ? -1000 : 1000)),
    ]) {
      clock.stepWall(by);
      numbers.push(keys.today().number);
    }
    expect(numbers.slice(0, 4)).toEqual([1, 2, 3, 4]);
    expect(new Set(numbers.slice(4))).toEqual(new Set([4]));
    const list = readFileSync(keyFiles(sealFolder(state)).list, "latin1");
    expect(list.trim().split("\n")).toHaveLength(4);
  });

  it("removes no log by age until it was right for a day, and then what is old by it", async () => {
    const kit = sealKit({ segmentBytes: 10 });
    const log = kit.open();
    for (const text of ["first one", "second one", "third one"]) {
      log.append(Buffer.from(text));
      await log.sync(true);
      await kit.clock.advance(minutes(2));
    }
    await log.close();
    // The files' own times are those of this machine: the clock begins behind them.
    kit.clock.stepWall(Math.max(0, Date.now() - kit.clock.now()));
    const notes: string[] = [];
    const audit = { note: ({ type }: { type: string }) => notes.push(type) as never };
    const keep = { keepDays: 90, keepBytes: undefined };
    const [sweep] = logRetention({ state: kit.state, clock: kit.clock, keep, audit });
    const run = () => sweep?.run(new AbortController().signal);
    await run();
    kit.clock.stepWall(TEN_YEARS);
    await run();
    await kit.clock.advance(hours(23));
    await run();
    expect(listSegments(kit.folder)).toHaveLength(3);
    expect(notes).toEqual(["log.keep-waits"]);
    kit.clock.stepWall(-TEN_YEARS);
    await run();
    await kit.clock.advance(hours(25));
    await run();
    expect(listSegments(kit.folder)).toHaveLength(3);
    expect(notes).toEqual(["log.keep-waits", "log.keep-waits"]);
    await kit.clock.advance(91 * DAY);
    await run();
    expect(listSegments(kit.folder)).toHaveLength(1);
  });
});
