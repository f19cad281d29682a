import type { Millis } from "../../lib/clock.ts";
import { formatDuration } from "../../lib/durations.ts";
import {
  BOOTS_NEEDED,
  bootAllowance,
  DAYS_NEEDED,
  type Habit,
  localOf,
  longestSilence,
  unusualAfter,
} from "./habit.ts";

const SHOWN = 3;

/** What is known of a console's habit, for people. */
export function habitInWords(habit: Habit, now: Millis): readonly string[] {
  const { days, boots, lines } = habit;
  if (days === 0 && boots.length === 0) return ["nothing is learnt yet"];
  return [
    silenceOf(habit, now),
    ...bytesOf(habit, now),
    bootsOf(habit),
    ...lines.slice(0, SHOWN).map(lineOf),
  ];
}

function silenceOf(habit: Habit, now: Millis): string {
  const { days } = habit;
  if (days < DAYS_NEEDED)
    return `${days} of ${DAYS_NEEDED} days known: too few to tell which silence is unusual`;
  const longest = longestSilence(habit, now);
  const unusual = unusualAfter(habit, now);
  if (longest === undefined || unusual === undefined)
    return `${days} days known, none with a silence about this hour`;
  return `longest usual silence about this hour: ${formatDuration(longest)} (${days} days known); unusual after ${formatDuration(unusual)}`;
}

function bytesOf({ bytes }: Habit, now: Millis): string[] {
  const usual = bytes[localOf(now).hour];
  return typeof usual === "number"
    ? [`usually ${Math.round(usual)} bytes in this hour of the day`]
    : [];
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

const lineOf = ({ text, every, times }: Habit["lines"][number]): string =>
  `every ${formatDuration(every)} (${times} times): ${text}`;
