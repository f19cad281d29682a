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
  return new LinearPattern(pattern, (text) => {
    const matcher = compiled.matcher(text);
    if (!matcher.find()) return null;
    const groups = Array.from({ length: matcher.groupCount() }, (_, n) => matcher.group(n + 1));
    const found = [matcher.group() ?? "", ...groups.map((group) => group ?? "")];
    return Object.assign(found as [string, ...string[]], { index: matcher.start(), input: text });
  });
}

/** A RegExp in all but how it matches: `test` and the methods of strings go through `exec`. */
class LinearPattern extends RegExp {
  readonly #find: (text: string) => RegExpExecArray | null;

  constructor(pattern: RegExp, find: (text: string) => RegExpExecArray | null) {
    super(pattern);
    this.#find = find;
  }

  override exec(text: string): RegExpExecArray | null {
    return this.#find(text);
  }
}
