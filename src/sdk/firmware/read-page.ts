/** What stands on a firmware's screen, read by its map. All text is a host's: hostile, and bounded by the screen. */
import type { ScreenInk, ScreenText } from "../screen-menu.ts";
import type { FirmwareDialog, FirmwarePages, PageColumns } from "./firmware-map.ts";

/** What an entry is, by the form of its value; "line": a label alone, an action or text. */
export type EntryKind = "page" | "choice" | "tick" | "number" | "text" | "line";

/** An entry of a page. */
export interface PageEntry {
  /** Row in which it begins. */
  readonly row: number;
  readonly label: string;
  /** As it reads: without the brackets around a choice or number; "on" and "off" for a tick. */
  readonly value: string | undefined;
  readonly kind: EntryKind;
  readonly highlighted: boolean;
  readonly greyed: boolean;
}

/** A page as it stands on the screen. */
export interface FirmwarePage {
  /** "" for the front page. */
  readonly title: string;
  readonly isFront: boolean;
  readonly entries: readonly PageEntry[];
  /** Something was changed that is not saved. */
  readonly unsaved: boolean;
}

/** What stands on the screen. */
export type FirmwareStand =
  | { readonly is: "page"; readonly page: FirmwarePage }
  | { readonly is: "choices"; readonly choices: readonly string[]; readonly at: number }
  | { readonly is: "dialog"; readonly text: string; readonly dialog: FirmwareDialog | undefined }
  | { readonly is: "nothing" };

/** Titles stand in the first rows. */
const TITLE_ROWS = 5;
const NOTHING: FirmwareStand = { is: "nothing" };

/** What a set-up shows; "nothing" where it is not whole, or not this set-up. */
export function readStand(screen: ScreenText, map: FirmwarePages): FirmwareStand {
  return readBox(screen, map) ?? readPage(screen, map) ?? NOTHING;
}

/** Whether a page or a box of this set-up stands there, whole or being drawn. */
export const isSetUp = (screen: ScreenText, map: FirmwarePages): boolean =>
  titleOf(screen.rows, map) !== undefined && columnsOf(screen, map) !== undefined;

/** Ink in which a column of a row is drawn. */
function inkAt(screen: ScreenText, row: number, column: number): string | undefined {
  return screen.inks?.[row]?.find(({ from, to }) => from <= column && column <= to)?.ink;
}

/** Whether something that can be seen is drawn in this ink between two columns. */
function has(screen: ScreenText, row: number, from: number, to: number, ink: string): boolean {
  const text = screen.rows[row] ?? "";
  const drawn = (run: ScreenInk) =>
    run.ink === ink && text.slice(Math.max(from, run.from), Math.min(to, run.to + 1)).trim() !== "";
  return screen.inks?.[row]?.some(drawn) ?? false;
}

function readPage(screen: ScreenText, map: FirmwarePages): FirmwareStand | undefined {
  const { rows } = screen;
  const title = titleOf(rows, map);
  if (title === undefined) return undefined;
  const columns = columnsOf(screen, map);
  if (columns === undefined) return undefined;
  const entries = entriesOf(screen, map, columns);
  if (!entries.some(({ highlighted }) => highlighted)) return undefined;
  const unsaved = rows.some((row) => map.unsaved.test(row));
  return { is: "page", page: { title, isFront: title === "", entries, unsaved } };
}

/** "" for the front page, undefined where this is no page. */
function titleOf(rows: readonly string[], { title, front }: FirmwarePages): string | undefined {
  for (const row of rows.slice(0, TITLE_ROWS)) {
    const found = title.exec(row)?.[1]?.trim();
    if (found) return found;
  }
  return front.every((one) => rows.some((row) => one.test(row))) ? "" : undefined;
}

/** By how wide most of the rows are drawn. */
function columnsOf({ inks = [] }: ScreenText, map: FirmwarePages): PageColumns | undefined {
  const widths = new Map<number, number>();
  for (const row of inks) {
    const last = row.findLast(({ ink }) => ink !== "f/b");
    if (last) widths.set(last.to + 1, (widths.get(last.to + 1) ?? 0) + 1);
  }
  const [widest] = [...widths].sort(([, a], [, b]) => b - a);
  return map.columns.find(({ width }) => width === widest?.[0]);
}

function entriesOf(screen: ScreenText, map: FirmwarePages, columns: PageColumns): PageEntry[] {
  const { inks } = map;
  const entries: PageEntry[] = [];
  for (const [row, text] of screen.rows.entries()) {
    if (map.frame.test(text)) continue;
    const ink = inkAt(screen, row, columns.label);
    const highlighted = has(screen, row, columns.label, columns.help, inks.highlight);
    const known = ink === inks.entry || ink === inks.greyed || highlighted;
    // The margin of a row of entries is drawn as they are: that of a line of help is not.
    const inside = inkAt(screen, row, 0) !== inks.highlight;
    if (!known || !inside) continue;
    const entry = entryOf(text, row, map, columns);
    if (!entry) continue;
    const greyed = ink === inks.greyed && !highlighted;
    const last = entries.at(-1);
    if (last && goesOn(last, entry, row, columns) && !highlighted)
      entries[entries.length - 1] = joined(last, entry);
    else entries.push({ ...entry, highlighted, greyed });
  }
  return entries;
}

const joined = (first: PageEntry, rest: RawEntry): PageEntry => ({
  ...first,
  label: [first.label, rest.label].filter(Boolean).join(" "),
  ...(rest.value === undefined ? {} : { value: `${first.value ?? ""}${rest.value}` }),
});

type RawEntry = Omit<PageEntry, "highlighted" | "greyed">;

/**
 * A row that belongs to the entry above it: the rest of a long value; or of a long label beside a value, whose next word
 * did not fit into the columns of labels.
 */
function goesOn(above: PageEntry, entry: RawEntry, row: number, columns: PageColumns): boolean {
  if (above.value === undefined || entry.kind === "page" || row !== above.row + 1) return false;
  if (entry.label === "") return true;
  if (entry.value !== undefined) return false;
  const [word = ""] = entry.label.split(" ");
  return above.label.length + 1 + word.length > columns.value - columns.label - 1;
}

function entryOf(
  text: string,
  row: number,
  { leads, values }: FirmwarePages,
  { label: from, value: to, help }: PageColumns,
): RawEntry | undefined {
  const mark = text.slice(0, from);
  const isPage = leads.test(mark);
  // A page's name may be longer than the columns of labels: it has no value beside it.
  const label = text.slice(from, isPage ? help : to).trim();
  const raw = isPage ? "" : text.slice(to, help).trim();
  if (label === "" && raw === "") return undefined;
  if (isPage) return { row, label, value: undefined, kind: "page" };
  if (raw === "") return { row, label, value: undefined, kind: "line" };
  const tick = values.tick.exec(raw);
  if (tick) return { row, label, value: tick[1]?.trim() ? "on" : "off", kind: "tick" };
  for (const kind of ["choice", "number"] as const) {
    const found = values[kind].exec(raw);
    if (found) return { row, label, value: (found[1] ?? "").trim(), kind };
  }
  return { row, label, value: raw, kind: "text" };
}

/** A box over the page: with a highlight in it, it offers choices; else it asks something. */
function readBox(screen: ScreenText, map: FirmwarePages): FirmwareStand | undefined {
  const { rows } = screen;
  // Frames of pages begin in the first column.
  const edge = (row: string, pattern: RegExp) => {
    const found = pattern.exec(row);
    return found && found.index > 0 ? { from: found.index, to: found.index + found[0].length } : 0;
  };
  for (const [first, row] of rows.entries()) {
    const top = edge(row, map.box.top);
    if (top === 0) continue;
    const last = rows.findIndex((one, at) => {
      const bottom = edge(one, map.box.bottom);
      return at > first && bottom !== 0 && bottom.from === top.from;
    });
    // It is being drawn.
    if (last < 0) return NOTHING;
    const between = Array.from({ length: last - first - 1 }, (_, at) => first + 1 + at);
    const inner = (at: number) => (rows[at] ?? "").slice(top.from + 1, top.to - 1).trim();
    const at = between.findIndex((one) =>
      has(screen, one, top.from + 1, top.to - 1, map.inks.choice),
    );
    const lines = between.map(inner);
    if (at >= 0) return { is: "choices", choices: lines, at };
    const text = lines.filter(Boolean).join(" ");
    return { is: "dialog", text, dialog: map.dialogs.find(({ shows }) => shows.test(text)) };
  }
  return undefined;
}
