/**
 * Reads what the terminal filter let through as a terminal does, and names the first thing on no list. Written apart from
 * the filter, and from what is hidden by the properties of Unicode instead of a list of ranges.
 */
import { MAX_CSI_NUMBER } from "../../../src/codec/control-sequence.ts";

const ESC = 0x1b;
const CR = 0x0d;
const LF = 0x0a;
const MAX_MARKS = 8;
const LONGEST_SEQUENCE = 200;

/** Cursor, erase, insert, delete, scroll, repeat, tabs, SGR, margins of lines; save and restore; the modes of full screens. */
const ALLOWED =
  /^(?:[0-9;]*[@A-HIJ-MPSTXZ`adefr]|[0-9;:]*m|[su]|\?(?:1|6|7|12|25|47|104[789])(?:;(?:1|6|7|12|25|47|104[789]))*[hl])$/;
const AFTER_ESCAPE = new Set(Buffer.from("78DEM=>"));
const CONTROLS = {
  safe: new Set([7, 8, 9, LF, CR]),
  strict: new Set([8]),
} as const;

const MARK = 1;
const HIDDEN = 2;
const SHOWN = 3;
const kinds = new Uint8Array(0x110000);

/** U+2028 and U+2029 break lines; U+FFF9 to U+FFFB put text between lines. Blank Hangul letters take room: they hide nothing. */
function kindOf(code: number): number {
  const known = kinds[code] ?? 0;
  if (known > 0) return known;
  const one = String.fromCodePoint(code);
  let kind = SHOWN;
  if (/[\u115f\u1160\u3164\uffa0]/.test(one)) kind = SHOWN;
  else if (/\p{M}/u.test(one)) kind = MARK;
  else if (
    /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}\ufff9-\ufffb]/u.test(one)
  )
    kind = HIDDEN;
  kinds[code] = kind;
  return kind;
}

/** The first thing in the output that must not be there. */
export function firstFault(output: Uint8Array, mode: "safe" | "strict"): string | undefined {
  let marks = 0;
  for (let at = 0; at < output.length; ) {
    const byte = output[at] ?? 0;
    if (byte >= 0x20 && byte < 0x7f) {
      marks = 0;
      at++;
    } else if (byte >= 0x80) {
      const { code, size } = character(output, at);
      if (code < 0) return `broken UTF-8 at ${at}`;
      const kind = kindOf(code);
      if (kind === HIDDEN) return `U+${code.toString(16)}`;
      marks = kind === MARK ? marks + 1 : 0;
      if (marks > MAX_MARKS) return "too many marks";
      at += size;
    } else {
      const size = controlSize(output, at, mode);
      if (typeof size === "string") return size;
      at += size;
    }
  }
  return undefined;
}

/** How long the control or sequence is that begins there; what it is where it is not allowed. */
function controlSize(output: Uint8Array, at: number, mode: "safe" | "strict"): number | string {
  const byte = output[at] ?? 0;
  if (CONTROLS[mode].has(byte)) return 1;
  if (mode === "strict" && byte === CR && output[at + 1] === LF) return 2;
  if (mode === "strict" || byte !== ESC) return `control ${byte.toString(16)}`;
  const next = output[at + 1] ?? 0;
  if (AFTER_ESCAPE.has(next)) return 2;
  if (next !== 0x5b) return `ESC ${next.toString(16)}`;
  let end = at + 2;
  while (end - at < LONGEST_SEQUENCE && !isFinal(output[end] ?? 0x40)) end++;
  const text = Buffer.from(output.buffer, output.byteOffset + at + 2, end - at - 1).toString(
    "latin1",
  );
  return isAllowed(text) ? end + 1 - at : `CSI ${text}`;
}

const isFinal = (byte: number) => byte >= 0x40;

function isAllowed(sequence: string): boolean {
  if (!ALLOWED.test(sequence)) return false;
  const numbers = sequence.match(/\d+/g)?.map(Number) ?? [];
  if (!sequence.startsWith("?") && numbers.some((number) => number > MAX_CSI_NUMBER)) return false;
  // What a person can scroll back to; mouse tracking.
  if (sequence.endsWith("J") && numbers.includes(3)) return false;
  return !(sequence.endsWith("T") && sequence.includes(";"));
}

/** The character at a place by the table of RFC 3629; code -1: there is none. */
function character(
  output: Uint8Array,
  at: number,
): { readonly code: number; readonly size: number } {
  const lead = output[at] ?? 0;
  const size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 0;
  if (size === 0 || lead > 0xf4) return { code: -1, size: 1 };
  let code = lead & (0xff >> (size + 1));
  for (let n = 1; n < size; n++) {
    const byte = output[at + n] ?? 0;
    if (byte < 0x80 || byte > 0xbf) return { code: -1, size: 1 };
    code = (code << 6) | (byte & 0x3f);
  }
  const least = size === 4 ? 0x10000 : size === 3 ? 0x800 : 0x80;
  const isOne = code >= least && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
  return { code: isOne ? code : -1, size };
}
