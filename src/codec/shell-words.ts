import { OobError } from "../lib/errors.ts";
import { printable } from "../lib/printable.ts";

/** Splits a text into words as a shell does, quotes and backslashes included; nothing is expanded. */
export function splitWords(text: string): string[] {
  const words: string[] = [];
  const piece = /\s+|'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)|([^\s'"\\]+)|(.)/gs;
  let word: string | undefined;
  for (const [whole, single, double, escaped, plain, left] of text.matchAll(piece)) {
    if (left !== undefined)
      throw new OobError("USAGE", `Cannot read "${printable(text, 200)}": ${left} is not closed`);
    if (/^\s/.test(whole)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      // In double quotes a backslash takes the meaning of these four alone (POSIX 2.2.3).
      const unquoted = double?.replace(/\\(["\\$`])/g, "$1");
      word = (word ?? "") + (single ?? unquoted ?? escaped ?? plain ?? "");
    }
  }
  if (word !== undefined) words.push(word);
  return words;
}

/** A word that a shell reads back as it is, whatever is in it but NUL: in single quotes nothing has a meaning. */
export const quoteWord = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;
