import type { DialogueCase, DialogueStep, DialogueSteps } from "../codec/dialogue-steps.ts";
import type { Millis } from "../lib/clock.ts";

/**
 * The dialogue of a family of serial PDUs: data, walked through by the power driver `serial-pdu`.
 *
 * Every talk begins anew: a key is typed, and what it answers says where the PDU is (its login, a menu that somebody left,
 * its prompt). Nothing else is typed before that answer, so a table belongs to the question before it. Then exactly one of
 * these values is set, and cases with `only:` do what it says:
 *
 * - `table`: the status of all outlets. Each row is a match with the groups of OutletRow; the end is `done`.
 * - `command`: one command, for `outlet`, called `name` in the table; `turn` is the family's word for it, and one of `on`
 *   and `off` is set.
 * - `leave`: the way out, so that the PDU's one session is free again.
 *
 * `user` and `password` are the login's. Patterns are matched against whole lines: what a person named an outlet stands in
 * them, so a pattern of a row or of a prompt is anchored at both ends.
 */
export interface SerialPduProfile {
  readonly summary: string;
  readonly sources: readonly string[];
  readonly steps: DialogueSteps;
  /** The step that begins on a line just opened, and the one that begins every later talk. */
  readonly opens: string;
  readonly begins: string;
  /** The step at which a command has been typed: from here on nothing but a reading tells what happened. */
  readonly typed: string;
  /** Words of commands. */
  readonly turn: { readonly on: string; readonly off: string };
  /** What the PDU calls on and off, without regard to case. All else is unknown. */
  readonly states: { readonly on: readonly string[]; readonly off: readonly string[] };
  /** Whether there is a way out to be taken. */
  readonly leaves: boolean;
  /** Longest time in which it may still show the old state. */
  readonly settle: Millis;
}

/** Groups of a row of the status table. */
export interface OutletRow {
  readonly outlet: string;
  readonly state: string;
  readonly name?: string;
  /** What the PDU wants it to be; where that differs from the state, a command is under way. */
  readonly control?: string;
  /** Anything here: a command is under way. */
  readonly busy?: string;
  /** The number that commands take, where the row has another one: they must be the same. */
  readonly number?: string;
  /** Anything here: the PDU would not switch it. */
  readonly locked?: string;
}

/** Declares the dialogue of a family of serial PDUs. */
export const defineSerialPdu = (profile: SerialPduProfile): SerialPduProfile => profile;

const USER =
  /^(?:.{0,60}[ \t>])?(?:login|user(?: ?name)?|enter user(?: name)?)[ \t]{0,3}[:>][ \t]{0,3}$/i;
const PASSWORD = /^(?:.{0,60}[ \t>])?(?:password|passcode)[ \t]{0,3}[:>][ \t]{0,3}$/i;
const REFUSED =
  /^[^a-z]{0,5}(?:(?:log[io]n|password|authentication|access|user(?: ?name)?)[^.]{0,40}(?:incorrect|invalid|fail|denied|refused|error|not valid)|(?:incorrect|invalid|bad|wrong) (?:login|user|password|name))/i;
/** Many PDUs serve one person at a time. */
const BUSY =
  /^[^a-z]{0,9}(?:[^.]{0,40}(?:in use|busy|already logged (?:in|on)|already active|another (?:user|session))|too many (?:users|sessions|connections))/i;

const refused = {
  code: "LOGIN_REFUSED",
  why: `it refuses the login: "{last}"`,
  hint: "Check user: and the secret under password: in the entry",
} as const;
const busy = {
  code: "PORT_BUSY",
  why: `somebody else is logged in: "{last}"`,
  hint: "One session at a time: ask them to log out there",
} as const;

const REFUSALS: readonly DialogueCase[] = [
  { line: REFUSED, fail: refused },
  { prompt: REFUSED, fail: refused },
  { prompt: USER, fail: refused },
  { prompt: PASSWORD, fail: refused },
];

/** What the command was refused with, in words. */
export const refusedCommand = {
  code: "PDU_REFUSED",
  why: `it refuses the command: "{last}"`,
} as const;

/** It asked to confirm something that was not wanted. */
export const askedOther = {
  code: "PDU_REFUSED",
  why: `it asked to confirm something other than outlet {outlet} {turn}, and was told no: "{last}"`,
} as const;

/** It says of another outlet that it switched it. */
export const switchedOther = {
  code: "PDU_REFUSED",
  why: `it answers for outlet {other} and not for {outlet}: "{last}"`,
  hint: "Read both outlets before anything else",
} as const;

/** A PDU that waits before it goes on with its table. */
export const MORE = /(?:^|[ \t-])(?:more|(?:press|hit|type) [^>]{0,30}|to continue)[ .:?-]{0,8}$/i;

/** The outlet was not the one that it asked about: the end of a talk in which it was told no. */
export const declined = (prompt: RegExp): DialogueStep => ({
  expect: [{ prompt, fail: askedOther }],
  silence: 5000,
  otherwise: { fail: askedOther },
});

/**
 * The steps of a PDU with a login before `ready`, the step that knows all the places in which the PDU may be: "listen" for
 * a line just opened, "again" for later talks. A password is typed once; being asked for it again is a refusal.
 */
export function withLogin(ready: string, steps: DialogueSteps, key = "\r"): DialogueSteps {
  const place: DialogueStep = steps[ready] ?? { expect: [] };
  const user = { prompt: USER, send: "{user}\r", go: "password" } as const;
  const password = { prompt: PASSWORD, send: "{password}\r", go: "signed in" } as const;
  // Where there are users, the key may have been taken for an empty name, and the password asked for is nobody's.
  const nobody = { prompt: PASSWORD, only: "user", send: "\r", go: "wake again" } as const;
  const taken = [
    { line: BUSY, fail: busy },
    { prompt: BUSY, fail: busy },
  ] as const;
  return {
    ...steps,
    listen: {
      expect: [user, password, ...taken],
      silence: 1000,
      within: 30_000,
      otherwise: { send: key, go: "wake" },
    },
    again: { expect: [], within: 0, otherwise: { send: key, go: "wake" } },
    wake: { expect: [user, nobody, password, ...taken, ...place.expect] },
    "wake again": { expect: [user, password, ...taken, ...place.expect] },
    password: { expect: [password, ...taken, ...REFUSALS] },
    "signed in": { ...place, expect: [...taken, ...place.expect, ...REFUSALS] },
  };
}
