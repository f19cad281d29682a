/**
 * What a person's terminal sends: keys, pastes, and the terminal's own answers to questions that a host may have asked.
 * An answer typed into a boot loader or a login prompt does harm, so it becomes an event of its own; keys pass as they are.
 *
 * Told apart by form (xterm control sequences, ECMA-48): private markers (`CSI ?`, `>`, `=`, `<`), an intermediate (`$y`),
 * finals c n R t x with numbers, and OSC, DCS, APC strings as terminals answer them. `CSI 1;2 R` … `1;8 R` is F3 with
 * Shift, Alt or Ctrl. A lone ESC, `ESC [` or `ESC O` may be a key: held until the next bytes or `tick`.
 */
import { concatBytes } from "../lib/bytes.ts";
import type { Codec } from "./codec.ts";

/** Longest answer taken for one; a longer one is given up and what follows is typed again. */
export const MAX_REPORT_BYTES = 4096;

/** What the person's terminal sent. */
export type TerminalInputEvent =
  | { readonly is: "bytes"; readonly bytes: Uint8Array }
  | { readonly is: "pasteBegan" }
  | { readonly is: "pasteEnded" }
  | { readonly is: "report"; readonly bytes: Uint8Array };

const BEL = 7;
const ESC = 0x1b;

/** First bytes of answers in strings: OSC numbers and titles, DCS and XTVERSION, APC of graphics. */
const ANSWERS: ReadonlyMap<number, RegExp> = new Map([
  [0x5d, /[0-9lLI]/], // OSC
  [0x50, /[0-9>!+$|]/], // DCS
  [0x5f, /G/], // APC
]);

/** Sequence so far, from ESC on, as text of one unit a byte. */
type Verdict = "more" | "key" | "report" | "pasteBegan" | "pasteEnded";

/** Input of a person's terminal, answers taken out. */
export class TerminalReports implements Codec<TerminalInputEvent> {
  #sequence: number[] = [];
  /** The ESC that is held ended an answer: with "\\" it is the string terminator, no key. */
  #ending = false;

  /** Bytes waiting for the rest of their sequence: call `tick` soon if there are any. */
  get held(): number {
    return this.#sequence.length;
  }

  takeOutput(): Uint8Array {
    return new Uint8Array(0);
  }

  receive(bytes: Uint8Array): TerminalInputEvent[] {
    const events: TerminalInputEvent[] = [];
    let at = 0;
    while (at < bytes.length) {
      if (this.#sequence.length > 0) {
        if (this.#take(bytes[at] ?? 0, events)) at += 1;
        continue;
      }
      const found = bytes.indexOf(ESC, at);
      const end = found < 0 ? bytes.length : found;
      if (end > at) events.push({ is: "bytes", bytes: bytes.subarray(at, end) });
      if (found >= 0) this.#sequence = [ESC];
      at = end + 1;
    }
    return events;
  }

  /** Nothing came for a moment: what can be a key by itself is one. */
  tick(): TerminalInputEvent[] {
    // Longer sequences are no key that a person typed: their rest is still on its way.
    if (this.#sequence.length === 0 || this.#sequence.length > 2 || this.#ending) return [];
    return [this.#release("bytes")];
  }

  /** Returns false where the byte does not belong to the sequence and has to be looked at again. */
  #take(byte: number, events: TerminalInputEvent[]): boolean {
    const opener = this.#sequence[1];
    // A control inside ends what is under way; ESC begins anew, or ends a string together with "\".
    if (byte < 0x20 && !(byte === BEL && this.#isAnswer())) {
      const inAnswer = this.#isAnswer();
      events.push(this.#release(inAnswer || this.#ending ? "report" : "bytes"));
      this.#ending = inAnswer && byte === ESC;
      if (byte !== ESC) return false;
      this.#sequence = [ESC];
      return true;
    }
    this.#sequence.push(byte);
    const verdict = opener === undefined ? this.#opened(byte) : this.#judge(byte);
    if (verdict === "more") return true;
    const released = this.#release(verdict === "report" ? "report" : "bytes");
    if (verdict === "pasteBegan" || verdict === "pasteEnded") events.push({ is: verdict });
    else events.push(released);
    return true;
  }

  #isAnswer(): boolean {
    return this.#sequence.length > 2 && ANSWERS.has(this.#sequence[1] ?? 0);
  }

  /** The verdict on a sequence of at least three bytes, of which `byte` is the last. */
  #judge(byte: number): Verdict {
    const opener = this.#sequence[1] ?? 0;
    const answer = ANSWERS.get(opener);
    if (answer) {
      if (this.#sequence.length === 3 && !answer.test(String.fromCharCode(byte))) return "key";
      return byte === BEL || this.#sequence.length >= MAX_REPORT_BYTES ? "report" : "more";
    }
    if (opener !== 0x5b) return "key";
    // The Linux console's F1 to F5 are ESC [ [ A to E.
    if (byte === 0x5b && this.#sequence.length === 3) return "more";
    if (byte < 0x40 && this.#sequence.length < MAX_REPORT_BYTES) return "more";
    return judgeCsi(String.fromCharCode(...this.#sequence.slice(2)));
  }

  #opened(byte: number): Verdict {
    const terminates = this.#ending && byte === 0x5c;
    this.#ending = false;
    if (terminates) return "report";
    return byte === 0x5b || byte === 0x4f || ANSWERS.has(byte) ? "more" : "key";
  }

  #release(as: "bytes" | "report"): TerminalInputEvent {
    const bytes = Uint8Array.from(this.#sequence);
    this.#sequence = [];
    return { is: as, bytes };
  }
}

/** `text`: what follows `ESC [`, final byte included. */
function judgeCsi(text: string): Verdict {
  if (text === "200~") return "pasteBegan";
  if (text === "201~") return "pasteEnded";
  if (/^[<-?]|[ -/]/.test(text)) return "report";
  if (/^1;[2-8]R$/.test(text)) return "key";
  return /^\d[\d;:]*[cnRtx]$/.test(text) ? "report" : "key";
}

/**
 * What was typed, answers of a terminal taken out, where nobody waits for the rest: a sequence that is cut off passes.
 * Marks of a paste are the terminal's own as well.
 */
export function withoutReports(bytes: Uint8Array): Uint8Array {
  if (!bytes.includes(ESC)) return bytes;
  const input = new TerminalReports();
  const kept = input.receive(bytes).flatMap((event) => (event.is === "bytes" ? [event.bytes] : []));
  return concatBytes([...kept, bytes.subarray(bytes.length - input.held)]);
}

/** Joins neighbouring bytes, for those who want few and large pieces. */
export function joinInput(events: readonly TerminalInputEvent[]): TerminalInputEvent[] {
  const joined: TerminalInputEvent[] = [];
  for (const event of events) {
    const last = joined.at(-1);
    if (event.is === "bytes" && last?.is === "bytes") {
      joined[joined.length - 1] = { is: "bytes", bytes: concatBytes([last.bytes, event.bytes]) };
    } else {
      joined.push(event);
    }
  }
  return joined;
}
