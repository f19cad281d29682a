import { printable } from "../../lib/printable.ts";

/** A field of what may or may not be an object; inherited ones do not count. */
export function fieldOf(value: unknown, ...keys: readonly string[]): unknown {
  let found = value;
  for (const key of keys) {
    if (typeof found !== "object" || found === null || !Object.hasOwn(found, key)) return undefined;
    found = (found as Readonly<Record<string, unknown>>)[key];
  }
  return found;
}

/** A text of the device's, safe to be printed; undefined where it is none, or empty. */
export function textIn(value: unknown, ...keys: readonly string[]): string | undefined {
  const found = fieldOf(value, ...keys);
  return typeof found === "string" && found !== "" ? printable(found, 128) : undefined;
}

/** A number that is one; what the device does not give is undefined, never 0. */
export function numberIn(value: unknown, ...keys: readonly string[]): number | undefined {
  const found = fieldOf(value, ...keys);
  return typeof found === "number" && Number.isFinite(found) ? found : undefined;
}

/** A list, or an empty one. */
export function listIn(value: unknown, ...keys: readonly string[]): readonly unknown[] {
  const found = fieldOf(value, ...keys);
  return Array.isArray(found) ? found : [];
}
