import type { FuzzTarget } from "./fuzz-target.ts";

/** Longest input that mutation makes. */
export const MAX_INPUT_BYTES = 2048;
/** Pieces and mutations of one input. */
const MAX_PIECES = 12;
const MAX_MUTATIONS = 6;
const NASTY = [0, 1, 10, 13, 27, 32, 48, 127, 128, 155, 194, 240, 250, 251, 253, 254, 255] as const;

/** An input that broke a promise, and how. */
export interface Crash {
  readonly input: Uint8Array;
  readonly error: unknown;
}

/** Numbers that look random and are the same for the same seed (mulberry32). */
export function dice(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

/** An input made of seeds put together, then damaged. */
export function mutant(seeds: readonly Uint8Array[], roll: (below: number) => number): Uint8Array {
  const bytes: number[] = [];
  for (let pieces = 1 + roll(MAX_PIECES); pieces > 0; pieces--) {
    const seed = seeds[roll(seeds.length)] ?? NOTHING;
    const from = roll(4) === 0 ? roll(seed.length + 1) : 0;
    const to = roll(4) === 0 ? from + roll(seed.length - from + 1) : seed.length;
    for (let i = from; i < to; i++) bytes.push(seed[i] ?? 0);
    if (roll(8) === 0) bytes.push(roll(256));
  }
  for (let left = roll(MAX_MUTATIONS); left > 0; left--) mutate(bytes, roll);
  return Uint8Array.from(bytes.slice(0, MAX_INPUT_BYTES));
}

function mutate(bytes: number[], roll: (below: number) => number): void {
  const at = roll(bytes.length + 1);
  switch (roll(6)) {
    case 0:
      if (at < bytes.length) bytes[at] = (bytes[at] ?? 0) ^ (1 << roll(8));
      return;
    case 1:
      bytes.splice(at, 0, NASTY[roll(NASTY.length)] ?? 0);
      return;
    case 2:
      bytes.splice(at, 1 + roll(8));
      return;
    case 3:
      bytes.splice(at, 0, ...bytes.slice(at, at + 1 + roll(16)));
      return;
    case 4:
      bytes.splice(at, 0, ...Array<number>(1 + roll(64)).fill(roll(256)));
      return;
    default:
      bytes.length = Math.max(at, 1);
  }
}

/** Feeds a target until `more` says no; the first input that breaks a promise ends it. */
export async function fuzz(
  target: FuzzTarget,
  roll: (below: number) => number,
  more: (done: number) => boolean,
): Promise<{ readonly done: number; readonly crash: Crash | undefined }> {
  let done = 0;
  for (; more(done); done++) {
    const input = mutant(target.seeds, roll);
    try {
      // Only what waits is waited for: most targets run without a promise, and faster so.
      const ran = target.run(input);
      if (ran) await ran;
    } catch (error) {
      return { done: done + 1, crash: { input: await smaller(target, input), error } };
    }
  }
  return { done, crash: undefined };
}

/** The input without the pieces that the fault does not need. */
async function smaller(target: FuzzTarget, input: Uint8Array): Promise<Uint8Array> {
  const fails = async (bytes: Uint8Array): Promise<boolean> => {
    try {
      await target.run(bytes);
      return false;
    } catch {
      return true;
    }
  };
  let best = input;
  for (let size = best.length >> 1; size > 0; size >>= 1) {
    for (let at = 0; at < best.length; ) {
      const shorter = Uint8Array.from([...best.subarray(0, at), ...best.subarray(at + size)]);
      if (await fails(shorter)) best = shorter;
      else at += size;
    }
  }
  return best;
}

const NOTHING = new Uint8Array(0);
