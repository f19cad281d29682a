/**
 * The allow-list of control sequences (CSI, ECMA-48 5.4): cursor, erase, insert and delete, scroll region, SGR, and the
 * DEC modes that full-screen programs need. What is on it is written anew, number by number, never copied.
 */
import { latin1 } from "../lib/bytes.ts";
import type { ByteSink } from "./byte-sink.ts";

/** Largest number let through: 14 bytes of `CSI 2147483647 b` keep an xterm.js busy for minutes. */
export const MAX_CSI_NUMBER = 999;
/** Longest sequence, parameters and all; a longer one is dropped. */
export const MAX_CSI_BYTES = 64;

const ESC = 0x1b;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
const COLON = 0x3a;
const SEMICOLON = 0x3b;
const QUESTION = 0x3f;

const codes = (letters: string): ReadonlySet<number> => new Set(latin1(letters));

/** Final bytes with plain numbers. */
const PLAIN_FINALS = codes("@ABCDEFGHIJKLMPSTXZ`adefmr");
/** Only without numbers: with them they are other functions (margins, key reports). */
const BARE_FINALS = codes("su");
const FINAL_J = 0x4a;
const FINAL_T = 0x54;
const FINAL_H_SET = 0x68;
const FINAL_L_RESET = 0x6c;
const FINAL_M_SGR = 0x6d;

/** Cursor keys, origin, wrap, blink, cursor shown, alternate screen. Nothing that makes the terminal talk. */
const PRIVATE_MODES: ReadonlySet<number> = new Set([1, 6, 7, 12, 25, 47, 1047, 1048, 1049]);

/** Insert, delete and scroll lines: an emulator does them line by line, whatever its height. */
const LINE_FINALS = codes("LMST");

/**
 * Writes the sequence to `sink` if it is on the allow-list. `parameters` are the bytes between CSI and the final;
 * `rows` is the height of the terminal, where it is known.
 */
export function writeAllowedCsi(
  parameters: Uint8Array,
  final: number,
  sink: ByteSink,
  rows = MAX_CSI_NUMBER,
): boolean {
  if (parameters[0] === QUESTION) return writeModes(parameters, final, sink);
  if (!hasOnlyNumbers(parameters, final === FINAL_M_SGR)) return false;
  if (BARE_FINALS.has(final)) {
    if (parameters.length > 0) return false;
  } else if (!PLAIN_FINALS.has(final)) {
    return false;
  }
  const numbers = readNumbers(parameters);
  // ED 3 empties the person's scroll-back; T with several numbers is mouse tracking.
  if (final === FINAL_J && numbers.some((one) => one.value === 3)) return false;
  if (final === FINAL_T && numbers.length > 1) return false;
  const most = largestNumber(final, rows);
  begin(sink);
  for (const { value, separator } of numbers) {
    if (value >= 0) sink.number(Math.min(value, most));
    if (separator > 0) sink.byte(separator);
  }
  sink.byte(final);
  return true;
}

function largestNumber(final: number, rows: number): number {
  return LINE_FINALS.has(final) ? rows : MAX_CSI_NUMBER;
}

function writeModes(parameters: Uint8Array, final: number, sink: ByteSink): boolean {
  if (final !== FINAL_H_SET && final !== FINAL_L_RESET) return false;
  const list = parameters.subarray(1);
  if (!hasOnlyNumbers(list, false)) return false;
  const modes = readNumbers(list).filter((one) => PRIVATE_MODES.has(one.value));
  if (modes.length === 0) return false;
  begin(sink);
  sink.byte(QUESTION);
  modes.forEach((mode, index) => {
    if (index > 0) sink.byte(SEMICOLON);
    sink.number(mode.value);
  });
  sink.byte(final);
  return true;
}

function begin(sink: ByteSink): void {
  sink.byte(ESC);
  sink.byte(0x5b);
}

function hasOnlyNumbers(parameters: Uint8Array, colons: boolean): boolean {
  for (const byte of parameters) {
    const plain = (byte >= DIGIT_0 && byte <= DIGIT_9) || byte === SEMICOLON;
    if (!plain && !(colons && byte === COLON)) return false;
  }
  return true;
}

interface Numbered {
  /** -1: left out. */
  readonly value: number;
  /** The byte after it, 0 at the end. */
  readonly separator: number;
}

/** Numbers of at most MAX_CSI_BYTES digits: large, never unsafe to compare. */
function readNumbers(parameters: Uint8Array): Numbered[] {
  const numbers: Numbered[] = [];
  let value = -1;
  for (const byte of parameters) {
    if (byte === SEMICOLON || byte === COLON) {
      numbers.push({ value, separator: byte });
      value = -1;
    } else {
      value = Math.max(0, value) * 10 + byte - DIGIT_0;
    }
  }
  numbers.push({ value, separator: 0 });
  return numbers;
}
