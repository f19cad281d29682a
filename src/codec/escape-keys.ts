/**
 * The attach escape: finds in what a person types the keys that are meant for us, and lets all else through untouched.
 *
 *   text ─escape─► opening (second byte of "^Ec") ─► menu ─key─► event, text       3 s without a key: text
 *                                                    ├─ first keys of several ("l0") ─► menu
 *                                                    ├─ SysRq ─key─► event, text
 *                                                    └─ a key that only its owner has ─► event, dropping what belongs to it
 *
 * The escape typed twice sends it once. Pastes do not go through here: what is pasted is for the host.
 */
import { latin1 } from "../lib/bytes.ts";
import type { Millis } from "../lib/clock.ts";
import type { Codec } from "./codec.ts";
import type { EscapeAction, EscapeKey, EscapeProfile } from "./escape-profile.ts";

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
  | { readonly is: ChosenAction; readonly key: EscapeKey };

/** Actions that whoever uses the codec carries out. */
export type ChosenAction = Exclude<EscapeAction, "sysrq" | "cancel">;

const CR = 13;
const LF = 10;
const ESC = 0x1b;

type Place = "text" | "opening" | "menu" | "sysrq" | "dropping";

/** Keys meant for us, told from keys meant for the host. */
export class EscapeKeys implements Codec<EscapeEvent> {
  readonly #profile: EscapeProfile;
  readonly #keys: Keys;
  #place: Place = "text";
  /** Keys of the menu so far, where one action has several. */
  #typed = "";
  #toDrop: number | "line" = 0;
  #atLineStart = true;
  #now: Millis = 0;
  #deadline: Millis | undefined;

  constructor(profile: EscapeProfile) {
    this.#profile = profile;
    this.#keys = keysOf(profile);
  }

  /** Bytes that wait for what comes after them. */
  get held(): number {
    return this.#place === "text" ? 0 : 2 + this.#typed.length;
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
    else if (this.#place !== "dropping") this.#sendUnchosen(events);
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
      case "dropping":
        this.#drop(byte);
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
    if (this.#typed === "" && byte === this.#profile.opens[0]) {
      this.#close();
      this.#send([byte], events);
      return;
    }
    this.#typed += String.fromCharCode(byte);
    const key = this.#keys.byTyped.get(this.#typed);
    if (key) this.#choose(key, events);
    else if (this.#keys.begun.has(this.#typed)) this.#wait("menu");
    else {
      this.#sendUnchosen(events, byte);
      this.#close();
    }
  }

  #choose(key: EscapeKey, events: EscapeEvent[]): void {
    const { action } = key;
    this.#close();
    if (action === "sysrq") {
      this.#wait("sysrq");
      events.push({ is: "sysrqMenu" });
    } else if (action === "cancel") {
      events.push({ is: "menuClosed" });
    } else {
      events.push({ is: action, key });
      if (key.drops === undefined) return;
      this.#toDrop = key.drops;
      this.#wait("dropping");
    }
  }

  /** Keys that its owner takes with a key of its own: they were not meant for the host. */
  #drop(byte: number): void {
    if (this.#toDrop === "line" ? endsLine(byte) : --this.#toDrop === 0) this.#close();
    else this.#wait("dropping");
  }

  /** Nothing, or nothing known, was chosen: what can be text is text. */
  #sendUnchosen(events: EscapeEvent[], unknown?: number): void {
    if (this.#profile.isText) this.#send([...this.#profile.opens, ...latin1(this.#typed)], events);
    else events.push({ is: "menuClosed", ...(unknown === undefined ? {} : { unknown }) });
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
    this.#typed = "";
    this.#deadline = undefined;
  }
}

/** A profile's keys as they are typed, and all that they begin with. */
interface Keys {
  readonly byTyped: ReadonlyMap<string, EscapeKey>;
  readonly begun: ReadonlySet<string>;
}

const made = new WeakMap<EscapeProfile, Keys>();

function keysOf(profile: EscapeProfile): Keys {
  const known = made.get(profile);
  if (known) return known;
  const byTyped = new Map(profile.keys.map((key) => [typedAs(key.keys), key]));
  const begun = [...byTyped.keys()].flatMap((typed) =>
    Array.from(typed, (_, n) => typed.slice(0, n)),
  );
  const keys = { byTyped, begun: new Set(begun) };
  made.set(profile, keys);
  return keys;
}

/** "^D" is one byte, "l0" two, "%b^M" three. */
function typedAs(keys: string): string {
  return keys.replace(/\^([A-Z])$/, (_, letter: string) =>
    String.fromCharCode(letter.charCodeAt(0) - 64),
  );
}

const endsLine = (byte: number | undefined): boolean => byte === CR || byte === LF;
