import type { Clock, Millis } from "../../lib/clock.ts";
import { OobError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import type { ScreenMenu, ScreenText } from "../../sdk/screen-menu.ts";

/** What choosing needs of a console. */
export interface MenuConsole {
  readonly host: string;
  screen(): Promise<ScreenText>;
  send(text: string): Promise<void>;
  sleep(time: Millis): Promise<void>;
  readonly now: Millis;
}

/** A console as choosing needs it. */
export const menuConsole = (
  console: Pick<MenuConsole, "host" | "screen" | "send">,
  clock: Clock,
  sleep: MenuConsole["sleep"],
): MenuConsole => ({
  host: console.host,
  screen: () => console.screen(),
  send: (text) => console.send(text),
  sleep,
  get now() {
    return clock.monotonic();
  },
});

/** The highlight moves within this time, or the key was lost. */
const MOVES_WITHIN: Millis = 1500;
const POLL: Millis = 100;
/** What is drawn may still be moving: a highlight is believed when it has stood for so long. */
const STANDS: Millis = 300;
/** After so many keys in a row that moved nothing, the end of the menu is reached. */
const LOST_KEYS = 4;
const MAX_KEYS = 400;
/** So many entries are named where the wanted one is not among them. */
const NAMED = 20;

/** Where the highlight is, and what can be seen around it. */
interface View {
  readonly row: number;
  readonly text: string;
  readonly entries: ReadonlyMap<number, string>;
}

/**
 * Moves the highlight onto the entry, one key at a time, and reads after each where it is. Keys are never counted: a
 * menu that loses one, scrolls, wraps around or skips a line changes nothing.
 */
export async function chooseEntry(
  console: MenuConsole,
  wanted: RegExp,
  menu: ScreenMenu,
  within: Millis,
): Promise<ScreenText> {
  const pattern = new RegExp(wanted.source, wanted.flags.replace(/[gy]/g, ""));
  const walk = new Walk(menu, pattern);
  for (const end = console.now + within; console.now < end; ) {
    const screen = await console.screen();
    const view = viewOf(screen, menu);
    if (view === undefined) {
      // A menu that is being drawn has no highlight for a moment.
      await console.sleep(POLL);
      continue;
    }
    if (pattern.test(view.text)) {
      if (!(await hasMoved(console, menu, view, STANDS))) return screen;
      continue;
    }
    const key = walk.next(view);
    if (key === undefined) break;
    await console.send(key);
    walk.pressed(await hasMoved(console, menu, view, MOVES_WITHIN));
  }
  const names = [...walk.seen]
    .filter((text) => text !== "")
    .slice(0, NAMED)
    .map((text) => `"${printable(text, 60)}"`);
  throw new OobError(
    "RUNBOOK_FAILED",
    `Cannot choose /${printable(wanted.source, 80)}/ in ${menu.name} at ${console.host}: ` +
      (names.length === 0 ? "no entry of it is highlighted" : `it shows ${names.join(", ")}`),
    { hint: `Look at it with: oob screen ${console.host}` },
  );
}

/** The way through a menu: towards the entry where it is in sight, else down, and up again from the end. */
class Walk {
  readonly seen = new Set<string>();
  readonly #menu: ScreenMenu;
  readonly #pattern: RegExp;
  #way: string;
  #keys = 0;
  #lost = 0;
  /** Keys since an entry was seen that had not been seen before. */
  #nothingNew = 0;
  #inSight = false;

  constructor(menu: ScreenMenu, pattern: RegExp) {
    this.#menu = menu;
    this.#pattern = pattern;
    this.#way = menu.down;
  }

  /** The key to press; undefined: it is not there, or the highlight cannot be moved. */
  next({ row, entries }: View): string | undefined {
    const known = this.seen.size;
    for (const text of entries.values()) this.seen.add(text);
    this.#nothingNew = this.seen.size > known ? 0 : this.#nothingNew + 1;
    const target = [...entries].find(([, text]) => this.#pattern.test(text))?.[0];
    this.#inSight = target !== undefined;
    if (target !== undefined) this.#way = target < row ? this.#menu.up : this.#menu.down;
    return this.#isHopeless() ? undefined : this.#way;
  }

  pressed(moved: boolean): void {
    this.#keys += 1;
    this.#lost = moved ? 0 : this.#lost + 1;
    if (this.#lost < LOST_KEYS || this.#inSight || this.#way === this.#menu.up) return;
    this.#way = this.#menu.up;
    this.#lost = 0;
  }

  #isHopeless(): boolean {
    if (this.#keys >= MAX_KEYS || this.#lost >= LOST_KEYS) return true;
    // Once around, or from end to end.
    return !this.#inSight && this.#nothingNew > 2 * this.seen.size + 2 * LOST_KEYS;
  }
}

/** Whether the highlight comes to stand elsewhere within this time. */
async function hasMoved(
  console: MenuConsole,
  menu: ScreenMenu,
  { row, text }: View,
  within: Millis,
): Promise<boolean> {
  for (const end = console.now + within; console.now < end; ) {
    await console.sleep(POLL);
    const now = viewOf(await console.screen(), menu);
    if (now !== undefined && (now.row !== row || now.text !== text)) return true;
  }
  return false;
}

function viewOf(screen: ScreenText, menu: ScreenMenu): View | undefined {
  const row = menu.highlighted(screen);
  if (row === undefined) return undefined;
  const entries = new Map<number, string>();
  for (const [at, line] of screen.rows.entries()) {
    const found = menu.entry.exec(line);
    if (found) entries.set(at, (found[1] ?? found[0]).trim());
  }
  const text = entries.get(row);
  return text === undefined ? undefined : { row, text, entries };
}
