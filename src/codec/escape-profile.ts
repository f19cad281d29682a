/** What a person can ask for at a console without it reaching the host. */
export type EscapeAction =
  | "leave"
  | "help"
  | "break"
  | "breakList"
  | "sequence"
  | "sysrq"
  | "readOnly"
  | "write"
  | "force"
  | "join"
  | "who"
  | "message"
  | "repaint"
  | "replay"
  | "note"
  | "reopen"
  | "power"
  | "size"
  | "cancel"
  | "absent";

/** One key of a menu. */
export interface EscapeKey {
  /** As typed after the escape: ".", "^D", "l0", "%break^M". */
  readonly keys: string;
  readonly action: EscapeAction;
  /** `replay`: how many lines. */
  readonly lines?: number;
  /** `sequence`: what is typed, with a pause between the pieces. */
  readonly pieces?: readonly string[];
  /** `absent`: why the owner's key does nothing here, and what does. */
  readonly says?: string;
  /** `absent`: keys that its owner takes with it, so that they do not reach the host. */
  readonly drops?: number | "line";
}

/** Habits of one program: what opens the menu and which keys it knows. */
export interface EscapeProfile {
  /** As people write it: "^]", "^Ec", "&", "~". */
  readonly name: string;
  /** Whose habits they are. */
  readonly owner: string;
  /** Bytes that open the menu. */
  readonly opens: readonly number[];
  readonly keys: readonly EscapeKey[];
  /** Typed all day as text: what turns out to be no escape is sent on, in full. */
  readonly isText: boolean;
  /** Counts at the beginning of a line only. */
  readonly atLineStart: boolean;
}

type Row = EscapeAction | Omit<EscapeKey, "keys">;

const table = (rows: Readonly<Record<string, Row>>): readonly EscapeKey[] =>
  Object.entries(rows).map(([keys, row]) =>
    typeof row === "string" ? { keys, action: row } : { keys, ...row },
  );

const replay = (lines: number): Row => ({ action: "replay", lines });
const types = (...pieces: readonly string[]): Row => ({ action: "sequence", pieces });
const absent = (says: string, drops?: number | "line"): Row => ({
  action: "absent",
  says,
  ...(drops === undefined ? {} : { drops }),
});

const WINDOW = "use another window";

const OURS = table({
  ".": "leave",
  "^D": "leave",
  "?": "help",
  b: "break",
  q: "sysrq",
  r: "readOnly",
  a: "write",
  f: "force",
  j: "join",
  w: "who",
  m: "message",
  l: "repaint",
  h: replay(200),
  n: "note",
  o: "reopen",
  p: "power",
  z: "size",
});

// conserver 8.2.7, what "^Ec?" and "^Ecl?" show; q and j are ours, and so is the power menu on its task key.
const CONSERVER = table({
  ".": "leave",
  "^D": "leave",
  "^C": "leave",
  "?": "help",
  h: "help",
  l0: "break",
  l1: "break",
  l2: types("\r~\u0002"),
  l3: types("#."),
  l4: types("\r", "~", "\u0002"),
  "l?": "breakList",
  q: "sysrq",
  s: "readOnly",
  a: "write",
  f: "force",
  j: "join",
  w: "who",
  b: "message",
  r: replay(20),
  p: replay(60),
  "^R": replay(1),
  n: "note",
  o: "reopen",
  "!": "power",
  " ": "cancel",
  "^M": "cancel",
  ";": absent("to move to another console: leave, then oob attach HOST"),
  c: absent("flow control stands in the host's entry"),
  d: absent("a console stays open: its log would have a hole"),
  e: absent("the escape key is chosen with oob attach -e KEY", 2),
  g: absent("oob who shows who is at which console"),
  i: absent("oob status --json"),
  L: absent("logging cannot be switched off"),
  m: absent("there is no message of the day"),
  P: absent("oob attach --replay LINES"),
  R: absent("oob attach --replay LINES"),
  u: absent("oob status"),
  v: absent("oob version"),
  x: absent("oob status HOST"),
  z: absent(WINDOW),
  "^Z": absent(WINDOW),
  "|": absent("to type from a program: oob send, or a runbook"),
  "\\": absent("type the byte itself, or: oob send HOST TEXT", 3),
  ...Object.fromEntries(
    Array.from("56789abcdefghijklmnopqrstuvwxyz", (slot) => [
      `l${slot}`,
      absent("this break sequence is not defined: l? lists those that are"),
    ]),
  ),
});

// ConMan 0.3.1, "&?"; &R is its reset command.
const CONMAN = table({
  ".": "leave",
  "?": "help",
  B: "break",
  F: "force",
  I: "who",
  J: "join",
  L: replay(60),
  M: "readOnly",
  R: "power",
  D: absent("press Delete: it reaches the host"),
  E: absent("echo is up to the host"),
  Q: absent("notices are always shown"),
  Z: absent(WINDOW),
});

// ssh(1), and cu(1) where they do not meet. No letters besides theirs: "~root" is typed at the beginning of lines.
const SSH = table({
  ".": "leave",
  "?": "help",
  B: "break",
  "#": "break",
  "%b^M": "break",
  "%break^M": "break",
  "^Z": absent(WINDOW),
  "&": absent(WINDOW),
  C: absent("there is nothing to forward"),
  R: absent("there is no session key of its own"),
  V: absent("there is no log level to change"),
  v: absent("there is no log level to change"),
  "!": absent(WINDOW, "line"),
  $: absent("to type from a program: oob send, or a runbook", "line"),
  ">": absent("to send a file: oob send, or paste it", "line"),
  "%p": absent("to send a file: oob send, or paste it", "line"),
  "%t": absent("to take text from the host: oob log HOST", "line"),
});

const keyed = { isText: false, atLineStart: false };

/** The profiles, by the name that `--escape` takes; ours is the first. */
export const ESCAPE_PROFILES: readonly [EscapeProfile, ...EscapeProfile[]] = [
  { name: "^]", owner: "oob", opens: [0x1d], keys: OURS, ...keyed },
  { name: "^Ec", owner: "conserver", opens: [0x05, 0x63], keys: CONSERVER, ...keyed },
  { name: "&", owner: "ConMan", opens: [0x26], keys: CONMAN, isText: true, atLineStart: false },
  { name: "~", owner: "ssh and cu", opens: [0x7e], keys: SSH, isText: true, atLineStart: true },
  { name: "none", owner: "nobody", opens: [], keys: [], ...keyed },
];

/** The profile that `--escape TEXT` means; undefined where there is none. "^X" has the letters of "^]". */
export function escapeProfile(text: string): EscapeProfile | undefined {
  const known = ESCAPE_PROFILES.find((one) => one.name === text);
  if (known) return known;
  const control = /^\^([A-Z\\\]^_])$/.exec(text)?.[1];
  if (control === undefined) return undefined;
  const opens = [control.charCodeAt(0) - 64];
  return { name: text, owner: "oob", opens, keys: OURS, ...keyed };
}
