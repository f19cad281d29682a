const CLEAR = "\u001b[2J";
const CLEAR_LINE = "\u001b[2K";
const PLAIN = "\u001b[0m";
/** A row that is too wide ends at the edge, instead of taking the next one; undone at once, for whoever comes after. */
const WRAP_OFF = "\u001b[?7l";
const WRAP_ON = "\u001b[?7h";

/** Draws a screen of ours row by row, and of each picture only the rows that differ from the one before. */
export class RowPainter {
  #shown: readonly string[] | undefined;

  /** What to write to the terminal. Rows are safe text with colours of ours, none wider than the terminal. */
  paint(rows: readonly string[]): string {
    const before = this.#shown;
    const last = Math.max(rows.length, before?.length ?? 0);
    let out = before === undefined ? CLEAR : "";
    for (let row = 0; row < last; row++) {
      const text = rows[row] ?? "";
      if (text !== (before?.[row] ?? ""))
        out += `\u001b[${row + 1};1H${PLAIN}${CLEAR_LINE}${text}${PLAIN}`;
    }
    this.#shown = [...rows];
    return out === "" ? "" : WRAP_OFF + out + WRAP_ON;
  }

  /** Something else was on the terminal, or it has another size: the next picture is drawn whole. */
  forget(): void {
    this.#shown = undefined;
  }
}
