/** What a key means in the table. */
export type TableKey =
  | "up"
  | "down"
  | "pageUp"
  | "pageDown"
  | "first"
  | "last"
  | "attach"
  | "power"
  | "log"
  | "hold"
  | "filter"
  | "help"
  | "leave";

const KEYS: Readonly<Record<string, TableKey>> = {
  "\u001b[A": "up",
  "\u001bOA": "up",
  k: "up",
  "\u001b[B": "down",
  "\u001bOB": "down",
  j: "down",
  "\u001b[5~": "pageUp",
  "\u0002": "pageUp",
  "\u001b[6~": "pageDown",
  "\u0006": "pageDown",
  " ": "pageDown",
  "\u001b[H": "first",
  "\u001b[1~": "first",
  g: "first",
  "\u001b[F": "last",
  "\u001b[4~": "last",
  G: "last",
  "\r": "attach",
  p: "power",
  l: "log",
  h: "hold",
  "/": "filter",
  "?": "help",
  q: "leave",
  "\u0003": "leave",
  "\u0004": "leave",
};

/** Longest first: "ESC [" is the beginning of others. */
const SPELLINGS = Object.keys(KEYS).sort((one, other) => other.length - one.length);

/** The first key in what a terminal sent, and how much of it that is. Undefined: it means nothing. */
export function firstKey(text: string): {
  readonly key: TableKey | undefined;
  readonly length: number;
} {
  const spelling = SPELLINGS.find((one) => text.startsWith(one));
  return spelling === undefined
    ? { key: undefined, length: unknownLength(text) }
    : { key: KEYS[spelling], length: spelling.length };
}

/** A whole escape sequence that is no key of ours is one key, not many. */
function unknownLength(text: string): number {
  return /^\u001b(?:\[[0-9;?]{0,16}[@-~]|O.|.)?/.exec(text)?.[0].length || 1;
}
