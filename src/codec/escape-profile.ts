/** What a person can ask for at a console without it reaching the host. */
export type EscapeAction =
  | "leave"
  | "help"
  | "break"
  | "sysrq"
  | "readOnly"
  | "write"
  | "force"
  | "join"
  | "who"
  | "repaint"
  | "note"
  | "power"
  | "size";

/** One key of a menu. */
export interface EscapeKey {
  /** As typed after the escape: ".", "^D", "l0". */
  readonly keys: string;
  readonly action: EscapeAction;
}

/** Habits of one program: what opens the menu and which keys it knows. */
export interface EscapeProfile {
  /** As people write it: "^]", "^Ec", "&", "~". */
  readonly name: string;
  /** Bytes that open the menu. */
  readonly opens: readonly number[];
  readonly keys: readonly EscapeKey[];
  /** Typed all day as text: what turns out to be no escape is sent on, in full. */
  readonly isText: boolean;
  /** Counts at the beginning of a line only. */
  readonly atLineStart: boolean;
}

const table = (rows: Readonly<Record<string, EscapeAction>>): readonly EscapeKey[] =>
  Object.entries(rows).map(([keys, action]) => ({ keys, action }));

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
  l: "repaint",
  n: "note",
  p: "power",
  z: "size",
});

/** The profiles, by the name that `--escape` takes. */
export const ESCAPE_PROFILES: readonly EscapeProfile[] = [
  { name: "^]", opens: [0x1d], keys: OURS, isText: false, atLineStart: false },
  {
    // conserver 8.2.7, `^Ec?`; q, j and the power menu on its task key are ours.
    name: "^Ec",
    opens: [0x05, 0x63],
    keys: table({
      ".": "leave",
      "^D": "leave",
      "^C": "leave",
      "?": "help",
      h: "help",
      "l?": "help",
      l0: "break",
      q: "sysrq",
      s: "readOnly",
      a: "write",
      f: "force",
      j: "join",
      w: "who",
      r: "repaint",
      p: "repaint",
      n: "note",
      "!": "power",
    }),
    isText: false,
    atLineStart: false,
  },
  {
    // ConMan 0.2.7, `&?`; &R is its reset command.
    name: "&",
    opens: [0x26],
    keys: table({
      ".": "leave",
      "?": "help",
      B: "break",
      F: "force",
      I: "who",
      J: "join",
      L: "repaint",
      M: "readOnly",
      R: "power",
    }),
    isText: true,
    atLineStart: false,
  },
  {
    // ssh(1) and cu(1). No letters besides theirs: "~root" is typed at the beginning of lines.
    name: "~",
    opens: [0x7e],
    keys: table({ ".": "leave", "?": "help", B: "break", "#": "break" }),
    isText: true,
    atLineStart: true,
  },
  { name: "none", opens: [], keys: [], isText: false, atLineStart: false },
];

/** The profile that `--escape TEXT` means; undefined where there is none. "^X" has the letters of "^]". */
export function escapeProfile(text: string): EscapeProfile | undefined {
  const known = ESCAPE_PROFILES.find((one) => one.name === text);
  if (known) return known;
  const control = /^\^([A-Z\\\]^_])$/.exec(text)?.[1];
  if (control === undefined) return undefined;
  const opens = [control.charCodeAt(0) - 64];
  return { name: text, opens, keys: OURS, isText: false, atLineStart: false };
}
