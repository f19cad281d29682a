import { OobError } from "../../lib/errors.ts";
import type { Rule } from "../../sdk/rule.ts";
import { buildAutomaton, type HintAutomaton } from "./hint-automaton.ts";

/** A rule that knows its name. */
export type NamedRule = Rule & { readonly id: string };

/** Rules compiled for reading: one automaton for all consoles, and the rules behind each hint. */
export interface RuleSet {
  readonly rules: readonly NamedRule[];
  readonly automaton: HintAutomaton;
  /** Rules to try when the row ends, by number of the hint. */
  readonly byHint: readonly (readonly NamedRule[])[];
  /** Rules for prompts, to try where the hint ends; undefined: none has it. */
  readonly promptsByHint: readonly (readonly NamedRule[] | undefined)[];
}

const MAX_HINT_BYTES = 60;

const compiled = new WeakMap<readonly Rule[], RuleSet>();

/** Compiles rules once per list; the list is the key, so pass the same array for every console. */
export function ruleSetOf(rules: readonly Rule[]): RuleSet {
  const known = compiled.get(rules);
  if (known) return known;
  const fresh = compile(rules);
  compiled.set(rules, fresh);
  return fresh;
}

function compile(rules: readonly Rule[]): RuleSet {
  const named = rules
    .filter((rule) => rule.view === "line")
    .map((rule, i): NamedRule => ({ ...rule, id: rule.id ?? `unnamed/${i}` }));
  const hints = new Map<string, NamedRule[]>();
  for (const rule of named) {
    if (rule.hints.length === 0)
      throw badRule(rule, "has no hints", "Give it a lower-case literal");
    if (rule.pattern.global || rule.pattern.sticky)
      throw badRule(rule, "has a pattern with the g or y flag", "Remove the flag");
    for (const hint of rule.hints) {
      if (!/^[ -@[-~]{1,60}$/.test(hint) || hint.length > MAX_HINT_BYTES)
        throw badRule(
          rule,
          `has the hint "${hint}"`,
          "Hints are lower-case ASCII, 1 to 60 letters",
        );
      hints.set(hint, [...(hints.get(hint) ?? []), rule]);
    }
  }
  return {
    rules: named,
    automaton: buildAutomaton([...hints.keys()]),
    byHint: [...hints.values()].map((of) => of.filter((rule) => !rule.prompt)),
    promptsByHint: [...hints.values()].map((of) => {
      const prompts = of.filter((rule) => rule.prompt);
      return prompts.length > 0 ? prompts : undefined;
    }),
  };
}

const badRule = (rule: NamedRule, what: string, hint: string): OobError =>
  new OobError("DRIVER_INVALID", `Cannot use rule ${rule.id}: it ${what}`, { hint });

/** The match of a rule in one message, with `unless` heeded. */
export function matchOf(rule: Rule, text: string): RegExpExecArray | undefined {
  const match = rule.pattern.exec(text);
  return match && !rule.unless?.test(text) ? match : undefined;
}
