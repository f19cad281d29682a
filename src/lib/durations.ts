import type { Millis } from "./clock.ts";

const UNITS: Readonly<Record<string, Millis>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** Seconds as milliseconds. */
export const seconds = (n: number): Millis => n * 1000;
/** Minutes as milliseconds. */
export const minutes = (n: number): Millis => n * 60_000;
/** Hours as milliseconds. */
export const hours = (n: number): Millis => n * 3_600_000;

/** Reads "500ms", "90s", "5m", "1h30m", "2d"; undefined where the text is no duration. */
export function parseDuration(text: string): Millis | undefined {
  if (!/^(?:\d{1,9}(?:\.\d{1,3})?(?:ms|[smhdw]))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|[smhdw])/g)) {
    total += Number(amount) * (UNITS[unit ?? ""] ?? Number.NaN);
  }
  return Number.isFinite(total) ? Math.round(total) : undefined;
}

/** Writes a duration for people: "38s", "1m 18s", "2h 5m", "41d". */
export function formatDuration(ms: Millis): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))}ms`;
  const whole = Math.round(ms / 1000);
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return join(Math.floor(whole / 60), "m", whole % 60, "s");
  if (whole < 86_400)
    return join(Math.floor(whole / 3600), "h", Math.floor((whole % 3600) / 60), "m");
  return `${Math.floor(whole / 86_400)}d`;
}

function join(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large}${largeUnit}` : `${large}${largeUnit} ${small}${smallUnit}`;
}
