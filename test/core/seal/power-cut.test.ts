/** A power cut at any moment, also around the end of a segment: nothing torn, and no log that calls itself broken. */
import { cpSync, existsSync, readdirSync, utimesSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { minutes } from "../../../src/lib/durations.ts";
import { dice } from "../../fuzz/fuzz.ts";
import { allRecords, NOON, newState } from "../log/log-kit.ts";
import { CutDisk, rawFiles } from "../log/power-cut.ts";
import { sealKit } from "./seal-kit.ts";

const CUTS = Number(process.env.OOB_CUTS ?? 60);

/** What happens to a log: bytes come, time passes, a sync hangs or ends. */
type Step =
  | { readonly is: "bytes"; readonly count: number }
  | { readonly is: "mark" | "stall" | "go" }
  | { readonly is: "wait"; readonly ms: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      is: fc.constant("bytes" as const),
      count: fc.integer({ min: 1, max: 900 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      is: fc.constant("wait" as const),
      ms: fc.constantFrom(50, 120, 400, 1000),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ is: fc.constantFrom("stall" as const, "go" as const, "mark" as const) }),
  },
);

/** The n-th byte of the stream: no zero, and no other place looks like it for long. */
const stream = Buffer.from(
  Array.from({ length: 20_000 }, (_, n) => `${n.toString(36)};`).join(""),
  "latin1",
);

/** Goes through the steps, cuts the power, and starts on what is left. */
async function cutAndStart(steps: readonly Step[], seed: number) {
  const roll = dice(seed);
  const disk = new CutDisk();
  const kit = sealKit({ disk, segmentBytes: 1500 });
  const log = kit.open();
  let at = 0;
  for (const one of steps) {
    if (one.is === "wait") await kit.clock.advance(one.ms);
    else if (one.is === "mark") log.mark("power", "off");
    else if (one.is === "stall") disk.stall();
    else if (one.is === "go") disk.goOn();
    else if (one.is === "bytes") {
      log.append(stream.subarray(at, at + one.count));
      at += one.count;
    }
  }
  const state = newState();
  const written = rawFiles(kit.folder);
  const keys = join(kit.state, "seal");
  if (existsSync(keys)) cpSync(keys, join(state, "seal"), { recursive: true });
  const folder = join(state, "console", "web1");
  disk.cut(kit.folder, folder, roll, NOON / 1000);
  disk.goOn();
  await log.close();
  const next = new CutDisk();
  next.upFor = () => minutes(1);
  const again = sealKit({ disk: next, state, segmentBytes: 1500 });
  await again.clock.advance(minutes(60));
  return { again, written };
}

describe("a power cut", () => {
  it(
    "at any moment leaves a log that is consistent, its segments beginnings of what they were, its holes counted",
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(step, { minLength: 5, maxLength: 60 }),
          fc.nat(),
          async (steps, seed) => {
            const { again, written } = await cutAndStart(steps, seed);
            const log = again.open();
            const goesOnAt = log.offset;
            const left = rawFiles(again.folder);
            for (const [stem, bytes] of left)
              expect(written.get(stem)?.subarray(0, bytes.length) ?? bytes).toEqual(bytes);
            log.append(Buffer.from("after the cut"));
            await log.sync(true);
            await log.close();
            let offset: number | undefined;
            for (const { record } of allRecords(again.folder)) {
              expect(record.offset).toBe(offset ?? record.offset);
              offset = record.offset + record.bytes;
            }
            expect(offset).toBe(goesOnAt + "after the cut".length);
            const { problems, result } = await again.verify();
            expect({ problems, result }).toEqual({ problems: [], result: "consistent" });
            // A second start finds nothing to put right.
            const third = again.open();
            expect(third.offset).toBe(goesOnAt + "after the cut".length);
            await third.close();
            expect((await again.verify()).problems).toEqual([]);
          },
        ),
        { numRuns: CUTS },
      );
    },
    30_000 + CUTS * 200,
  );

  it("that was none: zeros which a host sent stay, where the timeline proves them", async () => {
    const disk = new CutDisk();
    disk.upFor = () => minutes(1);
    const kit = sealKit({ disk });
    const log = kit.open();
    const bytes = Buffer.concat([Buffer.from("halted"), Buffer.alloc(5)]);
    log.append(bytes);
    await log.close();
    // The machine starts anew.
    for (const name of readdirSync(kit.folder))
      if (/^\d/.test(name)) utimesSync(join(kit.folder, name), NOON / 1000, NOON / 1000);
    await kit.clock.advance(minutes(60));
    const again = kit.open();
    expect(again.offset).toBe(bytes.length);
    await again.close();
    expect([...rawFiles(kit.folder).values()]).toEqual([bytes]);
    expect(await kit.verify()).toMatchObject({ result: "consistent", problems: [] });
  });
});
