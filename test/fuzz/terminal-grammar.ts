/**
 * The terminal filter on long output made by a grammar of everything that terminals obey: sequences, strings, C1 controls in
 * all forms, characters that hide or reorder text, whole, cut short and in one another. What comes out is read by a terminal
 * of its own (terminal/reader.ts), and has to be the same however the input is cut. An input of the fuzzer is a seed.
 */
import { TerminalFilter } from "../../src/codec/terminal-filter.ts";
import { concatBytes, utf8 } from "../../src/lib/bytes.ts";
import { dice } from "./fuzz.ts";
import type { FuzzTarget } from "./fuzz-target.ts";
import { Grammar } from "./terminal/grammar.ts";
import { firstFault } from "./terminal/reader.ts";

/** Bytes made of one seed: a run of `npm test` makes 300 of them. */
const BYTES = 8192;
/** Longest piece that the output is compared with. */
const LONGEST_PIECE = 300;

const MODES = ["safe", "strict"] as const;
let total = 0;

const grammar = new Grammar(BYTES);

function seedOf(input: Uint8Array): number {
  let seed = 0x811c9dc5;
  for (const byte of input) seed = Math.imul(seed ^ byte, 0x01000193);
  return seed >>> 0;
}

function cutAnyhow(mode: (typeof MODES)[number], bytes: Uint8Array, seed: number): Uint8Array {
  const roll = dice(seed);
  const filter = new TerminalFilter(mode);
  const parts: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const size = roll(4) === 0 ? 1 : 1 + roll(LONGEST_PIECE);
    parts.push(filter.filter(bytes.subarray(at, at + size)));
    at += size;
  }
  return concatBytes(parts);
}

/** What is wrong with the filter on these bytes. */
function fault(bytes: Uint8Array, seed: number): string | undefined {
  for (const mode of MODES) {
    const whole = new TerminalFilter(mode).filter(bytes);
    const found = firstFault(whole, mode);
    if (found !== undefined) return `${mode} lets through ${found}`;
    if (!Buffer.from(whole).equals(cutAnyhow(mode, bytes, seed)))
      return `${mode}: cut otherwise, it is another`;
  }
  return undefined;
}

/** The same fault with less around it. */
function smallest(bytes: Uint8Array, seed: number): Uint8Array {
  let best = bytes;
  for (let size = best.length >> 1; size > 0; size >>= 1) {
    for (let at = 0; at < best.length; ) {
      const shorter = concatBytes([best.subarray(0, at), best.subarray(at + size)]);
      if (fault(shorter, seed) === undefined) at += size;
      else best = shorter;
    }
  }
  return best;
}

const target: FuzzTarget = {
  seeds: Array.from({ length: 16 }, (_, n) => utf8(`seed ${n}`)),
  bytes: () => total,
  run(input) {
    const seed = seedOf(input);
    const bytes = grammar.text(dice(seed));
    total += bytes.length;
    if (fault(bytes, seed) === undefined) return;
    const least = smallest(bytes, seed);
    const text = JSON.stringify(Buffer.from(least).toString("latin1"));
    throw new Error(`${fault(least, seed)}: ${text}`);
  },
};
export default target;
