import fc from "fast-check";
import { expect, it } from "vitest";
import { cutUp, type Subject } from "./subject.ts";

export { cutUp, joinBytes, type Subject } from "./subject.ts";

const RUNS = Number(process.env.OOB_FUZZ_RUNS ?? 1000);

/** Input made of a protocol's own pieces, cut pieces and noise. */
export function inputOf(words: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  const word = fc.constantFrom(...words);
  const cut = fc.tuple(word, fc.nat(12)).map(([bytes, at]) => bytes.subarray(0, at));
  const piece = fc.oneof(word, word, cut, fc.uint8Array({ maxLength: 6 }));
  return fc
    .array(piece, { maxLength: 40 })
    .map((pieces) => Uint8Array.from(pieces.flatMap((one) => [...one])));
}

/** The three laws of codecs. */
export function testLaws<Machine, Event>(name: string, subject: Subject<Machine, Event>): void {
  const input = inputOf(subject.words);
  const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 8 });

  it(`${name}: events do not depend on how the input is cut`, () => {
    fc.assert(
      fc.property(input, sizes, (bytes, cuts) => {
        const whole = subject.feed(subject.make(), bytes.slice());
        const machine = subject.make();
        const parts = cutUp(bytes, cuts).flatMap((chunk) => {
          const events = structuredClone(subject.feed(machine, chunk));
          chunk.fill(0x55);
          return [...events];
        });
        expect(subject.join(parts)).toEqual(subject.join(whole));
      }),
      { numRuns: RUNS },
    );
  });

  it(`${name}: never throws, whatever the bytes`, () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), (bytes) => {
        subject.feed(subject.make(), bytes);
      }),
      { numRuns: RUNS },
    );
  });

  it(`${name}: what it holds is bounded`, () => {
    for (const word of subject.words) {
      const machine = subject.make();
      const endless = new Uint8Array(100_000).map((_, i) => word[i % word.length] ?? 0);
      const opened = new Uint8Array(100_000).fill(0x31);
      opened.set(word);
      for (const bytes of [endless, opened]) {
        for (const chunk of cutUp(bytes, [997])) {
          subject.feed(machine, chunk);
          expect(subject.held(machine)).toBeLessThanOrEqual(subject.bound);
        }
      }
    }
  });
}
