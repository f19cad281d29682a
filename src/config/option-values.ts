import { parseDuration } from "../lib/durations.ts";
import { nameHint } from "../lib/nearest.ts";
import type { OptionSpec, OptionSpecs, OptionValue, OptionValues } from "../sdk/options.ts";

/** Something wrong with one option. `key`: the name itself is wrong, or the option is missing. */
export interface OptionProblem {
  readonly option: string;
  readonly message: string;
  readonly hint?: string;
  readonly at: "key" | "value";
}

/** A value, or what is wrong with it. */
type Reading = { readonly value: OptionValue } | { readonly wrong: string; readonly hint?: string };

/** Begins the names of secrets that stand for what was written in a URL; no stored secret may be called so. */
export const URL_SECRET = "url-";

/** Name of a secret: the name of its file in the credentials folder. */
const SECRET_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/**
 * Checks options, from YAML or from text, against what a driver or runbook declares. All problems are listed.
 * `via`: the device is reached through another one, so nothing says where it is.
 */
export function readOptions(
  specs: OptionSpecs,
  raw: Readonly<Record<string, unknown>>,
  via = false,
  others: readonly string[] = [],
): { readonly values: OptionValues; readonly problems: readonly OptionProblem[] } {
  const values: Record<string, OptionValue> = {};
  const problems: OptionProblem[] = [];
  const read = (option: string, spec: OptionSpec, given: unknown): void => {
    const reading = readOption(spec, given);
    if ("value" in reading) values[option] = reading.value;
    else problems.push({ option, at: "value", message: reading.wrong, ...hinted(reading.hint) });
  };
  for (const [option, given] of Object.entries(raw)) {
    const spec = Object.hasOwn(specs, option) ? specs[option] : undefined;
    const wrong = misplaced([...Object.keys(specs), ...others], option, spec, via);
    if (wrong) problems.push({ option, at: "key", ...wrong });
    else if (spec) read(option, spec, given);
  }
  const open = Object.entries(specs).filter(
    ([option, spec]) => !(Object.hasOwn(raw, option) || (via && spec.unlessVia)),
  );
  for (const [option, spec] of open) {
    if (spec.default !== undefined) read(option, spec, spec.default);
    else if (spec.required) {
      const message = `option "${option}" is missing`;
      problems.push({ option, at: "key", message, hint: `${option}: ${spec.summary}` });
    }
  }
  return { values, problems };
}

/** What is wrong with an option's being there at all. */
function misplaced(
  known: readonly string[],
  option: string,
  spec: OptionSpec | undefined,
  via: boolean,
): { readonly message: string; readonly hint?: string } | undefined {
  if (spec === undefined) {
    const hint = nameHint(option, known);
    return { message: `unknown option "${option}"`, ...hinted(hint) };
  }
  if (!via || !spec.unlessVia) return undefined;
  const message = `option "${option}" has no meaning beside "via"`;
  return { message, hint: 'Leave it out: "via" says where the device is' };
}

const hinted = (hint: string | undefined) => (hint === undefined ? {} : { hint });

/** Reads one value as its spec wants it. */
function readOption(spec: OptionSpec, given: unknown): Reading {
  switch (spec.kind) {
    case "text":
      return readText(given);
    case "integer":
      return readInteger(spec, given);
    case "boolean":
      return readBoolean(given);
    case "duration":
      return readDuration(spec, given);
    case "secret":
      return readSecret(given);
    case "choice":
      return readChoice(spec, given);
    case "list":
      return readList(given);
  }
}

function readText(given: unknown): Reading {
  if (typeof given === "string") return { value: given };
  if (typeof given === "number" || typeof given === "boolean") return { value: String(given) };
  return { wrong: `expected text, got ${describe(given)}` };
}

function readInteger(spec: OptionSpec, given: unknown): Reading {
  const number =
    typeof given === "string" && /^-?\d{1,15}$/.test(given.trim()) ? Number(given) : given;
  if (typeof number !== "number" || !Number.isSafeInteger(number) || !within(spec, number))
    return { wrong: `expected a whole number${bounds(spec, String)}, got ${describe(given)}` };
  return { value: number };
}

function readBoolean(given: unknown): Reading {
  if (typeof given === "boolean") return { value: given };
  if (given === "true" || given === "yes" || given === "on" || given === "1")
    return { value: true };
  if (given === "false" || given === "no" || given === "off" || given === "0")
    return { value: false };
  return { wrong: `expected true or false, got ${describe(given)}` };
}

function readDuration(spec: OptionSpec, given: unknown): Reading {
  // A spec's own default is a number of milliseconds; people write a unit.
  const ms = typeof given === "string" ? parseDuration(given) : undefined;
  if (ms === undefined && given === spec.default && typeof given === "number")
    return { value: given };
  if (ms === undefined || !within(spec, ms))
    return {
      wrong: `expected a duration such as "30s"${bounds(spec, (n) => `${n}ms`)}, got ${describe(given)}`,
    };
  return { value: ms };
}

function readSecret(given: unknown): Reading {
  const name = typeof given === "string" ? /^secret:(.*)$/.exec(given)?.[1] : undefined;
  if (name === undefined)
    // The value may be the secret itself: it is not shown.
    return {
      wrong: 'expected the name of a secret, "secret:NAME"; secrets do not stand in this file',
      hint: "Put the value into a file NAME with mode 0600 in the credentials folder",
    };
  if (!SECRET_NAME.test(name) || name.startsWith(URL_SECRET))
    return {
      wrong: 'expected a name of letters, digits, ".", "_" and "-" after "secret:"',
    };
  return { value: { secret: name } };
}

function readChoice(spec: OptionSpec, given: unknown): Reading {
  const choices = spec.choices ?? [];
  const text = typeof given === "number" || typeof given === "boolean" ? String(given) : given;
  if (typeof text === "string" && choices.includes(text)) return { value: text };
  const listed = choices.map((choice) => `"${choice}"`).join(", ");
  const hint = typeof text === "string" ? nameHint(text, choices) : undefined;
  return { wrong: `expected one of ${listed}, got ${describe(given)}`, ...hinted(hint) };
}

function readList(given: unknown): Reading {
  if (typeof given === "string") return { value: [given] };
  if (Array.isArray(given) && given.every((item) => ["string", "number"].includes(typeof item)))
    return { value: given.map(String) };
  return { wrong: `expected a list of texts, got ${describe(given)}` };
}

const within = (spec: OptionSpec, n: number): boolean =>
  n >= (spec.min ?? Number.NEGATIVE_INFINITY) && n <= (spec.max ?? Number.POSITIVE_INFINITY);

function bounds(spec: OptionSpec, show: (n: number) => string): string {
  if (spec.min !== undefined && spec.max !== undefined)
    return ` from ${show(spec.min)} to ${show(spec.max)}`;
  if (spec.min !== undefined) return ` of ${show(spec.min)} or more`;
  if (spec.max !== undefined) return ` of ${show(spec.max)} or less`;
  return "";
}

/** What was given, for a message. */
export function describe(given: unknown): string {
  if (given === null || given === undefined) return "nothing";
  if (Array.isArray(given)) return "a list";
  if (typeof given === "object") return "a mapping";
  if (typeof given === "string") return `"${given.slice(0, 80)}"`;
  return typeof given === "number" || typeof given === "boolean" ? String(given) : typeof given;
}
