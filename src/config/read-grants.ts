import { nameHint } from "../lib/nearest.ts";
import type { Problems } from "./problems.ts";
import { inside, report, type Spot } from "./read-value.ts";
import { type Section, VERBS } from "./schema.ts";
import type { Grant } from "./site-config.ts";

/** Grants with their roles spelled out. A word that is neither a verb nor a role is an error: it would grant nothing. */
export function readGrants(
  grants: Section<"grants">,
  roles: Section<"roles">,
  spot: Spot,
  problems: Problems,
): Grant[] {
  for (const role of Object.keys(roles))
    if (VERBS.some((verb) => verb === role))
      report(problems, spot, `role "${role}" has the name of a verb`, { at: "key" });
  // None at all means that everybody may do all: who takes the last one away does not mean that.
  if (grants.length === 0)
    report(problems, spot, "an empty list of grants", {
      hint: "Grant something, or leave grants: out: then whoever has a socket may do all",
    });
  return grants.map(({ who, may, on = ["*"], except }, i) => {
    const verbs = may.flatMap((word, at): readonly string[] => {
      if (word === "*" || VERBS.some((verb) => verb === word)) return [word];
      if (Object.hasOwn(roles, word)) return roles[word] ?? [];
      report(problems, inside(spot, i, "may", at), `"${word}" is neither a verb nor a role`, {
        hint: nameHint(word, [...VERBS, ...Object.keys(roles)]),
      });
      return [];
    });
    return { who, may: [...new Set(verbs)], on, as: may, ...(except && { except }) };
  });
}
