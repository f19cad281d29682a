import type { Millis } from "../lib/clock.ts";
import { parseDuration } from "../lib/durations.ts";
import { OobError } from "../lib/errors.ts";

const two = (n: number): string => String(n).padStart(2, "0");

/** "2026-11-22T07:51:02.000Z": times in JSON. */
export function utc(at: Millis): string {
  return new Date(at).toISOString();
}

/** "2026-11-22 08:47:31.204 +0100": times in text. */
export function local(at: Millis): string {
  const date = new Date(at);
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const ms = String(date.getMilliseconds()).padStart(3, "0");
  return `${day} ${timeOfDay(at)}.${ms} ${offset(date)}`;
}

/** "2026-11-22 08:47 +0100", where seconds would only be noise. */
export function localMinute(at: Millis): string {
  return local(at).replace(/:\d\d\.\d{3}/, "");
}

/** "08:47:31": the time of what happens now, on lines that follow each other. */
export function timeOfDay(at: Millis): string {
  const date = new Date(at);
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** "Mon 06:30": a time within the week to come. */
export function shortTime(at: Millis): string {
  const day = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"][new Date(at).getDay()];
  return `${day} ${timeOfDay(at).slice(0, 5)}`;
}

function offset(date: Date): string {
  const east = -date.getTimezoneOffset();
  const size = Math.abs(east);
  return `${east < 0 ? "-" : "+"}${two(Math.floor(size / 60))}${two(size % 60)}`;
}

/**
 * Reads a time as people give it: "2h" (ago), "today", "yesterday", "08:47", "2026-11-22", "2026-11-22 08:47",
 * ISO 8601. Without an offset it is local. A time of day is the last one that has been.
 */
export function parseTime(text: string, now: Millis): Millis {
  const ago = parseDuration(text);
  if (ago !== undefined) return now - ago;
  if (text === "now") return now;
  if (text === "today") return midnight(now, 0);
  if (text === "yesterday") return midnight(now, -1);
  const clock = /^([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$/.exec(text);
  if (clock) return lastTimeOfDay(clock, now);
  // A date alone would be read as UTC midnight by the language; people mean their own day.
  const spelled = /^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00` : text.replace(" ", "T");
  const read = /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(spelled) ? Date.parse(spelled) : Number.NaN;
  if (!Number.isNaN(read)) return read;
  throw new OobError("USAGE", `Cannot read the time "${text}": it has none of the known forms`, {
    hint: 'Give "2h" (ago), "today", "yesterday", "08:47", "2026-11-22" or "2026-11-22T08:47:00Z"',
  });
}

function midnight(now: Millis, days: number): Millis {
  const date = new Date(now);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + days).getTime();
}

function lastTimeOfDay(clock: RegExpExecArray, now: Millis): Millis {
  const [, hour, minute, second] = clock.map(Number);
  const at = (days: number) => {
    const date = new Date(midnight(now, days));
    date.setHours(hour ?? 0, minute ?? 0, Number.isNaN(second) ? 0 : second);
    return date.getTime();
  };
  return at(0) <= now ? at(0) : at(-1);
}
