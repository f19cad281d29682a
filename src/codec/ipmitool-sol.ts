/**
 * ipmitool's terminal side of a serial-over-LAN session (ipmitool 1.8.19, lib/ipmi_sol.c).
 *
 *   "[SOL Session operational. …]" LF ─► then the host's bytes, as they are, and notes of ipmitool's own
 *
 * Of what is typed it takes its escape character for itself, and only right after CR, LF or at the beginning: doubled
 * there, it goes through once. `~B` is BREAK in those places; the note that it prints about it is taken out again.
 */
import { concatBytes, latin1 } from "../lib/bytes.ts";
import type { Codec } from "./codec.ts";

/** Longest text before the session is up; more is given up on. */
export const MAX_SOL_GREETING = 4096;

const ESCAPE = 126;
const CR = 13;
const LF = 10;
const GREETING = /\[SOL Session operational\. {2}Use .\? for help\]\r?\n/;
const NOTE = "~B [send break]";

/** What came out of ipmitool. */
export type SolEvent =
  | { readonly is: "up" }
  | { readonly is: "data"; readonly bytes: Uint8Array }
  | { readonly is: "violation"; readonly what: string };

/** One run of `ipmitool sol activate`. */
export class IpmitoolSolCodec implements Codec<SolEvent> {
  #place: "greeting" | "up" | "lost" = "greeting";
  #held = "";
  #notes = 0;
  #afterLine = true;

  /** Bytes that are kept between calls. */
  get held(): number {
    return this.#held.length;
  }

  /** Whether `~B` would be understood now: what was typed last ended a line. */
  get takesBreak(): boolean {
    return this.#afterLine;
  }

  takeOutput(): Uint8Array {
    return new Uint8Array(0);
  }

  receive(bytes: Uint8Array): SolEvent[] {
    switch (this.#place) {
      case "lost":
        return [];
      case "greeting":
        return this.#greet(text(bytes));
      case "up":
        return data(this.#withoutNotes(bytes));
    }
  }

  /** Typed bytes as ipmitool wants them. */
  encode(bytes: Uint8Array): Uint8Array {
    const parts: Uint8Array[] = [];
    let from = 0;
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at];
      if (byte === ESCAPE && this.#afterLine) {
        parts.push(bytes.subarray(from, at + 1));
        from = at;
      }
      this.#afterLine = byte === CR || byte === LF;
    }
    parts.push(bytes.subarray(from));
    return concatBytes(parts);
  }

  /** The keys for BREAK, where `takesBreak`. They must not be read together with keys typed before: those come later then. */
  encodeBreak(): Uint8Array {
    this.#notes += 1;
    return latin1("~B");
  }

  /** The keys that end the session, where `takesBreak`. */
  encodeEnd(): Uint8Array {
    return latin1("~.");
  }

  #greet(more: string): SolEvent[] {
    this.#held += more;
    const found = GREETING.exec(this.#held);
    if (found && found.index + found[0].length <= MAX_SOL_GREETING) {
      const rest = latin1(this.#held.slice(found.index + found[0].length));
      this.#held = "";
      this.#place = "up";
      return [{ is: "up" }, ...data(this.#withoutNotes(rest))];
    }
    if (this.#held.length <= MAX_SOL_GREETING) return [];
    this.#held = "";
    this.#place = "lost";
    return [{ is: "violation", what: `no session after ${MAX_SOL_GREETING} bytes` }];
  }

  /** Takes out as many notes as BREAKs were sent; holds back what may be the beginning of one. */
  #withoutNotes(bytes: Uint8Array): Uint8Array {
    if (this.#notes === 0 && this.#held === "") return bytes;
    let rest = this.#held + text(bytes);
    let out = "";
    while (this.#notes > 0) {
      const at = rest.indexOf(NOTE);
      const end = at < 0 ? -1 : lineEnd(rest, at + NOTE.length);
      if (end < 0) break;
      out += rest.slice(0, at);
      rest = rest.slice(end);
      this.#notes -= 1;
    }
    const keep = this.#notes > 0 ? beginningOfNote(rest) : 0;
    this.#held = rest.slice(rest.length - keep);
    return latin1(out + rest.slice(0, rest.length - keep));
  }
}

/** Place after an optional CR and LF; -1 where that is still to come. */
function lineEnd(rest: string, at: number): number {
  const cr = rest[at] === "\r" ? 1 : 0;
  if (rest.length <= at + cr) return -1;
  return rest[at + cr] === "\n" ? at + cr + 1 : at;
}

/** How many bytes at the end may be the beginning of a note, or a note whose line end is still to come. */
function beginningOfNote(rest: string): number {
  for (const whole of [`${NOTE}\r`, NOTE]) if (rest.endsWith(whole)) return whole.length;
  for (let length = Math.min(NOTE.length - 1, rest.length); length > 0; length--)
    if (NOTE.startsWith(rest.slice(rest.length - length))) return length;
  return 0;
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");

const data = (bytes: Uint8Array): SolEvent[] => (bytes.length === 0 ? [] : [{ is: "data", bytes }]);

/** Why a session did not come about. */
export interface SolRefusal {
  readonly is: "login" | "busy" | "refused";
  readonly why: string;
  readonly hint: string;
}

const SUITE_HINT = "Set cipher-suite: 3 for older BMCs, 17 for newer ones";
const USER_HINT = "Check user and password, and that IPMI over LAN is allowed for this user";

// What ipmitool says with -v on its error output. The first that is found counts.
const REFUSALS: readonly (readonly [RegExp, SolRefusal])[] = [
  [
    /RAKP 2 HMAC is invalid|incorrect password/i,
    { is: "login", why: "wrong password", hint: USER_HINT },
  ],
  [/unauthorized name|invalid user/i, { is: "login", why: "no such user", hint: USER_HINT }],
  [
    /(?:invalid|unauthorized) role|privilege level/i,
    {
      is: "login",
      why: "this user may not have the privilege level asked for",
      hint: "Set privilege: operator or user",
    },
  ],
  [
    /already active on another session|activation limit/,
    {
      is: "busy",
      why: "another session has the console",
      hint: "A dead session is forgotten after about a minute; take: true ends it, whoever has it",
    },
  ],
  [
    /invalid (?:authentication|integrity|confidentiality) algorithm|no matching \w+ payload|is not what we requested|cipher suite/i,
    { is: "refused", why: "it does not speak this cipher suite", hint: SUITE_HINT },
  ],
  [
    /without encryption/,
    { is: "refused", why: "it wants a cipher suite with encryption", hint: SUITE_HINT },
  ],
  [
    /with encryption/,
    { is: "refused", why: "it wants a cipher suite without encryption", hint: SUITE_HINT },
  ],
  [
    /SOL payload disabled/,
    {
      is: "refused",
      why: "serial over LAN is switched off",
      hint: "Switch it on: ipmitool sol set enabled true 1, and sol payload enable 1 USER-ID",
    },
  ],
  [
    /insufficient resources/i,
    {
      is: "refused",
      why: "it has no session left",
      hint: "Too many are logged in; dead sessions are forgotten after about a minute",
    },
  ],
  [
    /Address lookup for/,
    {
      is: "refused",
      why: "no such host",
      hint: "Check the name, or use the address: names may not resolve when it matters",
    },
  ],
  [
    /Unable to establish IPMI v2/,
    {
      is: "refused",
      why: "the BMC does not answer",
      hint: "Check address and UDP port, that the BMC has power, and that IPMI over LAN is switched on",
    },
  ],
];

/** What ipmitool's last words mean; undefined where we do not know them. */
export function solRefusal(said: string): SolRefusal | undefined {
  return REFUSALS.find(([pattern]) => pattern.test(said))?.[1];
}

/**
 * The session that has SOL, out of the answer to Get Payload Instance Info (IPMI 2.0, 24.5): "none", its id, or
 * undefined where the answer is none.
 */
export function solOwner(answer: string): string | undefined {
  const [, id] = /^\s*((?:[0-9a-f]{2} ){3}[0-9a-f]{2})\b/.exec(answer) ?? [];
  return id === "00 00 00 00" ? "none" : id;
}
