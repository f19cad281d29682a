import { concatBytes } from "../../src/lib/bytes.ts";
import type { FuzzTarget } from "./fuzz-target.ts";

/** Longest input that mutation makes. */
export const MAX_INPUT_BYTES = 3072;
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

/** Room in which an input is made: the longest one, and the longest piece that goes into it. */
const room = new Uint8Array(2 * MAX_INPUT_BYTES);
let filled = 0;

/** An input made of seeds put together, then damaged. */
export function mutant(
  seeds: readonly Uint8Array[],
  roll: (below: number) => number,
  most = MAX_PIECES,
): Uint8Array {
  filled = 0;
  for (let pieces = 1 + roll(most); pieces > 0; pieces--) {
    const seed = seeds[roll(seeds.length)] ?? NOTHING;
    const from = roll(4) === 0 ? roll(seed.length + 1) : 0;
    const to = roll(4) === 0 ? from + roll(seed.length - from + 1) : seed.length;
    put(filled, from === 0 && to === seed.length ? seed : seed.subarray(from, to));
    if (roll(8) === 0) open(filled, 1, roll(256));
  }
  for (let left = roll(MAX_MUTATIONS); left > 0; left--) mutate(roll);
  return room.slice(0, filled);
}

function mutate(roll: (below: number) => number): void {
  const at = roll(filled + 1);
  switch (roll(6)) {
    case 0:
      if (at < filled) room[at] = (room[at] ?? 0) ^ (1 << roll(8));
      return;
    case 1:
      open(at, 1, NASTY[roll(NASTY.length)] ?? 0);
      return;
    case 2: {
      const after = Math.min(at + 1 + roll(8), filled);
      room.copyWithin(at, after, filled);
      filled -= after - at;
      return;
    }
    case 3:
      put(at, room.slice(at, Math.min(at + 1 + roll(16), filled)));
      return;
    case 4:
      open(at, 1 + roll(64), roll(256));
      return;
    default:
      filled = Math.min(filled, Math.max(at, 1));
  }
}

/** Makes place for bytes of one value; what no longer fits falls off the end. */
function open(at: number, size: number, value: number): void {
  const fits = Math.min(size, MAX_INPUT_BYTES - at);
  room.copyWithin(at + fits, at, filled);
  room.fill(value, at, at + fits);
  filled = Math.min(filled + fits, MAX_INPUT_BYTES);
}

function put(at: number, piece: Uint8Array): void {
  const fits = Math.min(piece.length, MAX_INPUT_BYTES - at);
  open(at, fits, 0);
  room.set(fits < piece.length ? piece.subarray(0, fits) : piece, at);
}

/** Feeds a target until `more` says no; the first input that breaks a promise ends it. */
export async function fuzz(
  target: FuzzTarget,
  roll: (below: number) => number,
  more: (done: number) => boolean,
): Promise<{ readonly done: number; readonly crash: Crash | undefined }> {
  let done = 0;
  for (; more(done); done++) {
    const input = inputFor(target, roll);
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

function inputFor({ seeds, groups }: FuzzTarget, roll: (below: number) => number): Uint8Array {
  const group = groups?.[roll(groups.length)];
  return group
    ? concatBytes([group.head, mutant(group.seeds, roll, group.pieces)])
    : mutant(seeds, roll);
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
