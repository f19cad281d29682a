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

const NO_FINAL = 0;
const PLAIN_FINAL = 1;
/** Only without numbers: with them they are other functions (margins, key reports). */
const BARE_FINAL = 2;
/** What each final byte may be. */
const FINALS = new Uint8Array(256);
for (const final of latin1("@ABCDEFGHIJKLMPSTXZ`adefmr")) FINALS[final] = PLAIN_FINAL;
for (const final of latin1("su")) FINALS[final] = BARE_FINAL;
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
 * Writes the sequence to `sink` if it is on the allow-list. The first `length` bytes of `parameters` stand between CSI and
 * the final; `rows` is the height of the terminal, where it is known.
 */
export function writeAllowedCsi(
  parameters: Uint8Array,
  length: number,
  final: number,
  sink: ByteSink,
  rows = MAX_CSI_NUMBER,
): boolean {
  if (length > 0 && parameters[0] === QUESTION)
    return writeModes(parameters.subarray(1, length), final, sink);
  if (!hasOnlyNumbers(parameters, length, final === FINAL_M_SGR)) return false;
  const kind = FINALS[final];
  if (kind === NO_FINAL || (kind === BARE_FINAL && length > 0)) return false;
  // ED 3 empties the person's scroll-back; T with several numbers is mouse tracking.
  if (final === FINAL_J && readNumbers(parameters.subarray(0, length)).includes(3)) return false;
  if (final === FINAL_T && parameters.subarray(0, length).includes(SEMICOLON)) return false;
  begin(sink);
  writeNumbers(parameters, length, LINE_FINALS.has(final) ? rows : MAX_CSI_NUMBER, sink);
  sink.byte(final);
  return true;
}

function writeModes(list: Uint8Array, final: number, sink: ByteSink): boolean {
  if (final !== FINAL_H_SET && final !== FINAL_L_RESET) return false;
  if (!hasOnlyNumbers(list, list.length, false)) return false;
  const modes = readNumbers(list).filter((one) => PRIVATE_MODES.has(one));
  if (modes.length === 0) return false;
  begin(sink);
  sink.byte(QUESTION);
  modes.forEach((mode, index) => {
    if (index > 0) sink.byte(SEMICOLON);
    sink.number(mode);
  });
  sink.byte(final);
  return true;
}

function begin(sink: ByteSink): void {
  sink.byte(ESC);
  sink.byte(0x5b);
}

function hasOnlyNumbers(parameters: Uint8Array, length: number, colons: boolean): boolean {
  for (let at = 0; at < length; at++) {
    const byte = parameters[at] ?? 0;
    const plain = (byte >= DIGIT_0 && byte <= DIGIT_9) || byte === SEMICOLON;
    if (!plain && !(colons && byte === COLON)) return false;
  }
  return true;
}

/** Numbers anew, none above `most`, between their separators. Nothing is allocated: screens are drawn with thousands. */
function writeNumbers(parameters: Uint8Array, length: number, most: number, sink: ByteSink): void {
  let value = -1;
  for (let at = 0; at < length; at++) {
    const byte = parameters[at] ?? 0;
    if (byte !== SEMICOLON && byte !== COLON) {
      value = next(value, byte);
      continue;
    }
    if (value >= 0) sink.number(Math.min(value, most));
    sink.byte(byte);
    value = -1;
  }
  if (value >= 0) sink.number(Math.min(value, most));
}

/** Numbers of at most MAX_CSI_BYTES digits: large, never unsafe to compare. -1: left out. */
function readNumbers(parameters: Uint8Array): number[] {
  const numbers: number[] = [];
  let value = -1;
  for (const byte of parameters) {
    if (byte === SEMICOLON || byte === COLON) {
      numbers.push(value);
      value = -1;
    } else {
      value = next(value, byte);
    }
  }
  numbers.push(value);
  return numbers;
}

const next = (value: number, digit: number): number => Math.max(0, value) * 10 + digit - DIGIT_0;
