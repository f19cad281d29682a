import { cutToWidth, displayWidth, padToWidth } from "./display-width.ts";
import { type Piece, textOf, widthOf } from "./piece.ts";

/** A column of a table. */
export interface Column {
  readonly title: string;
  /** Takes what the others leave, and is cut first. At most one per table, the last. */
  readonly flexible?: boolean;
  readonly align?: "left" | "right";
}

const GAP = "  ";
/** A flexible column is not cut below this; the terminal wraps instead. */
const LEAST_FLEXIBLE = 12;

/** Lays rows out in columns. With `width` (a terminal) the flexible column is cut so that no line wraps. */
export function layOutTable(
  columns: readonly Column[],
  rows: readonly (readonly Piece[])[],
  width: number | undefined,
): Piece[][] {
  const widths = columns.map((column, i) =>
    Math.max(displayWidth(column.title), ...rows.map((row) => widthOf(row[i] ?? ""))),
  );
  const flexible = columns.findIndex((column) => column.flexible);
  if (width !== undefined && flexible >= 0) {
    const others = widths.reduce((sum, one, i) => (i === flexible ? sum : sum + one), 0);
    const room = width - others - GAP.length * (columns.length - 1);
    widths[flexible] = Math.min(widths[flexible] ?? 0, Math.max(LEAST_FLEXIBLE, room));
  }
  const heading = columns.map((column): Piece => ({ text: column.title, style: "dim" }));
  return [heading, ...rows].map((row) => layOutRow(columns, widths, row));
}

function layOutRow(
  columns: readonly Column[],
  widths: readonly number[],
  row: readonly Piece[],
): Piece[] {
  return columns.flatMap((column, i) => {
    const piece = row[i] ?? "";
    const cells = widths[i] ?? 0;
    const text = cutToWidth(textOf(piece), cells);
    const last = i === columns.length - 1;
    const filled =
      column.align === "right"
        ? " ".repeat(Math.max(0, cells - displayWidth(text))) + text
        : last
          ? text
          : padToWidth(text, cells);
    const laid: Piece = typeof piece === "string" ? filled : { ...piece, text: filled };
    return last ? [laid] : [laid, GAP];
  });
}
