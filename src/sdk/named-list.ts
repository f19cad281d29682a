import type { OptionValues } from "./options.ts";

/** What an outlet may be called in the configuration: never anything that a program would take for an option. */
const OUTLET_NAME = /^[A-Za-z0-9_][\w.:@+-]{0,63}$/;

/** Whether an outlet may be called so. */
export const isOutletName = (name: string): boolean => OUTLET_NAME.test(name);

/** A list option of "NAME=VALUE": values by name, in order. Undefined where an entry is none, or two have one name. */
export function namedValues(
  options: OptionValues,
  option: string,
): ReadonlyMap<string, string> | undefined {
  const list: OptionValues[string] = options[option];
  const entries = Array.isArray(list) ? list.map(String) : [];
  const named = new Map<string, string>();
  for (const entry of entries) {
    const at = entry.indexOf("=");
    const name = entry.slice(0, Math.max(at, 0));
    if (!isOutletName(name) || named.has(name)) return undefined;
    named.set(name, entry.slice(at + 1));
  }
  return named;
}
