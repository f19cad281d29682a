import type { DialogueCase, DialogueStep, DialogueSteps } from "../codec/dialogue-steps.ts";

/**
 * The menu or port shell of a family of console servers: data, walked through by the console driver `menu`. Templates and
 * patterns know these values: `user`, `password`, `port` (as configured), `number` (where the port is one, or captured),
 * `take`, `clear` (where the options say so), and whatever their patterns name.
 */
export interface MenuProfile {
  readonly summary: string;
  readonly sources: readonly string[];
  /** What the option `port` may be, for people: "a number, or the name of a port". */
  readonly ports: string;
  readonly steps: DialogueSteps;
  /** Step with which it begins on an open line; it ends with `done` where the next byte is that of the port. */
  readonly enter: string;
  /** Step that gives the port back, begun when the console is closed. Absent: hanging up is enough. */
  readonly leave?: string;
  /**
   * What its own prompts look like, those that no host has. Where one that it asked us with stands alone at the end of what
   * should be the host's text, the port's session is over. Absent: that is not looked for.
   */
  readonly own?: RegExp;
  /** What is typed for a BREAK where the way underneath has none. */
  readonly breakKeys?: string;
  /**
   * The ports are TCP ports of their own, `base` and the number of the line: no menu. `clear`: step that frees a line at
   * the server's own prompt.
   */
  readonly reverse?: { readonly base: number; readonly clear?: string };
}

/** Declares the menu of a family of console servers. */
export const defineMenuProfile = (profile: MenuProfile): MenuProfile => profile;

/** Prompts that most servers ask with. A prompt ends what is said, so "Last login: …" is none. */
const NAME =
  /^(?:.{0,80}[ \t>])?(?:login|log in as|user(?: ?name)?|login name)[ \t]{0,3}[:>][ \t]{0,3}$/i;
const PASSWORD = /(?:^|[ \t'])(?:password|passcode|passwd)[^:>]{0,60}[:>][ \t]{0,3}$/i;
const REFUSED =
  /^[^a-z]{0,5}(?:(?:log[io]n|password|authentication|access|permission)[^.]{0,40}(?:incorrect|invalid|fail|denied|refused|error)|(?:incorrect|invalid|bad|wrong) (?:login|user|password|secret))/i;

const refused = {
  code: "LOGIN_REFUSED",
  why: `it refuses the login as "{user|nobody}": "{last}"`,
  hint: "Check user: and the secret under password: in the entry",
} as const;

/** The login was refused: in words, or by asking for it again. */
const REFUSALS = [
  { line: REFUSED, fail: refused },
  { prompt: REFUSED, fail: refused },
  { prompt: NAME, fail: refused },
  { prompt: PASSWORD, fail: refused },
] as const;

/**
 * The steps of a menu with a login before them: "wait" (the first), "wake", "password", then `next`, to which the ways of
 * refusing a login are added. A server that asks for none is at `next` at once. `keys`: those that leave a port's session,
 * in case that one is still open on this serial line: else Enter would be typed at its host, and so would the password.
 */
export function logIn(next: string, menu: DialogueSteps, keys = ""): DialogueSteps {
  const step = menu[next] ?? { expect: [] };
  const password = { prompt: PASSWORD, send: "{password}\r", go: next } as const;
  const asks = [{ prompt: NAME, send: "{user}\r", go: "password" }, password] as const;
  return {
    ...menu,
    // Over a serial line or a modem nothing comes before a key.
    wait: {
      expect: [...asks, ...step.expect],
      within: 3000,
      otherwise: { send: `${keys}\r`, go: "wake" },
    },
    // Enter may have been taken for an empty name: it is asked again. A password alone is asked for again as well.
    wake: { expect: [asks[0], { ...password, send: "\r", go: "wake again" }, ...step.expect] },
    "wake again": { expect: [...asks, ...step.expect] },
    password: { expect: [password, ...step.expect, ...REFUSALS] },
    [next]: { ...step, expect: [...step.expect, ...REFUSALS] },
  };
}

const BUSY =
  /^[^a-z]{0,9}(?:(?:main |the |serial |device ?)?(?:port|line|tty|session)[^.]{0,60}?(?:in use|busy|being used|already (?:connected|open|in use))|(?:in use|busy)\b)(?:[^.]{0,20}? by [("']?(?<who>[\w.@-]{1,64}))?/i;
const NO_SUCH =
  /^[^a-z]{0,9}(?:(?:invalid|no such|unknown|illegal|bad|unrecognized|nonexistent|cannot|can't|not)\b|(?:error|syntax error)\b|[^.]{0,60}(?:does not exist|not found|unable to connect|connection (?:refused|closed|timed out)|no route to host|not (?:permitted|authorized|allowed|available|enabled|a valid)|disabled|denied))/i;
/** What servers say before the port's first byte. */
const GREETING =
  /^[^a-z]{0,9}(?:connect(?:ed|ing)|trying|entering|opening|open\b|type\b|press\b|hit\b|use\b|escape|to (?:exit|escape|return|quit|disconnect)|session|port\b|enter\b)/i;

/** The port is somebody's. */
export const portBusy = {
  code: "PORT_BUSY",
  why: "{who|somebody} is on it",
  hint: "Ask them, or say take: true where the menu profile has a way for that",
} as const;

/** There is no such port, or not for this user. */
export const noSuchPort = {
  code: "LINK_REFUSED",
  why: `it opens no port "{port}": "{last}"`,
  hint: "Check port: in the entry against the server's own list, and the rights of the user there",
} as const;

const twoPorts = {
  code: "LINK_REFUSED",
  why: 'its menu has more than one port "{port}": "{last}"',
  hint: "Give the number of the port instead of its name",
} as const;

/**
 * Rows of a menu in which the port is looked for by its name; `line` has the groups `number` and `name`, and `behind` says
 * how the row goes on, so that the name is all that stands in its place: "web1" is not "web1 spare". Of two with the same
 * name none is opened.
 */
export const portRows = (line: RegExp, behind: RegExp): readonly DialogueCase[] => [
  { line, behind, only: "number", where: { name: "port", number: "number" } },
  { line, behind, only: "number", where: { name: "port" }, fail: twoPorts },
  { line, behind, where: { name: "port" } },
];

/**
 * The step after a port was chosen. Its first line that is neither a refusal nor a greeting is the host's, and so is
 * whatever came without one when two seconds brought nothing more: from here on nothing is lost. A server that asks again with a prompt that it
 * asked with before does not open the port. `first`: what the family says in its own words.
 */
export function portOpens(first: readonly DialogueCase[] = []): DialogueStep {
  const again = { ...noSuchPort, why: `it asks "{last}" again instead of opening port "{port}"` };
  return {
    expect: [
      ...first,
      { line: BUSY, fail: portBusy },
      { prompt: BUSY, fail: portBusy },
      { line: NO_SUCH, fail: noSuchPort },
      // A login here is the host's: that of the server is over.
      { prompt: NAME, done: true, keep: true },
      { prompt: PASSWORD, done: true, keep: true },
      { prompt: /\S/, asked: true, fail: again },
      { line: GREETING, keep: true },
      { line: /\S/, done: true, keep: true },
    ],
    silence: 2000,
    within: 15_000,
    otherwise: { done: true },
  };
}
