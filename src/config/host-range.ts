import { expandNumbers } from "../lib/number-range.ts";

/** A host name, and the name of anything that becomes part of a path. */
export const NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/;
export const NAME_HINT =
  "At most 63 of a-z, 0-9, '.', '_' and '-', beginning with a letter or digit";

/** More hosts than this from one entry is a slip of the finger. */
const MAX_RANGE = 4096;

/** One host of a range: "db2" and the "2" that replaces {n}. */
export interface RangeMember {
  readonly name: string;
  readonly n: string | undefined;
}

/** Expands "db[1-3,7]" and "web[01-10]"; a plain name is itself. A string is the reason why it cannot be done. */
export function expandRange(key: string): readonly RangeMember[] | string {
  const bracket = /^([^[\]]*)\[([0-9,-]+)\]([^[\]]*)$/.exec(key);
  if (!bracket) {
    if (/[[\]]/.test(key)) return `"${key}" is no range: expected one like "db[1-3,7]"`;
    return [{ name: key, n: undefined }];
  }
  const [, before = "", list = "", after = ""] = bracket;
  const numbers = expandNumbers(list, MAX_RANGE);
  if (typeof numbers === "string") return `"${key}" ${numbers}`;
  return numbers.map((n) => ({ name: `${before}${n}${after}`, n }));
}

/** The same value with {n} replaced in every text of it. */
export function substitute(value: unknown, n: string | undefined): unknown {
  if (n === undefined) return value;
  if (typeof value === "string") return value.replaceAll("{n}", n);
  if (Array.isArray(value)) return value.map((item) => substitute(item, n));
  if (isRecord(value))
    return Object.fromEntries(Object.entries(value).map(([key, v]) => [key, substitute(v, n)]));
  return value;
}

/** Whether a value read from YAML is a mapping. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
