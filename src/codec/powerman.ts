/**
 * powerman's client protocol, as powermand 2.3.27 speaks it: a greeting, then one command and its answer after the other.
 *
 *   < 001 2.3.27                      > exprange
 *   < 105 Hostrange expansion ON      > status web1            (a node a line, instead of "web[1-8]")
 *   < 303 web1: on
 *   < 103 Query complete
 *
 * Lines of 1xx and 2xx end an answer. A prompt, "powerman> ", stands before a line and is no line.
 */
import { utf8 } from "../lib/bytes.ts";
import type { Codec } from "./codec.ts";
import { LineCutter } from "./line-cutter.ts";

/** Longest line; those of powermand have 8192 bytes at most. */
export const MAX_POWERMAN_LINE_BYTES = 16 * 1024;

const LINE = /^(?:powerman> )*(\d{3}) (.*)$/;
const STATE = /^(\S{1,256}): (\S{1,32})$/;

/** What powermand said. */
export type PowermanEvent =
  | { readonly is: "hello"; readonly version: string }
  /** What a node reads. Words other than on and off are unknown. */
  | { readonly is: "node"; readonly name: string; readonly state: "on" | "off" | "unknown" }
  /** Why a device did not answer: "b: connect timeout". */
  | { readonly is: "trouble"; readonly text: string }
  /** The end of an answer, below 200 a good one. */
  | { readonly is: "end"; readonly code: number; readonly text: string }
  | { readonly is: "violation"; readonly what: string };

/** A client of powermand. */
export class PowermanCodec implements Codec<PowermanEvent> {
  readonly #lines = new LineCutter(MAX_POWERMAN_LINE_BYTES);
  #output = "";

  /** Bytes of the unfinished line. */
  get held(): number {
    return this.#lines.held;
  }

  /** Queues a command for `takeOutput`. powermand takes one at a time: wait for the end of its answer. */
  ask(...words: readonly string[]): void {
    this.#output += `${words.join(" ")}\r\n`;
  }

  takeOutput(): Uint8Array {
    const output = utf8(this.#output);
    this.#output = "";
    return output;
  }

  receive(bytes: Uint8Array): PowermanEvent[] {
    return this.#lines
      .receive(bytes)
      .map((line) => (line === undefined ? violation("a line that is too long") : eventOf(line)))
      .filter((event) => event !== undefined);
  }
}

function eventOf(line: string): PowermanEvent | undefined {
  const [, digits, text = ""] = LINE.exec(line) ?? [];
  if (digits === undefined) return line === "" ? undefined : violation(line.slice(0, 200));
  const code = Number(digits);
  if (code === 1) return { is: "hello", version: text };
  if (code >= 100 && code < 300) return { is: "end", code, text };
  if (code === 303) return nodeIn(text);
  return code === 308 ? { is: "trouble", text } : undefined;
}

function nodeIn(text: string): PowermanEvent {
  const [, name, word] = STATE.exec(text) ?? [];
  if (name === undefined) return violation(`303 ${text.slice(0, 200)}`);
  return { is: "node", name, state: word === "on" || word === "off" ? word : "unknown" };
}

const violation = (what: string): PowermanEvent => ({ is: "violation", what });
