/**
 * The members of one large JSON object, one by one, without the whole of it in memory: Debian's security tracker is one
 * object of 60 MB, with a member for each source package. Only members that are wanted are kept; the others are counted past.
 */
import { concatBytes } from "../lib/bytes.ts";
import type { Codec } from "./codec.ts";

/** Longest name of a member; longest value that is kept. A longer one is a violation, and left out. */
export const MAX_NAME_BYTES = 512;
export const MAX_VALUE_BYTES = 16 * 1024 * 1024;

/** A member that was wanted, or what is wrong with the text. After `broken` nothing more comes. */
export type JsonMember =
  | { readonly is: "member"; readonly name: string; readonly value: unknown }
  | { readonly is: "violation"; readonly text: string }
  | { readonly is: "end" }
  | { readonly is: "broken"; readonly text: string };

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const OPENERS: ReadonlySet<number> = new Set([OPEN, 0x5b]);
const CLOSERS: ReadonlySet<number> = new Set([CLOSE, 0x5d]);
const BLANKS: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d]);

type State = "before" | "name-or-end" | "name" | "in-name" | "colon" | "value" | "done" | "broken";

/** Cuts the object's text into members. */
export class JsonMembers implements Codec<JsonMember> {
  readonly #wanted: (name: string) => boolean;
  #state: State = "before";
  #pieces: Uint8Array[] = [];
  #held = 0;
  /** Depth inside the value; a string there, and a backslash before the next byte. */
  #depth = 0;
  #inString = false;
  #escaped = false;
  #name = "";
  #keep = false;
  #tooLong = false;

  constructor(wanted: (name: string) => boolean) {
    this.#wanted = wanted;
  }

  get held(): number {
    return this.#held;
  }

  /** Whether the object came to its end. */
  get whole(): boolean {
    return this.#state === "done";
  }

  takeOutput(): Uint8Array {
    return new Uint8Array(0);
  }

  receive(bytes: Uint8Array): JsonMember[] {
    const events: JsonMember[] = [];
    let at = 0;
    while (at < bytes.length && this.#state !== "broken") at = this.#step(bytes, at, events);
    return events;
  }

  #step(bytes: Uint8Array, at: number, events: JsonMember[]): number {
    if (this.#state === "value") return this.#value(bytes, at, events);
    if (this.#state === "in-name") return this.#inName(bytes, at, events);
    const byte = bytes[at] ?? 0;
    if (!BLANKS.has(byte)) this.#between(byte, events);
    return at + 1;
  }

  /** A sign between names and values. */
  #between(byte: number, events: JsonMember[]): void {
    const state = this.#state;
    if (state === "before" && byte === OPEN) this.#state = "name-or-end";
    else if ((state === "name" || state === "name-or-end") && byte === QUOTE)
      this.#state = "in-name";
    else if (state === "name-or-end" && byte === CLOSE) this.#finish(events);
    else if (state === "colon" && byte === COLON) {
      this.#state = "value";
      this.#keep = this.#wanted(this.#name);
      this.#tooLong = false;
    } else this.#break(events, `a byte ${byte} stands where it cannot`);
  }

  #finish(events: JsonMember[]): void {
    this.#state = "done";
    events.push({ is: "end" });
  }

  #break(events: JsonMember[], text: string): void {
    this.#state = "broken";
    this.#drop();
    events.push({ is: "broken", text });
  }

  #drop(): void {
    this.#pieces = [];
    this.#held = 0;
  }

  #keepPiece(piece: Uint8Array): void {
    if (piece.length === 0) return;
    // What is unfinished outlives the call, so it must not be the caller's array.
    this.#pieces.push(piece.slice());
    this.#held += piece.length;
  }

  #inName(bytes: Uint8Array, at: number, events: JsonMember[]): number {
    let end = at;
    while (end < bytes.length && (this.#escaped || bytes[end] !== QUOTE)) {
      this.#escaped = !this.#escaped && bytes[end] === BACKSLASH;
      end++;
      if (this.#held + end - at > MAX_NAME_BYTES) {
        this.#break(events, "a name is too long");
        return end;
      }
    }
    this.#keepPiece(bytes.subarray(at, end));
    if (end === bytes.length) return end;
    const name = parse(`"${textOf(this.#pieces)}"`);
    this.#drop();
    if (typeof name !== "string") this.#break(events, "a name is no text");
    else {
      this.#name = name;
      this.#state = "colon";
    }
    return end + 1;
  }

  #value(bytes: Uint8Array, at: number, events: JsonMember[]): number {
    const end = this.#endOfValue(bytes, at);
    if (this.#keep) {
      if (this.#held + end - at > MAX_VALUE_BYTES) {
        this.#keep = false;
        this.#tooLong = true;
        this.#drop();
      } else this.#keepPiece(bytes.subarray(at, end));
    }
    if (end === bytes.length) return end;
    this.#take(events);
    if (bytes[end] === COMMA) this.#state = "name";
    else if (bytes[end] === CLOSE) this.#finish(events);
    else this.#break(events, "a list ends that never began");
    return end + 1;
  }

  /** Where the value ends: at the comma or bracket of the object around it. */
  #endOfValue(bytes: Uint8Array, at: number): number {
    for (let end = at; end < bytes.length; end++) {
      const byte = bytes[end] ?? 0;
      if (this.#inString) this.#stringByte(byte);
      else if (this.#depth === 0 && (byte === COMMA || CLOSERS.has(byte))) return end;
      else if (byte === QUOTE) this.#inString = true;
      else if (OPENERS.has(byte)) this.#depth++;
      else if (CLOSERS.has(byte)) this.#depth--;
    }
    return bytes.length;
  }

  #stringByte(byte: number): void {
    if (this.#escaped) this.#escaped = false;
    else if (byte === BACKSLASH) this.#escaped = true;
    else if (byte === QUOTE) this.#inString = false;
  }

  #take(events: JsonMember[]): void {
    if (this.#keep) {
      const value = parse(textOf(this.#pieces));
      if (value === undefined) events.push({ is: "violation", text: "a value is no JSON" });
      else events.push({ is: "member", name: this.#name, value });
    } else if (this.#tooLong) events.push({ is: "violation", text: "a value is too long" });
    this.#drop();
  }
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const textOf = (pieces: readonly Uint8Array[]): string => decoder.decode(concatBytes(pieces));

/** undefined stands for what is no JSON: JSON itself has no such value. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
