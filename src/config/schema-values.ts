/** Values of the configuration as people write them, each with the wording for what is wrong with it. */
import { z } from "zod";
import { parseDuration } from "../lib/durations.ts";
import { NAME } from "./host-range.ts";
import { describe } from "./option-values.ts";

/** Looks at an unknown value, rather than z.string(): one wording for every wrong one. */
export const reading = <T>(wanted: string, read: (value: unknown) => T | undefined) =>
  z.unknown().transform((value, context) => {
    const result = read(value);
    if (result !== undefined) return result;
    context.addIssue(`expected ${wanted}, got ${describe(value)}`);
    return z.NEVER;
  });

export const duration = reading('a duration such as "30s"', (value) =>
  typeof value === "string" ? parseDuration(value) : undefined,
);
/** A part of a log is a few files: not one a second. */
const SEGMENT_AT_LEAST = 60_000;
export const segmentAge = reading("a duration of at least 1m", (value) => {
  const age = typeof value === "string" ? parseDuration(value) : undefined;
  return age !== undefined && age >= SEGMENT_AT_LEAST ? age : undefined;
});
/** Before a cut that is due: the last failed probe must not have become too old meanwhile. */
const BRIEF_AT_MOST = 30_000;
export const brief = reading('a duration of at most 30s, or "0s"', (value) => {
  const time = typeof value === "string" ? parseDuration(value) : undefined;
  return time !== undefined && time <= BRIEF_AT_MOST ? time : undefined;
});
/** How long the word of the first of two people stands. */
const TWO_PERSON = { usual: 600_000, least: 30_000, most: 86_400_000 };
export const twoPerson = reading('true, false, or from 30s to 24h, such as "10m"', (value) => {
  if (typeof value === "boolean") return value ? TWO_PERSON.usual : 0;
  const time = typeof value === "string" ? parseDuration(value) : undefined;
  return time !== undefined && time >= TWO_PERSON.least && time <= TWO_PERSON.most
    ? time
    : undefined;
});
/** It becomes an argument of a program: nothing that it could take for an option. */
export const address = reading("a name or an address such as 10.0.0.5", (value) =>
  typeof value === "string" && /^[A-Za-z0-9][A-Za-z0-9.:%_-]{0,252}$/.test(value)
    ? value
    : undefined,
);
/** How long silence has to last to count: by the clock, or by the console's own habit. */
export const silence = reading('a duration such as "10m", or "habit"', (value) =>
  value === "habit" ? value : typeof value === "string" ? parseDuration(value) : undefined,
);
export const text = reading("text", (value) => (typeof value === "string" ? value : undefined));
export const path = reading("an absolute path", (value) =>
  typeof value === "string" && value.startsWith("/") ? value : undefined,
);
export const name = reading(
  "a name of a-z, 0-9, '.', '_' and '-' that begins with a letter or digit",
  (value) => (typeof value === "string" && NAME.test(value) ? value : undefined),
);
export const flag = reading("true or false", (value) =>
  typeof value === "boolean" ? value : undefined,
);
export const whole = (min: number, max: number) =>
  reading(`a whole number from ${min} to ${max}`, (value) =>
    Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= max
      ? Number(value)
      : undefined,
  );
export const size = reading('a size such as "16M" or "20G"', (value) => {
  const match = typeof value === "string" ? /^(\d{1,9})([kMGT])$/.exec(value) : null;
  const power = { k: 1, M: 2, G: 3, T: 4 }[match?.[2] ?? ""];
  return power === undefined ? undefined : Number(match?.[1]) * 1024 ** power;
});
export const quiet = reading('a time such as "Sun 02:00-05:00 backup" or "22:00-06:00"', (value) =>
  typeof value === "string" &&
  /^(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6} )?(?:[01]?\d|2[0-4]):[0-5]\d-(?:[01]?\d|2[0-4]):[0-5]\d(?: .{1,80})?$/i.test(
    value,
  )
    ? value
    : undefined,
);
export const one = <const T extends readonly string[]>(choices: T) => z.enum(choices);
export const listOf = <T extends z.ZodType>(item: T) =>
  z.preprocess((value) => (typeof value === "string" ? [value] : value), z.array(item));
