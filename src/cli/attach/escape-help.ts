import {
  type EscapeAction,
  type EscapeKey,
  type EscapeProfile,
  escapeProfile,
} from "../../codec/escape-profile.ts";
import { OobError } from "../../lib/errors.ts";
import { displayWidth } from "../display-width.ts";

/** Between two columns of help. */
const GAP = 3;
/** "[oob] " */
export const OURS_WIDTH = 6;

/** Each action in the menu and in help, in help's order. */
const ACTION_TEXTS: Readonly<Record<EscapeAction, readonly [word: string, summary: string]>> = {
  leave: ["leave", "leave"],
  help: ["help", "this help"],
  break: ["BREAK", "send BREAK"],
  sequence: ["", "break sequence"],
  breakList: ["", "list the break sequences"],
  sysrq: ["SysRq", "BREAK and a key: h lists the keys"],
  readOnly: ["read", "only read, let the seat go"],
  write: ["write", "write, if the seat is free"],
  join: ["join", "write beside the writer"],
  force: ["force", "take the seat from its writer"],
  who: ["who", "who is here"],
  message: ["message", "tell the others here something"],
  repaint: ["repaint", "repaint the screen"],
  replay: ["replay", "show the last lines again"],
  note: ["note", "write a note into the log"],
  reopen: ["", "open a console that is down at once"],
  power: ["power", "read or switch the outlets"],
  size: ["size", "type stty with this terminal's size"],
  cancel: ["", "close this menu"],
  absent: ["", ""],
};

/** What may follow the escape key, in as many lines as it takes. Of several keys for one thing, the first. */
export function menuLines({ name, keys }: EscapeProfile, columns: number): string[] {
  const shown = keys.filter((one, i) => keys.findIndex(sameAction(one)) === i);
  const words = shown.flatMap(({ keys: typed, action }) => {
    const [word] = ACTION_TEXTS[action];
    return word === "" ? [] : [`${keysShown(typed)} ${word}`];
  });
  const indent = " ".repeat(name.length + 3);
  const lines: string[] = [];
  for (const word of words) {
    const longer = `${lines.at(-1)}  ${word}`;
    if (lines.length > 0 && displayWidth(longer) <= columns) lines[lines.length - 1] = longer;
    else lines.push(`${lines.length === 0 ? `${name} + ` : indent}${word}`);
  }
  return lines;
}

const sameAction = (one: EscapeKey) => (other: EscapeKey) => other.action === one.action;

/** All keys of a profile, in two columns where they fit, and those that only their owner has. */
export function helpLines(profile: EscapeProfile, columns: number): string[] {
  const { name, owner, keys, atLineStart } = profile;
  if (keys.length === 0) return ["no escape key: closing the terminal leaves"];
  const rows: Row[] = Object.entries(ACTION_TEXTS).flatMap(([action, [, summary]]) => {
    const typed = keys.filter((one) => one.action === action).map((one) => keysShown(one.keys));
    return typed.length === 0 || summary === "" ? [] : [[typed.join(" "), summary] as const];
  });
  const double = name.startsWith("^") ? name.slice(0, 2) : name;
  rows.push([double, "send the escape key to the host"]);
  const habits = owner === "oob" ? "" : `, as in ${owner}`;
  const where = atLineStart ? " at the beginning of a line" : "";
  const lines = [`${name}${where}, then${habits}:`, ...inColumns(rows, columns)];
  const absent = keys.filter((one) => one.action === "absent").map((one) => keysShown(one.keys));
  const few = absent.filter((one) => !/^l./.test(one));
  return few.length === 0 ? lines : [...lines, `not here, each says why: ${few.join(" ")}`];
}

type Row = readonly [typed: string, summary: string];

/** In two columns where they fit, each with its own width. */
function inColumns(rows: readonly Row[], columns: number): string[] {
  const half = Math.ceil(rows.length / 2);
  const left = oneColumn(rows.slice(0, half));
  const right = oneColumn(rows.slice(half));
  const width = Math.max(...left.map((line) => line.length)) + GAP;
  const both = left.map((line, i) => `${line.padEnd(width)}${right[i] ?? ""}`.trimEnd());
  return both.every((line) => line.length <= columns) ? both : oneColumn(rows);
}

function oneColumn(rows: readonly Row[]): string[] {
  const width = Math.max(...rows.map(([typed]) => typed.length));
  return rows.map(([typed, summary]) => `${typed.padEnd(width)}  ${summary}`);
}

/** The break sequences of a profile. */
export function breakLines(profile: EscapeProfile): string[] {
  return profile.keys.flatMap(({ keys: typed, action, pieces = [] }) => {
    if (action === "break") return [`${typed}  BREAK`];
    const keys = pieces.map((piece) =>
      piece.replace("\r", "Enter ").replace("\u0002", "^B").trim(),
    );
    return action === "sequence" ? [`${typed}  types ${keys.join(", a pause, ")}`] : [];
  });
}

/** Keys as people read them. */
export function keysShown(keys: string): string {
  if (keys === " ") return "space";
  return keys.replace(/^\^M$/, "Enter").replace(/\^M$/, "");
}

/** The escape key where nothing else is wished. */
export function defaultEscape(): EscapeProfile {
  const profile = escapeProfile("^]");
  if (profile === undefined) throw new OobError("INTERNAL", 'Cannot find the escape key "^]"');
  return profile;
}
