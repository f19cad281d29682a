import type { Millis } from "../lib/clock.ts";

const DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;
const LONG = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
const WEEK = 7;
const FORM = /^(?:([a-z,-]{3,70}) )?([01]?\d|2[0-3]):([0-5]\d)$/i;

/** A time of day on some days of the week, by the clock on the wall of this box. */
export interface ScheduleTime {
  /** As it was written: "Sun 03:00". */
  readonly text: string;
  /** 0 is Sunday. */
  readonly days: readonly number[];
  readonly hour: number;
  readonly minute: number;
}

/** Reads "06:30", "Sun 03:00", "Mon-Fri 06:30", "Mon,Thu 22:15"; undefined where it is none of them. */
export function parseScheduleTime(text: string): ScheduleTime | undefined {
  const [, dayText, hour, minute] = FORM.exec(text) ?? [];
  if (hour === undefined) return undefined;
  const days = dayText === undefined ? DAYS.map((_, n) => n) : daysOf(dayText);
  return days && { text, days, hour: Number(hour), minute: Number(minute) };
}

function daysOf(text: string): readonly number[] | undefined {
  const days = new Set<number>();
  for (const part of text.toLowerCase().split(",")) {
    const ends = part.split("-").map(dayOf);
    const [from = -1, to = from] = ends;
    if (ends.length > 2 || from < 0 || to < 0) return undefined;
    for (let day = from; ; day = (day + 1) % WEEK) {
      days.add(day);
      if (day === to) break;
    }
  }
  return [...days].sort((a, b) => a - b);
}

/** "Sun", "sunday" */
const dayOf = (word: string): number =>
  DAYS.findIndex((day, n) => word === day || word === LONG[n]);

/** The last time that it was due, `now` included. */
export const lastDue = (times: readonly ScheduleTime[], now: Millis): Millis =>
  Math.max(...times.flatMap((time) => dueAround(time, now)).filter((due) => due <= now));

/** The next time that it will be due. */
export const nextDue = (times: readonly ScheduleTime[], now: Millis): Millis =>
  Math.min(...times.flatMap((time) => dueAround(time, now)).filter((due) => due > now));

/**
 * When it was and will be due in the weeks around a moment. Where summer time begins, a time of the hour that is left
 * out comes an hour later; where it ends, one of the hour that comes twice is the first: once a day in any case.
 */
function dueAround({ days, hour, minute }: ScheduleTime, now: Millis): Millis[] {
  const today = new Date(now);
  const [year, month, day] = [today.getFullYear(), today.getMonth(), today.getDate()];
  const found: Millis[] = [];
  for (let offset = -WEEK; offset <= WEEK; offset++) {
    const due = new Date(year, month, day + offset, hour, minute);
    // By the calendar's day: a due time pushed over midnight is still that of its day.
    const weekday = new Date(year, month, day + offset, 12).getDay();
    if (days.includes(weekday)) found.push(due.getTime());
  }
  return found;
}
