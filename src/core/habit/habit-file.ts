import fs from "node:fs";
import { join } from "node:path";
import { messageOf } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import { replaceFile } from "../../lib/replace-file.ts";
import { freshHabit, HABIT_VERSION, type Habit } from "./habit.ts";

/** A habit is some kilobytes; what is larger is none of ours. */
const MAX_BYTES = 65_536;
const MAX_TEXT = 100;

/** `<state>/hosts/<host>/habit.json`. Names from URLs hold slashes: everything unusual is escaped. */
export function habitPath(state: string, host: string): string {
  const name = encodeURIComponent(host).replace(/^\.+/, (dots) => "%2E".repeat(dots.length));
  return join(state, "hosts", name, "habit.json");
}

/** Reads a habit. One that cannot be understood is put aside, and `problem` says so: learning begins anew. */
export function readHabit(path: string): { readonly habit: Habit; readonly problem?: string } {
  let text: string;
  try {
    if (!fs.existsSync(path)) return { habit: freshHabit() };
    if (fs.statSync(path).size > MAX_BYTES) throw new Error("it is too large");
    text = fs.readFileSync(path, "utf8");
    const habit = habitOf(JSON.parse(text));
    if (habit) return { habit };
    throw new Error("it does not hold a habit of this version");
  } catch (thrown) {
    return { habit: freshHabit(), problem: putAside(path, messageOf(thrown)) };
  }
}

export function writeHabit(path: string, habit: Habit): void {
  replaceFile(path, `${JSON.stringify(habit)}\n`);
}

function putAside(path: string, why: string): string {
  const aside = `${path}.broken`;
  try {
    fs.renameSync(path, aside);
    return `the habit in "${path}" cannot be read (${why}): put aside as "${aside}", learnt anew`;
  } catch (thrown) {
    return `the habit in "${path}" cannot be read (${why}), nor put aside: ${messageOf(thrown)}`;
  }
}

/** Our own file, and nobody else's word is taken for what is in it: a wrong number would make a silence usual. */
function habitOf(value: unknown): Habit | undefined {
  if (!isObject(value) || value.v !== HABIT_VERSION) return undefined;
  const { days, lastDay, bytes, silences, lines, boots } = value;
  const good =
    isCount(days) &&
    isCount(lastDay) &&
    isList(bytes, 24, (one) => one === null || isCount(one)) &&
    bytes.length === 24 &&
    isList(silences, 24, (weeks) => isList(weeks, 8, isWeek)) &&
    silences.length === 24 &&
    isList(lines, 64, isLine) &&
    isList(boots, 64, isBoot);
  return good ? (value as unknown as Habit) : undefined;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isCount = (value: unknown): boolean =>
  typeof value === "number" && Number.isFinite(value) && value >= 0;

const isList = (
  value: unknown,
  max: number,
  is: (one: unknown) => boolean,
): value is readonly unknown[] => Array.isArray(value) && value.length <= max && value.every(is);

const isWeek = (one: unknown): boolean => isObject(one) && isCount(one.week) && isCount(one.ms);

const isLine = (one: unknown): boolean =>
  isObject(one) &&
  typeof one.text === "string" &&
  one.text.length <= MAX_TEXT &&
  one.text === printable(one.text) &&
  isCount(one.every) &&
  isCount(one.times);

const isBoot = (one: unknown): boolean =>
  isObject(one) &&
  isCount(one.at) &&
  isCount(one.login) &&
  (one.sign === undefined || isCount(one.sign));
