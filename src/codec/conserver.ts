/*
 * conserver's client protocol, as conserver 8.2.7 speaks it: lines until a console is connected, then bytes.
 *
 *   lines     "ok", "login NAME", "passwd? host", "call NAME" …; the server says nothing of the console meanwhile
 *   console   both ways 0xFF begins a command of the protocol and is doubled where it is a byte of the console; from
 *             us the escape pair begins a command to the server, whose answer comes amid the console's bytes
 *
 * Our escape pair is 0x1E twice, set for this session: what a person types, ^Ec too, reaches the host. (Bytes above
 * 0x7F do not work: the server compares signed characters.) A 0x1E of the host's is sent by number.
 */
import { latin1 } from "../lib/bytes.ts";
import type { Codec } from "./codec.ts";

/** Longest line of the dialogue before the console. */
export const MAX_CONSERVER_LINE = 4096;

const COMMAND = 0xff;
const ESCAPE = 0x1e;
const LF = 0x0a;
const CR = 0x0d;
const OPENS = 0x5b;
const PAIR = [ESCAPE, ESCAPE] as const;
const QUOTED_ESCAPE = [...PAIR, ...latin1("\\036")];

/** A line of the dialogue; `whole` is false where it was too long and cut. */
export interface ConserverLine {
  readonly is: "line";
  readonly text: string;
  readonly whole: boolean;
}

/** Cuts the dialogue into lines. */
export class ConserverLines implements Codec<ConserverLine> {
  #line: number[] = [];
  #whole = true;

  get held(): number {
    return this.#line.length;
  }

  receive(bytes: Uint8Array): ConserverLine[] {
    const lines: ConserverLine[] = [];
    for (let at = 0; at < bytes.length; ) {
      const { line, used } = this.take(bytes.subarray(at));
      if (line) lines.push(line);
      at += used;
    }
    return lines;
  }

  /** Takes up to the end of one line: what follows the last one is the console's. */
  take(bytes: Uint8Array): { readonly line: ConserverLine | undefined; readonly used: number } {
    let used = 0;
    for (const byte of bytes) {
      used++;
      if (byte === LF) {
        if (this.#line.at(-1) === CR) this.#line.pop();
        const text = String.fromCharCode(...this.#line);
        const line: ConserverLine = { is: "line", text, whole: this.#whole };
        this.#line = [];
        this.#whole = true;
        return { line, used };
      }
      if (this.#line.length < MAX_CONSERVER_LINE) this.#line.push(byte);
      else this.#whole = false;
    }
    return { line: undefined, used };
  }

  takeOutput(): Uint8Array {
    return NOTHING;
  }
}

/** What came from a connected console. */
export type ConserverEvent =
  | { readonly is: "data"; readonly bytes: Uint8Array }
  /** The server's answer to a command of ours, taken out of the bytes. */
  | { readonly is: "reply"; readonly text: string }
  /** A line that may be the server's own, or printed by the host: worth asking the server. It stays in the bytes. */
  | { readonly is: "hint"; readonly text: string }
  | { readonly is: "violation"; readonly what: string };

// Answers to a quoted byte and to a break: literals, so that nothing else is ever taken out of a host's bytes.
const QUOTE_ANSWERS = ["[quote \\036]", "[attach to send character]\r\n"].map(literal);
const BREAK_ANSWERS = [
  "[halt sent]\r\n",
  "[halt undefined]\r\n",
  "[halt aborted]\r\n",
  "[halt attach to send break]\r\n",
  "[can't halt read-only console]\r\n",
].map(literal);

const SPY_ANSWERS = ["[spying]\r\n", "[ok]\r\n"].map(literal);

interface Literal {
  readonly text: string;
  readonly bytes: Uint8Array;
}
function literal(text: string): Literal {
  return { text, bytes: latin1(text) };
}

/** Most that is kept between calls: a line that may be a notice, and the beginning of an answer. */
export const MAX_CONSERVER_HELD = 256;
const MAX_NOTICE = 160;
/** Answers that are waited for; a megabyte of 0x1E typed at once waits for no more. */
const MAX_AWAITED = 100_000;

const NOTICE =
  /^\[(?:forced to `spy' mode by |attached\]|bumped |line down by |spying\]|read-only -- |down -- |.{1,60} -- use )/;

/** A connected console. */
export class ConserverConsole implements Codec<ConserverEvent> {
  #sawCommand = false;
  /** Beginning of what may become an answer. */
  #partial: number[] = [];
  readonly #awaited: (readonly Literal[])[] = [];
  /** The line so far, while it may be a notice. */
  #line: number[] | undefined = [];
  #data: number[] = [];
  #events: ConserverEvent[] = [];

  get held(): number {
    return this.#partial.length + (this.#line?.length ?? 0);
  }

  receive(wire: Uint8Array): ConserverEvent[] {
    for (const byte of wire) {
      if (this.#sawCommand) {
        this.#sawCommand = false;
        if (byte === COMMAND) this.#consoleByte(byte);
        else
          this.#emit({ is: "violation", what: `the server sent command ${byte}, not asked for` });
      } else if (byte === COMMAND) this.#sawCommand = true;
      else this.#consoleByte(byte);
    }
    if (this.#awaited.length === 0) this.#release();
    this.#flush();
    const events = this.#events;
    this.#events = [];
    return events;
  }

  takeOutput(): Uint8Array {
    return NOTHING;
  }

  /** Typed bytes for the wire. */
  encode(bytes: Uint8Array): Uint8Array {
    const out: number[] = [];
    for (const byte of bytes) {
      if (byte === COMMAND) out.push(COMMAND, COMMAND);
      else if (byte === ESCAPE) {
        this.#await(QUOTE_ANSWERS);
        out.push(...QUOTED_ESCAPE);
      } else out.push(byte);
    }
    return Uint8Array.from(out);
  }

  /** Asks for the console's own break; a reply event has the answer. */
  encodeBreak(): Uint8Array {
    this.#await(BREAK_ANSWERS);
    return Uint8Array.from([...PAIR, ...latin1("l0")]);
  }

  /** Gives up writing: conserver 8.2.7 makes a spy the writer when the writer leaves. */
  encodeSpy(): Uint8Array {
    this.#await(SPY_ANSWERS);
    return CONSERVER.spy;
  }

  /** No answer is waited for any more. */
  abandon(): void {
    this.#awaited.length = 0;
  }

  #await(answers: readonly Literal[]): void {
    if (this.#awaited.length < MAX_AWAITED) this.#awaited.push(answers);
  }

  #consoleByte(byte: number): void {
    if (this.#awaited.length === 0 && this.#partial.length === 0) {
      this.#deliver(byte);
      return;
    }
    this.#partial.push(byte);
    while (this.#partial.length > 0 && !this.#mayBecomeAnswer()) this.#pass();
    const answer = this.#awaited[0]?.find((one) => one.bytes.length === this.#partial.length);
    if (answer === undefined || this.#partial.length === 0) return;
    this.#partial = [];
    this.#awaited.shift();
    if (BREAK_ANSWERS.includes(answer)) this.#emit({ is: "reply", text: answer.text.trim() });
  }

  #mayBecomeAnswer(): boolean {
    const answers = this.#awaited[0];
    return (
      answers?.some(({ bytes }) => this.#partial.every((byte, i) => bytes[i] === byte)) ?? false
    );
  }

  /** The first byte of the partial one is the console's. */
  #pass(): void {
    this.#deliver(this.#partial.shift() ?? 0);
  }

  #deliver(byte: number): void {
    this.#data.push(byte);
    if (byte === LF) this.#endLine();
    else if (this.#line === undefined || byte === CR) return;
    else if (this.#line.length === 0 && byte !== OPENS) this.#line = undefined;
    else if (this.#line.length >= MAX_NOTICE) this.#line = undefined;
    else this.#line.push(byte);
  }

  #endLine(): void {
    const line = this.#line;
    this.#line = [];
    if (line === undefined || line.length === 0) return;
    const text = String.fromCharCode(...line);
    if (text.endsWith("]") && NOTICE.test(text)) this.#emit({ is: "hint", text });
  }

  #release(): void {
    while (this.#partial.length > 0) this.#pass();
  }

  #emit(event: ConserverEvent): void {
    this.#flush();
    this.#events.push(event);
  }

  #flush(): void {
    if (this.#data.length === 0) return;
    this.#events.push({ is: "data", bytes: Uint8Array.from(this.#data) });
    this.#data = [];
  }
}

/** Commands to the server before the console is connected; each is answered by a line. */
export const CONSERVER = {
  /** From the escape that every session begins with to ours. */
  setEscape: latin1(`\x05ce${String.fromCharCode(...PAIR)}`),
  state: escaped("="),
  open: escaped("o"),
  force: escaped("f"),
  spy: escaped("s"),
  connect: escaped(";"),
  leave: escaped("."),
} as const;

function escaped(letter: string): Uint8Array {
  return Uint8Array.from([...PAIR, ...latin1(letter)]);
}

const NOTHING = new Uint8Array(0);
