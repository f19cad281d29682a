/**
 * A screen as bytes for a person's terminal, so that what follows live continues it.
 *
 * A console that scrolls (the usual) is written as lines, below what stands on the person's terminal. One with a menu,
 * an editor or an alternate screen is painted at its place, after the person's own lines were scrolled away. Written
 * by hand: @xterm/addon-serialize leaves wrapped rows to the terminal's width, which may be another here, and loses
 * the scroll region and the hidden cursor.
 */
import type { IBuffer, IBufferCell } from "@xterm/headless";
import { RESET_SEQUENCE } from "../../codec/terminal-filter.ts";
import type { Screen } from "./screen.ts";

/** The person's terminal. */
export interface PaintFor {
  readonly columns: number;
  readonly rows: number;
  /** Rows above the screen to show first. */
  readonly history: number;
  /** Text and line ends alone, for the strict filter. */
  readonly plain: boolean;
  /** The terminal is in the middle of something else: undo that first. */
  readonly again: boolean;
}

/** What a cell looks like; the emulator's current attributes have the same methods. */
type Looks = Pick<
  IBufferCell,
  | "isBold"
  | "isDim"
  | "isItalic"
  | "isUnderline"
  | "isBlink"
  | "isInverse"
  | "isInvisible"
  | "isStrikethrough"
  | "isFgRGB"
  | "isFgPalette"
  | "getFgColor"
  | "isBgRGB"
  | "isBgPalette"
  | "getBgColor"
>;

/** Paints the screen. */
export function paintScreen(screen: Screen, person: PaintFor): string {
  const { normal, active } = screen.terminal.buffer;
  const from = Math.max(0, normal.baseY - person.history);
  const above = range(from, normal.baseY).map((row) => rowText(normal, row, person));
  if (person.plain) {
    const rows = range(active.baseY, active.baseY + lastRow(active) + 1);
    return [...above, ...rows.map((row) => rowText(active, row, person))].join("\r\n");
  }
  const reset = person.again ? RESET_SEQUENCE : "";
  return (
    reset + (scrolls(screen) ? asLines(screen, above, person) : inPlace(screen, above, person))
  );
}

/** Nothing stands below the cursor and nothing is set that needs rows to be at their place. */
function scrolls(screen: Screen): boolean {
  const { active } = screen.terminal.buffer;
  const { applicationCursorKeysMode, originMode } = screen.terminal.modes;
  return (
    active.type === "normal" &&
    screen.region === undefined &&
    !applicationCursorKeysMode &&
    !originMode &&
    lastRow(active) <= active.cursorY
  );
}

function asLines(screen: Screen, above: readonly string[], person: PaintFor): string {
  const { active } = screen.terminal.buffer;
  const rows = range(active.baseY, active.baseY + active.cursorY + 1);
  const lines = [...above, ...rows.map((row) => rowText(active, row, person))];
  const column = active.cursorX > 0 ? `\r\x1b[${active.cursorX}C` : "\r";
  // Behind the last column the cursor waits to wrap: only a character in that column brings it there.
  const { cols } = screen.terminal;
  const waits = active.cursorX >= cols;
  const last = waits ? lastCell(active, active.baseY + active.cursorY, cols) : "";
  return `${lines.join("\r\n")}${column}${last}${modes(screen)}`;
}

function inPlace(screen: Screen, above: readonly string[], person: PaintFor): string {
  const { active } = screen.terminal.buffer;
  const region = screen.region;
  const origin = screen.terminal.modes.originMode;
  const parts = above.map((line) => `${line}\r\n`);
  parts.push("\r\n".repeat(person.rows));
  if (active.type === "alternate") parts.push("\x1b[?1049h");
  parts.push("\x1b[H\x1b[2J");
  for (const row of range(0, lastRow(active) + 1)) {
    const text = rowText(active, active.baseY + row, person);
    if (text !== "") parts.push(`\x1b[${row + 1};1H${text}`);
  }
  if (region) parts.push(`\x1b[${region.top + 1};${region.bottom + 1}r`);
  if (origin) parts.push("\x1b[?6h");
  const row = active.cursorY - (origin ? (region?.top ?? 0) : 0);
  const waits = active.cursorX >= screen.terminal.cols;
  parts.push(`\x1b[${row + 1};${active.cursorX + (waits ? 0 : 1)}H`);
  if (waits) {
    parts.push(lastCell(active, active.baseY + active.cursorY, screen.terminal.cols));
  }
  parts.push(modes(screen));
  return parts.join("");
}

function modes(screen: Screen): string {
  const set = screen.terminal.modes;
  return [
    set.applicationCursorKeysMode ? "\x1b[?1h" : "",
    set.applicationKeypadMode ? "\x1b=" : "",
    set.wraparoundMode ? "" : "\x1b[?7l",
    screen.cursorVisible ? "\x1b[?25h" : "\x1b[?25l",
    currentLooks(screen),
  ].join("");
}

/** The attributes in which the host writes on. Not in the emulator's public interface (6.0.0 is pinned, a test looks). */
function currentLooks(screen: Screen): string {
  const core: unknown = Reflect.get(screen.terminal, "_core");
  const handler: unknown = core instanceof Object ? Reflect.get(core, "_inputHandler") : undefined;
  const looks: unknown =
    handler instanceof Object ? Reflect.get(handler, "_curAttrData") : undefined;
  return isLooks(looks) ? sgr(looks) : "\x1b[m";
}

function isLooks(found: unknown): found is Looks {
  return found instanceof Object && "isBold" in found && "getBgColor" in found;
}

/** Rows that show something, counted from the screen's top; -1: none does. */
function lastRow(buffer: IBuffer): number {
  for (let row = buffer.length - buffer.baseY - 1; row >= 0; row--) {
    if (buffer.getLine(buffer.baseY + row)?.translateToString(true) !== "") return row;
  }
  return -1;
}

/** One row, its looks included, no wider than the person's terminal, and ending with none. */
function rowText(buffer: IBuffer, row: number, person: PaintFor): string {
  const line = buffer.getLine(row);
  if (!line) return "";
  const cell = buffer.getNullCell();
  let text = "";
  let shown = 0;
  let looks = "\x1b[m";
  /** Where the person's cursor stands after the text. */
  let at = 0;
  const columns = Math.min(line.length, person.columns);
  for (let column = 0; column < columns; column++) {
    line.getCell(column, cell);
    if (cell.getWidth() === 0) continue;
    if (!person.plain) {
      const wanted = sgr(cell);
      if (wanted !== looks) text += wanted;
      looks = wanted;
    }
    // The right half of the wide character before was overwritten, as it is again here.
    if (at > column && !person.plain) text += `\x1b[${column + 1}G`;
    text += fitting(cell, column, columns);
    at = column + cell.getWidth();
    if (isSeen(cell)) shown = text.length;
  }
  const cut = text.slice(0, shown);
  return cut.includes("\x1b") ? `${cut}\x1b[m` : cut;
}

function isSeen(cell: IBufferCell): boolean {
  return cell.getChars() !== "" || !cell.isBgDefault() || cell.isInverse() !== 0;
}

/** The last cell of a row, written again to bring the cursor behind it. */
function lastCell(buffer: IBuffer, row: number, columns: number): string {
  const line = buffer.getLine(row);
  const last = line?.getCell(columns - 1);
  const cell = last?.getWidth() === 0 ? line?.getCell(columns - 2) : last;
  if (!cell) return "";
  const back = cell.getWidth() === 2 && last?.getWidth() === 0 ? "\b" : "";
  return `${back}${sgr(cell)}${fitting(cell, columns - 1, columns + back.length)}`;
}

/** What stands in a cell; a wide character of which the emulator had room for half is a blank. */
function fitting(cell: IBufferCell, column: number, columns: number): string {
  return column + cell.getWidth() > columns ? " " : cell.getChars() || " ";
}

function sgr(looks: Looks): string {
  const set = [
    looks.isBold() ? "1" : "",
    looks.isDim() ? "2" : "",
    looks.isItalic() ? "3" : "",
    looks.isUnderline() ? "4" : "",
    looks.isBlink() ? "5" : "",
    looks.isInverse() ? "7" : "",
    looks.isInvisible() ? "8" : "",
    looks.isStrikethrough() ? "9" : "",
    colour(looks.isFgRGB(), looks.isFgPalette(), looks.getFgColor(), 30),
    colour(looks.isBgRGB(), looks.isBgPalette(), looks.getBgColor(), 40),
  ].filter((one) => one !== "");
  return set.length === 0 ? "\x1b[m" : `\x1b[0;${set.join(";")}m`;
}

/** `base`: 30 for text, 40 for what is behind it. */
function colour(
  rgb: boolean | number,
  palette: boolean | number,
  value: number,
  base: number,
): string {
  if (rgb) return `${base + 8};2;${(value >> 16) & 255};${(value >> 8) & 255};${value & 255}`;
  if (!palette) return "";
  if (value < 8) return `${base + value}`;
  return value < 16 ? `${base + 60 + value - 8}` : `${base + 8};5;${value}`;
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, n) => from + n);
}
