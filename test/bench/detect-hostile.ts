import type { Rule } from "../../src/sdk/rule.ts";

/** Lengths of rows: short ones, around the limit of prompts, around that of rows, and one without an end. */
const ROWS = [10, 60, 250, 1000, 4090, 70_000];

/** What rows of text are made of, besides the words of rules: controls, sequences and things that nearly match. */
const UNITS = [
  ...Array.from("#$%>:[]@/\\\b\0\x07\xff\xe1\"'|=-~ "),
  ...[
    "# ",
    "$ ",
    "> ",
    "): ",
    "a@b:~# ",
    "a:/",
    "[#1] ",
    "1 ",
    "x\r",
    "\n",
    "a\b",
    "\x1b[",
    "\x1b[1;1H# ",
    "\x1b]",
  ],
  ...[
    "[    1.000000] ",
    "<6>",
    "Nov 22 08:12:08 web1 kernel: ",
    "[2025-03-03 04:05:06] ",
    "\x1b[?2004h# ",
  ],
];

/** Inputs of `size` bytes that keep the detector as busy as its rules allow. */
export function hostileInputs(
  rules: readonly Rule[],
  size: number,
): { name: string; bytes: Uint8Array }[] {
  const examples = rules.flatMap((rule) =>
    rule.matches.slice(0, 1).map((text) => text.slice(0, -1)),
  );
  const hints = [...new Set(rules.flatMap((rule) => rule.hints))];
  const inputs = [...UNITS, ...hints, ...examples].flatMap((unit) =>
    ROWS.map((length) => ({
      name: `${JSON.stringify(unit.slice(0, 24))} in rows of ${length}`,
      bytes: rowsOf(unit, length, size),
    })),
  );
  const mixed = ROWS.map((length) => ({
    name: `all hints in rows of ${length}`,
    bytes: rowsOf(hints.join(" "), length, size),
  }));
  return [...inputs, ...mixed];
}

function rowsOf(unit: string, length: number, size: number): Uint8Array {
  const row = unit.repeat(Math.ceil(length / unit.length)).slice(0, length);
  return Buffer.from(`${row}\r\n`.repeat(Math.ceil(size / (length + 2))).slice(0, size), "latin1");
}
