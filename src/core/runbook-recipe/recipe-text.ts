import { printable } from "../../lib/printable.ts";

const NAMED = /\{\{ ?([A-Za-z][\w-]{0,40}) ?\}\}/g;
const MAX_VALUE = 400;

/** Values by name: settings, and what patterns found in the host's text, which is hostile. */
export type RecipeValues = ReadonlyMap<string, string>;

/** Names between double braces. */
export const namesIn = (text: string): string[] =>
  [...text.matchAll(NAMED)].map(([, name]) => name ?? "");

/** For people: what the host printed is made printable. */
export const filled = (text: string, values: RecipeValues): string =>
  text.replace(NAMED, (_, name: string) => printable(values.get(name) ?? "", MAX_VALUE));

/** For a shell: each value is one word, whatever stands in it. */
export const filledForShell = (text: string, values: RecipeValues): string =>
  text.replace(NAMED, (_, name: string) => {
    const value = printable(values.get(name) ?? "", MAX_VALUE);
    return `'${value.replaceAll("'", "'\\''")}'`;
  });

/** One comparison: by number where both are numbers. */
export function holds(value: string, { is, than }: { is: string; than: string }): boolean {
  const [a, b] = [Number(value), Number(than)];
  const byNumber =
    value.trim() !== "" && than.trim() !== "" && !Number.isNaN(a) && !Number.isNaN(b);
  switch (is) {
    case "=":
      return byNumber ? a === b : value === than;
    case "!=":
      return byNumber ? a !== b : value !== than;
    case "<":
      return byNumber && a < b;
    case "<=":
      return byNumber && a <= b;
    case ">":
      return byNumber && a > b;
    default:
      return byNumber && a >= b;
  }
}
