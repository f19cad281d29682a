/**
 * What a host's console usually does: bytes by hour of day, the longest silences by the hour in which they began, lines
 * that come again and again, and how long its boots take. Plain data, bounded, learnt from calm hours alone.
 */
import type { Millis } from "../../lib/clock.ts";
import { hours, minutes } from "../../lib/durations.ts";

export const HABIT_VERSION = 1;
/** So many days have to be known before a silence may count as unusual. */
export const DAYS_NEEDED = 7;
/** So often a line has to have come evenly before its absence means anything. */
export const HEARTBEATS_NEEDED = 24;
/** Silence counts by a line that comes evenly, where days are not known yet, after so many of its times. */
const HEARTBEATS_MISSED = 3;
/** So many boots have to be known before one may be waited for longer. */
export const BOOTS_NEEDED = 3;
/** Weeks that are remembered: what a host did in the summer says little about now. */
const WEEKS = 4;
const MAX_BOOTS = 8;
const WEEK: Millis = 7 * 24 * hours(1);
/** Half as long again as ever: the month's end, a slow disk. */
const MARGIN = 1.5;
/** Shorter silences are nothing to speak of. */
const SHORTEST: Millis = minutes(10);
/** A boot that took longer was helped by a person. */
const LONGEST_BOOT: Millis = hours(2);
/** How much of a new hour goes into the mean: the last two weeks count most. */
const WEIGHT = 0.15;

/** A boot as it was seen: time from the first sign of it, or from our own act, to its milestones. */
export interface Boot {
  /** Unix ms. */
  readonly at: Millis;
  /** From our own act to the first sign; undefined where it began by itself. */
  readonly sign?: Millis;
  readonly login: Millis;
}

/** A line that comes again and again, its numbers masked. */
export interface RecurringLine {
  readonly text: string;
  readonly every: Millis;
  readonly times: number;
}

/** One week's longest silence that began in an hour of the day. */
interface Longest {
  readonly week: number;
  readonly ms: Millis;
}

export interface Habit {
  readonly v: typeof HABIT_VERSION;
  /** Days of which at least some hours were calm and whole. */
  readonly days: number;
  /** The last of them, so that none counts twice: days since 1970, local. */
  readonly lastDay: number;
  /** Mean bytes by hour of day, local; undefined: this hour was never seen whole. */
  readonly bytes: readonly (number | null)[];
  readonly silences: readonly (readonly Longest[])[];
  readonly lines: readonly RecurringLine[];
  readonly boots: readonly Boot[];
}

const HOURS = Array.from({ length: 24 }, (_, hour) => hour);

export const freshHabit = (): Habit => ({
  v: HABIT_VERSION,
  days: 0,
  lastDay: 0,
  bytes: HOURS.map(() => null),
  silences: HOURS.map(() => []),
  lines: [],
  boots: [],
});

/** An hour that was calm from its beginning to its end. */
export function learnHour(habit: Habit, at: Millis, bytes: number): Habit {
  const { hour, day } = localOf(at);
  const before = habit.bytes[hour] ?? null;
  const mean = before === null ? bytes : before + (bytes - before) * WEIGHT;
  const isNew = day > habit.lastDay;
  return {
    ...habit,
    days: habit.days + (isNew ? 1 : 0),
    lastDay: Math.max(day, habit.lastDay),
    bytes: habit.bytes.map((one, of) => (of === hour ? Math.round(mean * 10) / 10 : one)),
  };
}

/** A silence that ended by itself, and after which the host went on. `at`: when it began. */
export function learnSilence(habit: Habit, at: Millis, ms: Millis): Habit {
  const { hour } = localOf(at);
  const week = weekOf(at);
  const silences = habit.silences.map((weeks, of) => {
    if (of !== hour) return weeks;
    const same = weeks.find((one) => one.week === week)?.ms ?? 0;
    const others = weeks.filter((one) => one.week !== week && one.week > week - WEEKS);
    return [...others, { week, ms: Math.max(same, Math.round(ms)) }].slice(-WEEKS);
  });
  return { ...habit, silences };
}

export function learnBoot(habit: Habit, boot: Boot): Habit {
  if (boot.login > LONGEST_BOOT || boot.login <= 0) return habit;
  return { ...habit, boots: [...habit.boots, boot].slice(-MAX_BOOTS) };
}

/** The longest silence that began about this hour in the weeks that are remembered; undefined: too little is known. */
export function longestSilence(habit: Habit, at: Millis): Millis | undefined {
  if (habit.days < DAYS_NEEDED) return undefined;
  const { hour } = localOf(at);
  const now = weekOf(at);
  const near = [hour + 23, hour, hour + 1]
    .flatMap((one) => habit.silences[one % 24] ?? [])
    .filter(({ week }) => week <= now && week > now - WEEKS - 1);
  return near.length === 0 ? undefined : Math.max(...near.map(({ ms }) => ms));
}

/** From how long on a silence that began at this time is unusual. */
export function unusualAfter(habit: Habit, at: Millis): Millis | undefined {
  const longest = longestSilence(habit, at);
  if (longest !== undefined) return Math.max(SHORTEST, longest * MARGIN);
  const beat = heartbeatOf(habit);
  return beat && Math.max(SHORTEST, beat.every * HEARTBEATS_MISSED);
}

/** The line that comes most often of those that are known well: while it comes, a host is not silent for long. */
export const heartbeatOf = ({ lines }: Habit): RecurringLine | undefined =>
  lines
    .filter(({ times }) => times >= HEARTBEATS_NEEDED)
    .reduce<RecurringLine | undefined>(
      (best, one) => (best === undefined || one.every < best.every ? one : best),
      undefined,
    );

/** What was learnt under a clock that ran ahead belongs to other hours: that part is learnt anew. */
export function withoutFuture(habit: Habit, now: Millis): Habit {
  // A box that is carried west is a day behind itself for some hours.
  const ahead = habit.lastDay > localOf(now).day + 1;
  const later = habit.silences.some((weeks) => weeks.some(({ week }) => week > weekOf(now) + 1));
  if (!ahead && !later) return habit;
  const { v, lines, boots } = habit;
  return { ...freshHabit(), v, lines, boots };
}

const weekOf = (at: Millis): number => Math.floor(at / WEEK);

/** How long a boot of this host may take before it is late; undefined: too few are known. */
export function bootAllowance(habit: Habit): Millis | undefined {
  if (habit.boots.length < BOOTS_NEEDED) return undefined;
  return Math.round(Math.max(...habit.boots.map(({ login }) => login)) * MARGIN);
}

/** Local hour and day of a time. */
export function localOf(at: Millis): { readonly hour: number; readonly day: number } {
  const date = new Date(at);
  const noon = Date.UTC(date.getFullYear(), date.getMonth(), date.getDate(), 12);
  return { hour: date.getHours(), day: Math.floor(noon / hours(24)) };
}
