import { messageOf, OobError } from "../lib/errors.ts";
import { expandHosts } from "../lib/host-list.ts";
import type { Found } from "./gather.ts";
import { NAME, NAME_HINT } from "./host-range.ts";
import { describe } from "./option-values.ts";
import type { Problems } from "./problems.ts";
import { inside, report, type Spot } from "./read-value.ts";

/**
 * Groups of hosts, spelled out: a host list ("db[1-2],mail*") or a list of such each, which may name other groups
 * ("@db"). A group that holds itself is a problem.
 */
export function readGroups(
  found: ReadonlyMap<string, Found>,
  hosts: readonly string[],
  problems: Problems,
): Map<string, readonly string[]> {
  const groups = new Map<string, readonly string[]>();
  // Where a host could not be read, a group that names it would only repeat that problem.
  const hostsAreRead = problems.errors === 0;
  /** Groups under way, outermost first. */
  const trail: string[] = [];

  const readGroup = (name: string, { value, spot }: Found): void => {
    if (groups.has(name)) return;
    if (!NAME.test(name))
      report(problems, spot, `"${name}" is no name for a group`, { at: "key", hint: NAME_HINT });
    trail.push(name);
    const words = wordsOf(value, spot, problems);
    const whole = words.map(({ word, at }) => nested(word, at)).every((good) => good);
    trail.pop();
    groups.set(name, whole && words.length > 0 ? expanded(words) : []);
  };

  /** Reads the groups that a word names first; false: one of them is wrong. */
  const nested = (word: string, at: Spot): boolean => {
    for (const [, inner = ""] of word.matchAll(/@([^\s,]*)/g)) {
      const from = trail.indexOf(inner);
      if (from >= 0) {
        const circle = [...trail.slice(from), inner].map((one) => `@${one}`).join(" in ");
        report(problems, at, `a group cannot hold itself: ${circle}`);
        return false;
      }
      const one = found.get(inner);
      if (one !== undefined) readGroup(inner, one);
      if (groups.get(inner)?.length === 0) return false;
    }
    return true;
  };

  const expanded = (words: readonly Word[]): readonly string[] => {
    try {
      return expandHosts(
        words.map(({ word }) => word),
        hosts,
        groups,
      );
    } catch (thrown) {
      const wrong = words.find(({ word }) => !stands(word)) ?? words[0];
      const hint = thrown instanceof OobError ? thrown.hint : undefined;
      if (wrong !== undefined && hostsAreRead)
        report(problems, wrong.at, messageOf(thrown), { hint });
      return [];
    }
  };

  const stands = (word: string): boolean => {
    try {
      expandHosts([word.replace(/^!/, "")], hosts, groups);
      return true;
    } catch {
      return false;
    }
  };

  for (const [name, one] of found) readGroup(name, one);
  return groups;
}

interface Word {
  readonly word: string;
  readonly at: Spot;
}

function wordsOf(value: unknown, spot: Spot, problems: Problems): Word[] {
  if (typeof value === "string") return [{ word: value, at: spot }];
  const list: readonly unknown[] = Array.isArray(value) ? value : [];
  if (list.length === 0) {
    report(problems, spot, `expected hosts such as "db[1-2],mail*", got ${describe(value)}`);
    return [];
  }
  return list.flatMap((item, n) => {
    const at = inside(spot, n);
    if (typeof item === "string") return [{ word: item, at }];
    report(problems, at, `expected hosts such as "db[1-2],mail*", got ${describe(item)}`);
    return [];
  });
}
