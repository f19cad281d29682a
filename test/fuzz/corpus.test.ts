import { describe, expect, it } from "vitest";
import { dice, fuzz } from "./fuzz.ts";
import { keptInputs, loadTarget, targetNames } from "./targets.ts";

/** Fresh inputs of every npm test, the same ones each time. */
const INPUTS = 300;

describe.each(targetNames())("fuzz target %s", (name) => {
  it("keeps its promises on every input that once broke one", async () => {
    const target = await loadTarget(name);
    expect(target.seeds.length).toBeGreaterThan(0);
    for (const { file, bytes } of keptInputs(name))
      await expect(
        (async () => target.run(Uint8Array.from(bytes)))(),
        file,
      ).resolves.toBeUndefined();
  });

  it(`keeps them on ${INPUTS} mutants`, async () => {
    const { crash } = await fuzz(await loadTarget(name), dice(1), (done) => done < INPUTS);
    expect(crash).toBeUndefined();
  });
});

describe("fuzz()", () => {
  it("finds a planted fault and makes its input small", async () => {
    const run = (input: Uint8Array) => {
      const at = input.indexOf(255);
      if (at >= 0 && input[at + 1] === 250) throw new Error("planted");
    };
    const seeds = [Uint8Array.of(1, 2, 3), Uint8Array.of(255, 9), Uint8Array.of(250)];
    const { crash } = await fuzz({ seeds, run }, dice(1), (done) => done < 100_000);
    expect(crash?.input).toEqual(Uint8Array.of(255, 250));
  });
});
