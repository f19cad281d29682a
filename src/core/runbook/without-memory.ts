/**
 * A pattern that begins anew at each text. One that does so already is taken as it is: a recipe's is matched in linear
 * time by an exec of its own.
 */
export function withoutMemory(pattern: RegExp): RegExp {
  const { source, flags, global, sticky } = pattern;
  return global || sticky ? new RegExp(source, flags.replace(/[gy]/g, "")) : pattern;
}
