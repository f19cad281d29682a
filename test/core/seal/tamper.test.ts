/**
 * Every manipulation of the table in security's figures is found. Long form, 10,000 and more:
 *
 *   OOB_TAMPER=10000 npx vitest run test/core/seal/tamper.test.ts
 */
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { type Files, MANIPULATIONS, NEEDS_ANCHOR, readFiles, writeFiles } from "./manipulate.ts";
import { type SealKit, sealKit } from "./seal-kit.ts";

const RUNS = Math.ceil(Number(process.env.OOB_TAMPER ?? 96) / MANIPULATIONS.length);
const LONG_MS = 60_000 + RUNS * 1000;

let kit: SealKit;
let files: Files;
let anchor: string;

beforeAll(async () => {
  kit = sealKit({ segmentBytes: 2000 });
  const log = kit.open();
  for (let n = 0; n < 220; n++) {
    log.append(Buffer.from(`[${n}.104233] sd 0:0:0:0: timing out command\r\n`));
    if (n % 20 === 0) log.mark("power", `cycle of pdu-a/${n}`);
    if (n % 5 === 0) await log.sync(n % 10 === 0);
    await kit.clock.advance(40);
  }
  await log.close();
  anchor = kit.checkpoints().at(-1) ?? "";
  files = readFiles(kit.folder);
}, LONG_MS);

describe("verifyLog()", () => {
  it("calls the log as it was written verified with an anchor, and without one consistent", async () => {
    expect(await kit.verify({ anchor })).toMatchObject({ result: "verified", problems: [] });
    expect(await kit.verify()).toMatchObject({ result: "consistent", problems: [] });
    expect(kit.checkpoints().length).toBeGreaterThan(10);
    expect([...files.keys()].filter((name) => name.endsWith(".tl")).length).toBeGreaterThan(3);
  });

  it.each(MANIPULATIONS)(
    "finds with an anchor: $name",
    async ({ name, run }) => {
      let done = 0;
      const numbers = fc.array(fc.double({ min: 0, max: 0.999999, noNaN: true }), {
        minLength: 4,
        maxLength: 4,
      });
      const property = fc.asyncProperty(numbers, async (chosen) => {
        let next = 0;
        const pick = (below: number) => Math.floor((chosen[next++] ?? 0) * below);
        const changed = run(files, pick);
        fc.pre(changed !== undefined);
        if (changed === undefined) return;
        writeFiles(kit.folder, changed, files);
        const found = await kit.verify({ anchor });
        const alone = NEEDS_ANCHOR.has(name) ? undefined : await kit.verify();
        writeFiles(kit.folder, files, changed);
        done++;
        expect(found.result).toBe("broken");
        if (alone) expect(alone.result).toBe("broken");
      });
      await fc.assert(property, { numRuns: RUNS, endOnFailure: true });
      expect(done).toBe(RUNS);
    },
    LONG_MS,
  );

  it.each([...NEEDS_ANCHOR].filter((name) => name !== "segment removed"))(
    "says consistent, never verified, without an anchor: %s",
    async (name) => {
      const { run } = MANIPULATIONS.find((one) => one.name === name) ?? {};
      const changed = run?.(files, (below) => Math.floor(below / 2));
      if (!changed) throw new Error("nothing to do it to");
      writeFiles(kit.folder, changed, files);
      const { result, problems } = await kit.verify();
      writeFiles(kit.folder, files, changed);
      expect(problems).toEqual([]);
      expect(result).toBe("consistent");
    },
  );
});
