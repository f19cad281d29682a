/**
 * The attach escape: finds in what a person types the keys that are meant for us, and lets all else through untouched.
 *
 *   text ─escape─► opening (second byte of "^Ec") ─► menu ─key─► event, text       3 s without a key: text
 *                                                    ├─ first key of two ("l0") ─► menu
 *                                                    └─ SysRq ─key─► event, text
 *
 * The escape typed twice sends it once. Pastes do not go through here: what is pasted is for the host.
 */
import type { Millis } from "../lib/clock.ts";
import type { Codec } from "./codec.ts";
import type { EscapeAction, EscapeProfile } from "./escape-profile.ts";

/** How long the menu waits for a key. */
export const ESCAPE_MENU_TIMEOUT: Millis = 3000;

/** What a person typed. */
export type EscapeEvent =
  | { readonly is: "bytes"; readonly bytes: Uint8Array }
  /** The menu stands open: show it. */
  | { readonly is: "menu" }
  /** Nothing, or nothing that it knows, was chosen. */
  | { readonly is: "menuClosed"; readonly unknown?: number }
  /** The SysRq key is awaited. */
  | { readonly is: "sysrqMenu" }
  | { readonly is: "sysrq"; readonly key: number }
  | { readonly is: Exclude<EscapeAction, "sysrq"> };

const CR = 13;
const LF = 10;
const ESC = 0x1b;

type Place = "text" | "opening" | "menu" | "second" | "sysrq";

/** Keys meant for us, told from keys meant for the host. */
export class EscapeKeys implements Codec<EscapeEvent> {
  readonly #profile: EscapeProfile;
  readonly #actions: ReadonlyMap<string, EscapeAction>;
  readonly #firsts: ReadonlySet<number>;
  #place: Place = "text";
  /** First key of two. */
  #first = 0;
  #atLineStart = true;
  #now: Millis = 0;
  #deadline: Millis | undefined;

  constructor(profile: EscapeProfile) {
    this.#profile = profile;
    const typed = profile.keys.map(({ keys, action }) => [typedAs(keys), action] as const);
    this.#actions = new Map(typed);
    this.#firsts = new Set(
      typed.flatMap(([keys]) => (keys.length > 1 ? [keys.charCodeAt(0)] : [])),
    );
  }

  /** Bytes that wait for what comes after them. */
  get held(): number {
    return this.#place === "text" ? 0 : 2;
  }

  /** When `tick` wants to be called. */
  get nextTick(): Millis | undefined {
    return this.#deadline;
  }

  takeOutput(): Uint8Array {
    return new Uint8Array(0);
  }

  /** What was typed at `now` (monotonic). */
  receive(bytes: Uint8Array, now: Millis = this.#now): EscapeEvent[] {
    const events = this.tick(now);
    let at = 0;
    while (at < bytes.length) {
      if (this.#place === "text") at = this.#text(bytes, at, events);
      else this.#key(bytes[at++] ?? 0, events);
    }
    return events;
  }

  /** Closes a menu whose time is up. Text that only looked like an escape is sent on. */
  tick(now: Millis): EscapeEvent[] {
    this.#now = now;
    if (this.#deadline === undefined || now < this.#deadline) return [];
    const events: EscapeEvent[] = [];
    if (this.#place === "opening") this.#send(this.#profile.opens.slice(0, 1), events);
    else if (this.#profile.isText) this.#send(this.#profile.opens, events);
    else events.push({ is: "menuClosed" });
    this.#close();
    return events;
  }

  /** Text up to the next escape; returns the place after it. */
  #text(bytes: Uint8Array, from: number, events: EscapeEvent[]): number {
    const found = this.#findEscape(bytes, from);
    const end = found < 0 ? bytes.length : found;
    if (end > from) {
      events.push({ is: "bytes", bytes: bytes.subarray(from, end) });
      this.#atLineStart = endsLine(bytes[end - 1]);
    }
    if (found < 0) return end;
    if (this.#profile.opens.length > 1) this.#wait("opening");
    else this.#open(events);
    return end + 1;
  }

  #findEscape(bytes: Uint8Array, from: number): number {
    const opener = this.#profile.opens[0];
    if (opener === undefined) return -1;
    let at = bytes.indexOf(opener, from);
    if (!this.#profile.atLineStart) return at;
    while (at >= 0 && !(at === from ? this.#atLineStart : endsLine(bytes[at - 1])))
      at = bytes.indexOf(opener, at + 1);
    return at;
  }

  #key(byte: number, events: EscapeEvent[]): void {
    switch (this.#place) {
      case "text":
        return;
      case "opening":
        this.#opening(byte, events);
        return;
      case "menu":
        this.#menu(byte, events);
        return;
      case "second":
        this.#choose(String.fromCharCode(this.#first, byte), byte, events);
        return;
      case "sysrq":
        this.#close();
        events.push(byte === ESC ? { is: "menuClosed" } : { is: "sysrq", key: byte });
        return;
    }
  }

  #opening(byte: number, events: EscapeEvent[]): void {
    const [first = 0, second] = this.#profile.opens;
    if (byte === second) {
      this.#open(events);
      return;
    }
    this.#close();
    // Twice sends one; with any other key after it, it was for the host, and so is that key.
    this.#send(byte === first ? [first] : [first, byte], events);
  }

  #menu(byte: number, events: EscapeEvent[]): void {
    if (byte === this.#profile.opens[0]) {
      this.#close();
      this.#send([byte], events);
    } else if (this.#firsts.has(byte)) {
      this.#first = byte;
      this.#wait("second");
    } else {
      this.#choose(String.fromCharCode(byte), byte, events);
    }
  }

  #choose(keys: string, byte: number, events: EscapeEvent[]): void {
    const action = this.#actions.get(keys);
    this.#close();
    if (action === "sysrq") {
      this.#wait("sysrq");
      events.push({ is: "sysrqMenu" });
    } else if (action !== undefined) {
      events.push({ is: action });
    } else if (this.#profile.isText) {
      this.#send([...this.#profile.opens, byte], events);
    } else {
      events.push({ is: "menuClosed", unknown: byte });
    }
  }

  #open(events: EscapeEvent[]): void {
    this.#wait("menu");
    // What may be text gets no menu drawn over it.
    if (!this.#profile.isText) events.push({ is: "menu" });
  }

  #send(bytes: readonly number[], events: EscapeEvent[]): void {
    events.push({ is: "bytes", bytes: Uint8Array.from(bytes) });
    this.#atLineStart = endsLine(bytes.at(-1));
  }

  #wait(place: Place): void {
    this.#place = place;
    this.#deadline = this.#now + ESCAPE_MENU_TIMEOUT;
  }

  #close(): void {
    this.#place = "text";
    this.#deadline = undefined;
  }
}

/** "^D" is one byte, "l0" two. */
function typedAs(keys: string): string {
  return /^\^[A-Z]$/.test(keys) ? String.fromCharCode(keys.charCodeAt(1) - 64) : keys;
}

const endsLine = (byte: number | undefined): boolean => byte === CR || byte === LF;
