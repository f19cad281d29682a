import { OobError } from "../../lib/errors.ts";

/** Reads "name=value" beside those before it. */
export function setting(text: string, before: unknown): Record<string, string> {
  const equals = text.indexOf("=");
  if (equals < 1)
    throw new OobError("USAGE", `Cannot read the setting "${text}": it has no "="`, {
      hint: "Give it as --set name=value",
    });
  const known = typeof before === "object" && before !== null ? before : {};
  return { ...known, [text.slice(0, equals)]: text.slice(equals + 1) };
}
