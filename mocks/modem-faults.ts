/** What a simulated telephone line and modem can do to a caller. */
import type { Millis } from "../src/lib/clock.ts";

/** What becomes of a call. Anything but "answers" is said as it stands. */
export type CallEnd =
  | "answers"
  | "BUSY"
  | "NO CARRIER"
  | "NO DIALTONE"
  | "NO DIAL TONE"
  | "NO ANSWER"
  | "DELAYED"
  | "BLACKLISTED"
  | "VOICE"
  | "silence";

/** Wrongs of modems, each of which was seen somewhere. */
export interface ModemFaults {
  /** Time from the dial command to what becomes of the call. */
  readonly dialling?: Millis;
  /** Silence that it wants around +++ (S12). */
  readonly guard?: Millis;
  /** Time from a command to its result. */
  readonly slow?: Millis;
  /** V0, whatever is asked for. */
  readonly numeric?: boolean;
  /** Its stored settings: no results until Q0. */
  readonly quiet?: boolean;
  /** DCD as it always is, calls or not (&C0, a cable without it). */
  readonly dcdAlways?: boolean;
  /** The far end hangs up after so long. */
  readonly dropsAfter?: Millis;
  /** Says RING while it dials. */
  readonly ringsWhileDialling?: boolean;
  /** Echoes other letters than it got. */
  readonly echoesGarbage?: boolean;
  readonly ignoresDtr?: boolean;
  readonly ignoresEscape?: boolean;
  /** Another speed than ours: noise, and no answer. */
  readonly wrongSpeed?: boolean;
  readonly lowerCase?: boolean;
  /** Line ends other than CR LF. */
  readonly lineEnd?: string;
  /** Commands that it does not know, as they begin after AT. */
  readonly refuses?: readonly string[];
  /** What it says for CONNECT. */
  readonly connect?: string;
  /** What the host says in the same breath. */
  readonly glued?: string;
  /** Answers after so many RINGs by itself (S0), until it is told not to. */
  readonly answersAfter?: number;
  /** Time from ATA to CONNECT; anything that is typed meanwhile ends it. */
  readonly answering?: Millis;
}
