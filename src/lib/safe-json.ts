import { HIDDEN_RANGES } from "./hidden-characters.ts";

// JSON escapes C0 alone; C1 and what hides or reorders text would still reach a terminal.
const UNSAFE_IN_JSON = new RegExp(`[\\u007f${HIDDEN_RANGES}]`, "gu");

/** A value as JSON that a terminal may be shown: nothing is lost, what it would obey or hide stands as its escape. */
export function safeJson(value: unknown, indent?: number): string {
  const escaped = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(value, undefined, indent).replace(UNSAFE_IN_JSON, (unsafe) =>
    unsafe.split("").map(escaped).join(""),
  );
}
