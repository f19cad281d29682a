import { parseDuration, seconds } from "../lib/durations.ts";
import type { OnDetach } from "./site-config.ts";

/** A shell may run its logout files, and getty takes its time to come back. */
const WITHIN = seconds(30);
/** What most shells take for the end. */
const EXIT = "exit\r";

/** `on-detach: logout`, as it is without further words. */
export const LOG_OUT: OnDetach = { is: "logout", type: EXIT, within: WITHIN };

/** What `on-detach:` may be, for who wrote something else. */
export const ON_DETACH_WANTED =
  '"nothing", "logout", "drop-dtr", or a mapping such as { logout: "^D", within: 30s }';

/** Reads `on-detach:`, a word or a mapping; undefined where it is neither. */
export function readOnDetach(value: unknown): OnDetach | undefined {
  const given = typeof value === "string" ? { [value]: true } : value;
  if (typeof given !== "object" || given === null || Array.isArray(given)) return undefined;
  const {
    nothing,
    logout,
    "drop-dtr": drop,
    within,
    proof,
    ...unknown
  } = { ...given } as Record<string, unknown>;
  const ways = [nothing, logout, drop].filter((way) => way !== undefined);
  const time = within === undefined ? WITHIN : durationOf(within);
  if (Object.keys(unknown).length > 0 || ways.length !== 1 || time === undefined) return undefined;
  if (proof !== undefined && (typeof proof !== "string" || proof === "")) return undefined;
  const rest = { within: time, ...(proof === undefined ? {} : { proof }) };
  if (drop === true) return { is: "drop-dtr", ...rest };
  if (nothing === true) return { is: "nothing" };
  if (logout === true) return { is: "logout", type: EXIT, ...rest };
  if (typeof logout !== "string" || logout === "") return undefined;
  return { is: "logout", type: keysOf(logout), ...rest };
}

function durationOf(value: unknown): number | undefined {
  return typeof value === "string" ? parseDuration(value) || undefined : undefined;
}

/** "^D" and '\r' stand for the keys: YAML knows escapes in double quotes alone. */
function keysOf(text: string): string {
  return text
    .replace(/\^([A-Z[\\\]^_])/g, (_, key: string) => String.fromCharCode(key.charCodeAt(0) - 64))
    .replaceAll("\\r", "\r");
}
