import { displayWidth } from "./display-width.ts";
import { type Piece, textOf, widthOf } from "./piece.ts";

/** Where the rest of a line goes on, below whatever stands in front. */
const INDENT = "     ";

/**
 * Lines of what is too long for a terminal, broken between words. A word that is too long for a line of its own is left
 * to the terminal. Pieces keep their looks.
 */
export function wrapPieces(
  pieces: readonly Piece[],
  columns: number | undefined,
): readonly (readonly Piece[])[] {
  const whole = pieces.reduce((sum, piece) => sum + widthOf(piece), 0);
  if (columns === undefined || whole <= columns || columns < INDENT.length * 4) return [pieces];
  const lines: Piece[][] = [[]];
  let at = 0;
  for (const word of pieces.flatMap(wordsOf)) {
    const bare = textOf(word).trimStart();
    const fits = at === 0 || bare === "" || at + widthOf(word) <= columns;
    if (!fits) lines.push([INDENT]);
    at = fits ? at + widthOf(word) : INDENT.length + displayWidth(bare);
    lines.at(-1)?.push(fits ? word : like(word, bare));
  }
  return lines;
}

/** Each word with the blanks before it. */
const wordsOf = (piece: Piece): Piece[] =>
  (textOf(piece).match(/ *[^ ]+| +$/g) ?? []).map((text) => like(piece, text));

const like = (piece: Piece, text: string): Piece =>
  typeof piece === "string" ? text : { ...piece, text };
