import type { Millis } from "../../lib/clock.ts";
import { formatDuration } from "../../lib/durations.ts";
import {
  BOOTS_NEEDED,
  bootAllowance,
  DAYS_NEEDED,
  type Habit,
  heartbeatOf,
  localOf,
  longestSilence,
  type RecurringLine,
  unusualAfter,
} from "./habit.ts";
import { type Going, isMissed } from "./habit-news.ts";

const SHOWN = 3;

/** What is known of a console's habit, for people. */
export function habitInWords(habit: Habit, now: Millis, going?: Going): readonly string[] {
  const { days, boots, lines } = habit;
  if (days === 0 && boots.length === 0 && lines.length === 0) return ["nothing is learnt yet"];
  return [
    silenceOf(habit, now),
    ...bytesOf(habit, now, going?.bytes),
    bootsOf(habit),
    ...lines.slice(0, SHOWN).map((line) => lineOf(line, going?.ageOf(line.text))),
  ];
}

function silenceOf(habit: Habit, now: Millis): string {
  const { days } = habit;
  const beat = heartbeatOf(habit);
  const unusual = unusualAfter(habit, now);
  if (days < DAYS_NEEDED && beat && unusual !== undefined)
    return `${days} of ${DAYS_NEEDED} days known; a line comes every ${formatDuration(beat.every)}: silence is unusual after ${formatDuration(unusual)}`;
  if (days < DAYS_NEEDED)
    return `${days} of ${DAYS_NEEDED} days known: too few to tell which silence is unusual`;
  const longest = longestSilence(habit, now);
  if (longest === undefined || unusual === undefined)
    return `${days} days known, none with a silence about this hour`;
  return `longest usual silence about this hour: ${formatDuration(longest)} (${days} days known); unusual after ${formatDuration(unusual)}`;
}

function bytesOf({ bytes }: Habit, now: Millis, came: number | undefined): string[] {
  const usual = bytes[localOf(now).hour];
  if (typeof usual !== "number") return [];
  const sofar = came === undefined ? "" : `, ${came} so far`;
  return [`usually ${Math.round(usual)} bytes in this hour of the day${sofar}`];
}

function bootsOf(habit: Habit): string {
  const { boots } = habit;
  if (boots.length === 0) return "no boot was seen whole yet";
  const times = boots.map(({ login }) => formatDuration(login)).join(", ");
  const allowed = bootAllowance(habit);
  return allowed === undefined
    ? `${boots.length} of ${BOOTS_NEEDED} boots known, to the login prompt in ${times}`
    : `boots to the login prompt in ${times}; late after ${formatDuration(allowed)}`;
}

function lineOf(line: RecurringLine, age: Millis | undefined): string {
  const { text, every, times } = line;
  const last = age === undefined ? "" : `, last ${formatDuration(age)} ago`;
  const missed = isMissed(line, age) ? ", MISSING" : "";
  return `every ${formatDuration(every)} (${times} times${last}${missed}): ${text}`;
}
