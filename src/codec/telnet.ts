/**
 * Telnet, both sides of it (RFC 854, 855, 856, 857, 858, 1143), byte-true.
 *
 *   wire ─► receive ─► data / break / option / subnegotiation / command / violation
 *   console bytes ─► encode ─► wire          answers to options wait in takeOutput: send them before encoded bytes
 *
 * As a client we answer and do not offer: an unasked option is typed into the host by some servers (QEMU leaks a "P" of
 * NAWS). Outside BINARY every CR travels as CR NUL, so that CR, LF and NUL arrive as they were given; CR LF would be one
 * Enter to some servers and two to others. What is not telnet is given back as data, with a violation: QEMU's chardev
 * does not double 0xFF, and a console byte must not be lost.
 */
import { concatBytes } from "../lib/bytes.ts";
import type { Codec } from "./codec.ts";
import { type OptionState, peerRefuses, peerWants, TELNET_OPTION, weAsk } from "./telnet-option.ts";

const CR = 13;
const EOF = 236;
const SE = 240;
const BRK = 243;
const SB = 250;
const WILL = 251;
const WONT = 252;
const DO = 253;
const DONT = 254;
const IAC = 255;

/** Longest subnegotiation; one that is longer was none, and is given back as data. */
export const MAX_SUBNEGOTIATION_BYTES = 512;
/** Answers to options that a peer can draw out of us, besides one for every DATA_PER_ANSWER bytes of data. */
export const MAX_ANSWERS = 64;
/** Data that earns one more answer: ECHO may be toggled at every password for years, a loop of options dies out. */
export const DATA_PER_ANSWER = 64;

/** Which end of the connection an option is about. */
export type TelnetSide = "ours" | "theirs";

/** What came over the wire. */
export type TelnetEvent =
  | { readonly is: "data"; readonly bytes: Uint8Array }
  | { readonly is: "break" }
  | Readonly<{ is: "option"; side: TelnetSide; option: number; on: boolean }>
  | { readonly is: "subnegotiation"; readonly option: number; readonly bytes: Uint8Array }
  | { readonly is: "command"; readonly command: number }
  | { readonly is: "violation"; readonly what: string };

/** Which options are agreed to when the peer asks, and which we ask for ourselves at once. */
export interface TelnetOptions {
  readonly accept: Readonly<Record<TelnetSide, readonly number[]>>;
  readonly offer: Readonly<Record<TelnetSide, readonly number[]>>;
}

const { binary, echo, suppressGoAhead } = TELNET_OPTION;

/** A client that agrees to a clean eight-bit line with remote echo, and asks for nothing. */
export const TELNET_CLIENT: TelnetOptions = {
  accept: { ours: [binary, suppressGoAhead], theirs: [binary, echo, suppressGoAhead] },
  offer: { ours: [], theirs: [] },
};

/** A console server as QEMU and ser2net are: it asks for all that a clean line needs. */
export const TELNET_SERVER: TelnetOptions = {
  accept: { ours: [binary, echo, suppressGoAhead], theirs: [binary, suppressGoAhead] },
  offer: { ours: [echo, suppressGoAhead, binary], theirs: [binary] },
};

type Place = "data" | "command" | "option" | "subnegotiation" | "subnegotiationCommand";

/** Telnet between a console server and us. */
export class TelnetCodec implements Codec<TelnetEvent> {
  readonly #accept: TelnetOptions["accept"];
  readonly #states = new Map<number, OptionState>();
  #output: Uint8Array[] = [];
  #place: Place = "data";
  /** WILL, WONT, DO or DONT whose option is still to come. */
  #verb = 0;
  #subnegotiation: number[] = [];
  /** The last byte of data was a CR, and no NUL has been taken away after it. */
  #afterCr = false;
  #answers = MAX_ANSWERS;
  #dataSinceAnswer = 0;
  #stormTold = false;

  constructor(options: TelnetOptions = TELNET_CLIENT) {
    this.#accept = options.accept;
    for (const side of ["ours", "theirs"] as const) {
      for (const option of options.offer[side]) this.ask(side, option, true);
    }
  }

  /** Bytes of an unfinished subnegotiation. */
  get held(): number {
    return this.#subnegotiation.length;
  }

  /** The option is agreed on. */
  isOn(side: TelnetSide, option: number): boolean {
    return this.#states.get(keyOf(side, option)) === "yes";
  }

  /** Asks the peer to turn an option on or off; the answer comes as an option event. */
  ask(side: TelnetSide, option: number, on: boolean): void {
    const key = keyOf(side, option);
    const step = weAsk(this.#states.get(key) ?? "no", on);
    this.#states.set(key, step.state);
    if (step.say !== undefined) this.#say(side, option, step.say);
  }

  takeOutput(): Uint8Array {
    if (this.#output.length === 0) return NOTHING;
    const output = concatBytes(this.#output);
    this.#output = [];
    return output;
  }

  /** Console bytes as they go over the wire. Returns the same array where nothing has to be added. */
  encode(bytes: Uint8Array): Uint8Array {
    const crNul = !this.isOn("ours", binary);
    if (bytes.indexOf(IAC) < 0 && !(crNul && bytes.indexOf(CR) >= 0)) return bytes;
    const wire = new Uint8Array(bytes.length * 2);
    let length = 0;
    for (const byte of bytes) {
      wire[length++] = byte;
      if (byte === IAC) wire[length++] = IAC;
      else if (byte === CR && crNul) wire[length++] = 0;
    }
    return wire.subarray(0, length);
  }

  /** BREAK as it goes over the wire. */
  encodeBreak(): Uint8Array {
    return Uint8Array.of(IAC, BRK);
  }

  /** A subnegotiation as it goes over the wire. */
  encodeSubnegotiation(option: number, bytes: Uint8Array): Uint8Array {
    const content: number[] = [];
    for (const byte of [option, ...bytes]) content.push(...(byte === IAC ? [IAC, IAC] : [byte]));
    return Uint8Array.of(IAC, SB, ...content, IAC, SE);
  }

  receive(bytes: Uint8Array): TelnetEvent[] {
    const events: TelnetEvent[] = [];
    let at = 0;
    while (at < bytes.length) {
      if (this.#place === "data") at = this.#data(bytes, at, events);
      else this.#control(bytes[at++] ?? 0, events);
    }
    return events;
  }

  /** The wire ended: what was held back as a subnegotiation may have been the host's last words. */
  end(): Uint8Array {
    return this.#place.startsWith("sub") ? this.#takeSubnegotiation() : NOTHING;
  }

  /** Data up to the next IAC; returns the place after it. */
  #data(bytes: Uint8Array, from: number, events: TelnetEvent[]): number {
    const iac = bytes.indexOf(IAC, from);
    const end = iac < 0 ? bytes.length : iac;
    if (end > from) this.#text(bytes.subarray(from, end), events);
    if (iac < 0) return end;
    this.#place = "command";
    return end + 1;
  }

  /** Data without IAC. Only a NUL can need taking out, so lines ending in CR LF are never cut. */
  #text(text: Uint8Array, events: TelnetEvent[]): void {
    let from = 0;
    if (!this.isOn("theirs", binary)) {
      for (let nul = text.indexOf(0); nul >= 0; nul = text.indexOf(0, nul + 1)) {
        if (!(nul === 0 ? this.#afterCr : text[nul - 1] === CR)) continue;
        this.#give(text.subarray(from, nul), events);
        from = nul + 1;
      }
    }
    this.#afterCr = text[text.length - 1] === CR;
    this.#give(text.subarray(from), events);
  }

  #give(bytes: Uint8Array, events: TelnetEvent[]): void {
    if (bytes.length === 0) return;
    events.push({ is: "data", bytes });
    if (this.#answers === MAX_ANSWERS) return;
    this.#dataSinceAnswer += bytes.length;
    const earned = Math.floor(this.#dataSinceAnswer / DATA_PER_ANSWER);
    this.#answers = Math.min(MAX_ANSWERS, this.#answers + earned);
    this.#dataSinceAnswer =
      this.#answers === MAX_ANSWERS ? 0 : this.#dataSinceAnswer % DATA_PER_ANSWER;
  }

  #control(byte: number, events: TelnetEvent[]): void {
    switch (this.#place) {
      case "data":
        return;
      case "command":
        this.#place = "data";
        this.#command(byte, events);
        return;
      case "option":
        this.#place = "data";
        this.#option(this.#verb, byte, events);
        return;
      case "subnegotiation":
        if (byte === IAC) this.#place = "subnegotiationCommand";
        else this.#collect(byte, events);
        return;
      case "subnegotiationCommand":
        this.#endSubnegotiation(byte, events);
        return;
    }
  }

  #command(byte: number, events: TelnetEvent[]): void {
    if (byte >= WILL && byte <= DONT) {
      this.#verb = byte;
      this.#place = "option";
    } else if (byte === SB) {
      this.#place = "subnegotiation";
    } else if (byte === IAC) {
      this.#text(Uint8Array.of(IAC), events);
    } else if (byte === BRK) {
      events.push({ is: "break" });
    } else if (byte > SE || (byte >= EOF && byte < SE)) {
      events.push({ is: "command", command: byte });
    } else {
      events.push({ is: "violation", what: `IAC ${byte} is no command` });
      this.#text(Uint8Array.of(IAC, byte), events);
    }
  }

  #option(verb: number, option: number, events: TelnetEvent[]): void {
    const side: TelnetSide = verb === WILL || verb === WONT ? "theirs" : "ours";
    const wants = verb === WILL || verb === DO;
    const key = keyOf(side, option);
    const before = this.#states.get(key) ?? "no";
    const agree = this.#accept[side].includes(option);
    const step = wants ? peerWants(before, agree) : peerRefuses(before);
    if (step.say !== undefined && this.#answers === 0) {
      if (!this.#stormTold) events.push({ is: "violation", what: "storm of options" });
      this.#stormTold = true;
      // Unanswered, so nothing was agreed on; but what the peer turned off is off.
      if (wants) return;
    } else if (step.say !== undefined) {
      this.#answers -= 1;
      this.#say(side, option, step.say);
    }
    this.#states.set(key, step.state);
    const on = step.state === "yes";
    // A refusal of what we asked for is an answer, too.
    const told = on !== (before === "yes") || before === "wantYes";
    if (told) events.push({ is: "option", side, option, on });
  }

  #say(side: TelnetSide, option: number, on: boolean): void {
    const verb = side === "ours" ? (on ? WILL : WONT) : on ? DO : DONT;
    this.#output.push(Uint8Array.of(IAC, verb, option));
  }

  #collect(byte: number, events: TelnetEvent[]): void {
    this.#subnegotiation.push(byte);
    if (this.#subnegotiation.length < MAX_SUBNEGOTIATION_BYTES) return;
    this.#giveBack("subnegotiation without end", events);
  }

  #endSubnegotiation(byte: number, events: TelnetEvent[]): void {
    this.#place = "subnegotiation";
    if (byte === IAC) {
      this.#collect(IAC, events);
      return;
    }
    const [option, ...content] = this.#subnegotiation;
    if (byte === SE) {
      if (option === undefined) events.push({ is: "violation", what: "empty subnegotiation" });
      else events.push({ is: "subnegotiation", option, bytes: Uint8Array.from(content) });
      this.#subnegotiation = [];
      this.#place = "data";
      return;
    }
    this.#giveBack(`IAC ${byte} in a subnegotiation`, events);
    this.#command(byte, events);
  }

  /** What looked like a subnegotiation was the host's own bytes behind a server that does not double 0xFF. */
  #giveBack(what: string, events: TelnetEvent[]): void {
    events.push({ is: "violation", what });
    this.#text(this.#takeSubnegotiation(), events);
  }

  #takeSubnegotiation(): Uint8Array {
    const bytes = Uint8Array.of(IAC, SB, ...this.#subnegotiation);
    this.#subnegotiation = [];
    this.#place = "data";
    return bytes;
  }
}

const NOTHING = new Uint8Array(0);

const keyOf = (side: TelnetSide, option: number): number =>
  side === "ours" ? option : option + 256;
