import type { Interlock } from "./interlock.ts";

const DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const DAY_MINUTES = 1440;

/** Maintenance windows and quiet hours: "Sun 02:00-05:00 backup", "22:00-06:00", local time. */
export const quietHours: Interlock = {
  name: "quiet-hours",
  askers: ["watchdog"],
  forceable: false,
  object: ({ policy, wall }) => {
    const window = policy.quiet.find((text) => isWithin(text, new Date(wall)));
    return window === undefined ? undefined : `quiet hours: ${window}`;
  },
};

/** A window that cannot be read counts as standing: nothing is cut because of a typing error. */
export function isWithin(text: string, at: Date): boolean {
  const [, day, fromHour, fromMinute, toHour, toMinute] =
    /^(?:([A-Za-z]{3})[a-z]{0,6} )?(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})(?: |$)/.exec(text) ?? [];
  const weekday = day === undefined ? undefined : DAYS.indexOf(day.toLowerCase());
  const from = Number(fromHour) * 60 + Number(fromMinute);
  const to = Number(toHour) * 60 + Number(toMinute);
  if (!(from <= DAY_MINUTES && to <= DAY_MINUTES) || weekday === -1) return true;
  const now = at.getHours() * 60 + at.getMinutes();
  // Past midnight the window belongs to the day on which it began.
  if (from <= to) return now >= from && now < to && isDay(weekday, at.getDay());
  return (
    (now >= from && isDay(weekday, at.getDay())) ||
    (now < to && isDay(weekday, (at.getDay() + 6) % 7))
  );
}

const isDay = (wanted: number | undefined, day: number): boolean =>
  wanted === undefined || wanted === day;
