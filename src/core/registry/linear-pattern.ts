import { messageOf, OobError } from "../../lib/errors.ts";

const FLAGS = { i: "CASE_INSENSITIVE", m: "MULTILINE", s: "DOTALL" } as const;

/**
 * The same pattern, matched in time that grows with the text alone. Host text is hostile, and RegExp can take 9.8 s for
 * 28 letters of it; patterns that ship are checked against that, those of users are not. Throws DRIVER_INVALID for
 * what cannot be matched so: look-around and back-references.
 */
export async function linearPattern(pattern: RegExp, where: string): Promise<RegExp> {
  const { RE2JS } = await import("re2js");
  let compiled: ReturnType<typeof RE2JS.compile>;
  try {
    const flags = Object.entries(FLAGS)
      .filter(([letter]) => pattern.flags.includes(letter))
      .reduce((sum, [, name]) => sum | RE2JS[name], 0);
    compiled = RE2JS.compile(RE2JS.translateRegExp(pattern), flags);
  } catch (cause) {
    throw new OobError("DRIVER_INVALID", `Cannot use ${where}: ${messageOf(cause)}`, {
      cause,
      hint: "Patterns of your own rules have no look-around and no back-references: use `unless`",
    });
  }
  const names = Object.keys(compiled.namedGroups());
  return new LinearPattern(pattern, pattern.flags, (text, from) => {
    const matcher = compiled.matcher(text);
    if (from > text.length || !matcher.find(from)) return null;
    const groups = Array.from({ length: matcher.groupCount() }, (_, n) => matcher.group(n + 1));
    const found = [matcher.group() ?? "", ...groups.map((group) => group ?? "")];
    const place = { index: matcher.start(), input: text, groups: namedGroups(matcher, names) };
    return Object.assign(found as [string, ...string[]], place);
  });
}

/** A declaration that is data, with every pattern in it matched in linear time. */
export async function linearPatterns<Value>(value: Value, where: string): Promise<Value> {
  return (await mapped(value, where)) as Value;
}

async function mapped(value: unknown, where: string): Promise<unknown> {
  if (Object.prototype.toString.call(value) === "[object RegExp]")
    return linearPattern(value as RegExp, `a pattern of "${where}"`);
  if (Array.isArray(value)) return Promise.all(value.map((one: unknown) => mapped(one, where)));
  if (typeof value !== "object" || value === null) return value;
  const pairs = Object.entries(value).map(
    async ([name, one]) => [name, await mapped(one, where)] as const,
  );
  return Object.fromEntries(await Promise.all(pairs));
}

/** As RegExp has them: undefined where the pattern names none. */
function namedGroups(
  matcher: { group(name: string): string | null },
  names: readonly string[],
): Record<string, string> | undefined {
  const found = names
    .map((name) => [name, matcher.group(name)] as const)
    .filter((pair): pair is readonly [string, string] => pair[1] !== null);
  return names.length === 0 ? undefined : Object.fromEntries(found);
}

/** Finds the pattern from that place on. */
type Find = (text: string, from: number) => RegExpExecArray | null;

/** A RegExp in all but how it matches: `test` and the methods of strings go through `exec`. */
class LinearPattern extends RegExp {
  readonly #find: Find;

  /** As RegExp's own: of another pattern of this kind, or of one and how it is found. */
  constructor(pattern: RegExp, flags: string, find?: Find) {
    super(pattern, flags);
    this.#find = find ?? (pattern as LinearPattern).#find;
  }

  override exec(text: string): RegExpExecArray | null {
    if (!this.global) return this.#find(text, 0);
    const found = this.#find(text, this.lastIndex);
    this.lastIndex = found ? found.index + found[0].length : 0;
    return found;
  }
}
