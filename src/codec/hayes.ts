/**
 * A Hayes modem's dialogue, seen from the computer: dialling and answering (ITU-T V.250, 5.2 to 6.3).
 *
 *   command ── CONNECT, to D, A or O of ours ──► data: every byte is the far end's     toCommands(): back again
 *   wire ─► receive ─► result / caller / info / violation, and data once connected     command(): "AT…" CR
 *
 * A line ends at CR or LF, whichever comes, and empty ones are left out: modems differ in both. What we sent comes back
 * as an echo, also glued to the answer, and is taken off. A digit or two alone are a result of V0 until the modem has
 * spoken in words: then they are an answer (S registers are three digits). After CONNECT the line's own end is taken
 * away (CR LF, CR, or LF) and nothing else: the next byte is the host's.
 */
import { concatBytes, latin1 } from "../lib/bytes.ts";
import type { Codec } from "./codec.ts";

/** Longest line of a modem; a longer one is noise. */
export const MAX_HAYES_LINE_BYTES = 512;
/** Commands whose echo may still come. */
const MAX_ECHOES = 4;

const NUL = 0;
const LF = 10;
const CR = 13;
const TILDE = 0x7e;

/** What a modem says of a command or a call. `ringing`: the far end rings; `ring`: our own line does. */
export type HayesResult =
  | "ok"
  | "connect"
  | "ring"
  | "ringing"
  | "no-carrier"
  | "error"
  | "no-dialtone"
  | "busy"
  | "no-answer"
  | "delayed"
  | "blacklisted"
  | "voice";

/** What came from the modem. */
export type HayesEvent =
  | {
      readonly is: "result";
      readonly result: HayesResult;
      /** As the modem wrote it. */
      readonly text: string;
      /** Of CONNECT, where it said so. */
      readonly speed?: number;
    }
  /** Who calls, line by line between RINGs: "NMBR", "5551234". */
  | { readonly is: "caller"; readonly field: string; readonly value: string }
  | { readonly is: "info"; readonly text: string }
  | { readonly is: "data"; readonly bytes: Uint8Array }
  | { readonly is: "violation"; readonly what: string };

// V.250 table 1, and what makers added (Rockwell RCV144, SiLabs AN93, USR, Telit). First match counts.
const WORDS: readonly (readonly [RegExp, HayesResult])[] = [
  [/^OK$/, "ok"],
  [/^CONNECT(?:$|[ /:])/, "connect"],
  [/^(?:RING(?: [A-Z0-9])?|\+CRING: ?.*)$/, "ring"],
  [/^(?:RINGING|RINGBACK|RRING)$/, "ringing"],
  [/^NO ?CARRIER$/, "no-carrier"],
  [/^(?:ERROR|\+CM[ES] ERROR(?::.*)?|COMMAND ERROR)$/, "error"],
  [/^(?:NO ?DIAL ?TONE|NO PROMPT ?TONE|NO ?LINE|LINE IN USE)$/, "no-dialtone"],
  [/^BUSY$/, "busy"],
  [/^NO ?ANSWER$/, "no-answer"],
  [/^DELAYED(?:$|[ :])/, "delayed"],
  [/^BLACK ?LIST(?:ED| FULL)(?:$|[ :])/, "blacklisted"],
  [/^(?:VOICE|FAX|\+FCO|\+FCON)$/, "voice"],
];

// V.250 6.3; 5, and all from 9 on, name speeds that differ from maker to maker (9: "ringing" on some).
const NUMBERS: readonly HayesResult[] = [
  "ok",
  "connect",
  "ring",
  "no-carrier",
  "error",
  "connect",
  "no-dialtone",
  "busy",
  "no-answer",
];

// V.253 table 10 and GSM 07.07 7.11; "#": the older AT#CID=1.
const CALLER =
  /^(DATE|TIME|NMBR|NUMBER|CALLER NUMBER|DDN_NMBR|NAME|MESG|DATETIME) ?[=:] ?(.*)$|^\+(CLIP): ?"?([^",]*)/i;

type Place = "command" | "connected" | "data";

/** A modem on a line, from the computer's side. */
export class HayesCodec implements Codec<HayesEvent> {
  readonly #answers: boolean;
  #place: Place = "command";
  #line: number[] = [];
  /** The rest of a line that was too long is not looked at. */
  #skipping = false;
  #output: Uint8Array[] = [];
  #echoes: string[] = [];
  /** A command of ours may end in CONNECT. */
  #mayConnect = false;
  /** The modem's results are words, as far as it has shown. */
  #speaks = false;
  /** LF after a numeric result: not by V.250, but seen. */
  #numbersEndInLf = false;
  #numberEnded = false;
  /** The LF after CONNECT's CR belongs to it. */
  #lfIsOurs = false;
  readonly #tail = new NoCarrierTail();

  /** `answers`: the modem may say CONNECT unasked (S0). */
  constructor(options: { readonly answers?: boolean } = {}) {
    this.#answers = options.answers ?? false;
  }

  /** Bytes kept of an unfinished line. */
  get held(): number {
    return this.#line.length;
  }

  get online(): boolean {
    return this.#place !== "command";
  }

  /** Its results are words, as far as it has shown: the end of a call can be told from what a host prints. */
  get speaks(): boolean {
    return this.#speaks;
  }

  /** The far end's bytes end in a line "NO CARRIER": either the modem said it, or the host printed it. */
  get endsInNoCarrier(): boolean {
    return this.#place !== "command" && this.#tail.found;
  }

  /** Queues a command for `takeOutput`. */
  command(text: string): void {
    this.#output.push(latin1(`${text}\r`));
    const upper = text.trim().toUpperCase();
    if (upper !== "") this.#echoes.push(upper);
    if (this.#echoes.length > MAX_ECHOES) this.#echoes.shift();
    // "&D2" and the like are no D.
    const body = upper.replace(/"[^"]*"|\s|[&%\\*#-][A-Z]/g, "");
    if (/^AT.*(?:V0|V(?!\d)|Z)/.test(body) || /&F/.test(upper)) this.#speaks = false;
    this.#mayConnect = /^AT[^+]*[DAO]/.test(body);
  }

  /** What comes from now on is the modem's own again: it escaped from data, or the call ended. */
  toCommands(): void {
    this.#place = "command";
    this.#line = [];
    this.#skipping = false;
    this.#mayConnect = false;
    this.#lfIsOurs = false;
    this.#tail.reset();
  }

  takeOutput(): Uint8Array {
    const output = concatBytes(this.#output);
    this.#output = [];
    return output;
  }

  receive(bytes: Uint8Array): HayesEvent[] {
    const events: HayesEvent[] = [];
    for (let at = 0; at < bytes.length; at++) {
      if (this.#place === "command") {
        this.#byte(bytes[at] ?? 0, events);
        continue;
      }
      if (this.#place === "connected") {
        this.#place = "data";
        if (bytes[at] === LF && this.#lfIsOurs) continue;
      }
      const rest = bytes.subarray(at);
      this.#tail.see(rest);
      events.push({ is: "data", bytes: rest });
      break;
    }
    return events;
  }

  #byte(byte: number, events: HayesEvent[]): void {
    if (byte === LF && this.#numberEnded) this.#numbersEndInLf = true;
    this.#numberEnded = false;
    if (byte === CR || byte === LF) this.#endLine(byte, events);
    else if (byte !== NUL && !this.#skipping) {
      this.#line.push(byte);
      if (this.#line.length < MAX_HAYES_LINE_BYTES) return;
      events.push({ is: "violation", what: `line of more than ${MAX_HAYES_LINE_BYTES} bytes` });
      this.#line = [];
      this.#skipping = true;
    }
  }

  #endLine(end: number, events: HayesEvent[]): void {
    const line = this.#line;
    this.#line = [];
    if (this.#skipping) {
      this.#skipping = false;
      return;
    }
    const text = String.fromCharCode(...line).trim();
    if (text === "") return;
    if (line.some((byte) => byte > TILDE || (byte < 0x20 && byte !== 9)))
      events.push({ is: "violation", what: "bytes that no modem says" });
    else this.#said(this.#withoutEcho(text), end, events);
  }

  /** Whatever stands behind the echo of a command: "ATZOK" of a modem that ends no echo. */
  #withoutEcho(text: string): string {
    const upper = text.toUpperCase();
    const at = this.#echoes.findIndex((echo) => upper.startsWith(echo));
    if (at < 0) return text;
    const rest = text.slice(this.#echoes[at]?.length).trim();
    if (rest !== "" && resultOf(rest) === undefined && !/^\d$/.test(rest)) return text;
    this.#echoes.splice(0, at + 1);
    return rest;
  }

  #said(text: string, end: number, events: HayesEvent[]): void {
    if (text === "") return;
    const word = resultOf(text);
    const number = word === undefined && !this.#speaks ? numberOf(text) : undefined;
    const result = word ?? number;
    if (result === undefined) {
      events.push(callerOf(text) ?? { is: "info", text });
      return;
    }
    if (word !== undefined) this.#speaks = true;
    this.#numberEnded = number !== undefined && end === CR;
    const speed = word === "connect" ? speedOf(text) : undefined;
    events.push({ is: "result", result, text, ...(speed === undefined ? {} : { speed }) });
    if (result !== "connect" || !(this.#mayConnect || this.#answers)) return;
    this.#place = "connected";
    this.#lfIsOurs = end === CR && (number === undefined || this.#numbersEndInLf);
    this.#echoes = [];
  }
}

function resultOf(text: string): HayesResult | undefined {
  const said = text.toUpperCase().replace(/\s+/g, " ");
  return WORDS.find(([pattern]) => pattern.test(said))?.[1];
}

/** "CONNECT 115200/ARQ/V34/LAPM": the largest number, for others are names of protocols. */
function speedOf(text: string): number | undefined {
  const numbers = (text.match(/\d{2,7}/g) ?? []).map(Number);
  return numbers.length === 0 ? undefined : Math.max(...numbers);
}

function numberOf(text: string): HayesResult | undefined {
  if (!/^\d{1,2}$/.test(text)) return undefined;
  const number = Number(text);
  if (number === 9) return "ringing";
  return NUMBERS[number] ?? "connect";
}

function callerOf(text: string): HayesEvent | undefined {
  const [, field, value, clip, number] = CALLER.exec(text) ?? [];
  if (field !== undefined)
    return { is: "caller", field: field.toUpperCase(), value: (value ?? "").trim() };
  return clip === undefined ? undefined : { is: "caller", field: "NMBR", value: number ?? "" };
}

const NO_CARRIER = latin1("\nNO CARRIER");
/** Some modems speak in small letters. */
const upper = (byte: number): number => (byte >= 0x61 && byte <= 0x7a ? byte - 0x20 : byte);

/** Whether a stream ends in a line "NO CARRIER" and nothing after it. */
class NoCarrierTail {
  /** A line has just begun: the line end before it counts. */
  #matched = 1;
  #found = false;

  get found(): boolean {
    return this.#found;
  }

  reset(): void {
    this.#matched = 1;
    this.#found = false;
  }

  see(bytes: Uint8Array): void {
    for (const byte of bytes) {
      const lineEnd = byte === CR || byte === LF;
      if (lineEnd) {
        this.#found ||= this.#matched === NO_CARRIER.length;
        this.#matched = 1;
      } else {
        this.#found = false;
        this.#matched =
          this.#matched > 0 && upper(byte) === NO_CARRIER[this.#matched] ? this.#matched + 1 : 0;
      }
    }
  }
}
