import { OobError } from "../lib/errors.ts";
import { nameHint } from "../lib/nearest.ts";

/** The verb that stands after a command's name: "list" of `oob incident list`. */
export function chooseVerb<Verb extends string>(
  command: string,
  word: string,
  verbs: readonly Verb[],
): Verb {
  const verb = verbs.find((one) => one === word);
  if (verb !== undefined) return verb;
  throw new OobError("USAGE", `Cannot run "${command} ${word}": there is no such verb`, {
    hint: `${nameHint(word, verbs) ?? ""}  See: oob ${command} --help`,
  });
}
