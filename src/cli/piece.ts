import { printable } from "../lib/printable.ts";
import { displayWidth } from "./display-width.ts";

/** How a piece of text looks where colour is on. Never the only sign. */
export type Style = "plain" | "bold" | "dim" | "red" | "green" | "yellow" | "blue";

/** Text, or text with a look. All of it is made printable on its way out. */
export type Piece = string | { readonly text: string; readonly style: Style };

/** The text of a piece as it will stand on the terminal. */
export function textOf(piece: Piece): string {
  return printable(typeof piece === "string" ? piece : piece.text);
}

/** Cells that a piece takes. */
export function widthOf(piece: Piece): number {
  return displayWidth(textOf(piece));
}
