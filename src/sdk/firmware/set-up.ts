/**
 * A firmware's set-up, walked through by reading it: after every key it is read what the key has done, and no key is
 * pressed at a screen that is not known. Keys may be lost, pages may scroll, and a slow line draws a page in seconds.
 */
import type { Millis } from "../../lib/clock.ts";
import { minutes, seconds } from "../../lib/durations.ts";
import { OobError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import { comesTo } from "../boot/loader-prompt.ts";
import type { ConsoleHands, ScreenShape, ScreenText } from "../runbook.ts";
import type { FirmwarePages } from "./firmware-map.ts";
import {
  type FirmwarePage,
  type FirmwareStand,
  isSetUp,
  type PageEntry,
  readStand,
} from "./read-page.ts";

/** A screen is believed when it was read alike so often, and nothing came meanwhile. */
const READ_ALIKE = 6;
const DRAWN_WITHIN: Millis = minutes(1);
/** The effect of a key. A lone Esc is taken for the beginning of a longer key for seconds. */
const MOVES_WITHIN: Millis = seconds(8);
const TYPE_PACE: Millis = 200;
/** Nothing more is drawn of what was typed. */
const EDITED: Millis = seconds(1);
const LOST_KEYS = 4;
const MAX_KEYS = 300;
const MAX_STEPS_OUT = 12;
const NAMED = 20;

/** A page, and which of its rows the highlight may stand on. */
export interface WalkedPage extends FirmwarePage {
  /** Labels of the pages on the way, and its own. */
  readonly path: readonly string[];
  readonly entries: readonly (PageEntry & { readonly selectable: boolean })[];
}

/** The way to go; "search": it is not in sight. */
type Way = "there" | "up" | "down" | "search";

function wayTo(target: number, at: number): Way {
  if (target < 0) return "search";
  return target === at ? "there" : target < at ? "up" : "down";
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
const sameLabel = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** Where the highlight stands, and what moves with it. */
function highlightOf(stand: FirmwareStand): unknown {
  if (stand.is === "choices") return [stand.at, stand.choices];
  if (stand.is !== "page") return undefined;
  return stand.page.entries.map(({ label, highlighted }) => [label, highlighted]);
}

/** What its screens show: the rows that are not empty, for a person. */
export const shownBy = ({ rows }: ScreenText): string =>
  rows
    .map((row) => printable(row.trim().replace(/\s+/g, " "), 80))
    .filter((row) => /\w/.test(row))
    .slice(0, NAMED)
    .join(" | ");

/** The set-up of one host. */
export class FirmwareSetUp {
  readonly #console: ConsoleHands;
  readonly #map: FirmwarePages;
  readonly #shape: ScreenShape;
  readonly #host: string;

  constructor(console: ConsoleHands, map: FirmwarePages, shape: ScreenShape, host: string) {
    this.#console = console;
    this.#map = map;
    this.#shape = shape;
    this.#host = host;
  }

  /** What stands there once it is drawn, and of the wanted kind. Throws RUNBOOK_FAILED with what the screen shows. */
  async look(what: string, is: (stand: FirmwareStand) => boolean = () => true) {
    const stand = await this.#drawn((now) => now.is !== "nothing" && is(now), DRAWN_WITHIN);
    if (stand) return stand;
    const screen = await this.#console.screen(this.#shape);
    throw this.fault(`waited for ${what}, and it shows: ${shownBy(screen) || "nothing"}`);
  }

  async page(what = "a page"): Promise<FirmwarePage> {
    const stand = await this.look(what);
    if (stand.is === "page") return stand.page;
    throw this.fault(`${what} was expected, and it ${saidBy(stand)}`);
  }

  /** From page to page, by the labels that lead there. */
  async go(path: readonly string[]): Promise<void> {
    for (const label of path) {
      const before = await this.page();
      await this.moveTo(label, (entry) => entry.kind === "page");
      const changed = (now: FirmwareStand) =>
        now.is !== "page" ||
        now.page.title !== before.title ||
        !same(labelsOf(now.page), labelsOf(before));
      const stand = await this.pressed(this.#map.keys.enter, `the page "${label}"`, changed);
      if (stand.is !== "page") throw this.fault(`behind "${label}" it ${saidBy(stand)}`);
    }
  }

  /** Brings the highlight onto the entry of this label. "Name#2" is the second of that name. */
  async moveTo(label: string, is: (entry: PageEntry) => boolean = () => true): Promise<void> {
    const [, name = label, nth] = /^(.*?)(?:#(\d{1,2}))?$/.exec(label) ?? [];
    const seen = new Set<string>();
    const arrived = await this.#through((stand) => {
      if (stand.is !== "page") throw this.fault(`a page was expected, and it ${saidBy(stand)}`);
      for (const entry of stand.page.entries) seen.add(entry.label);
      const found = stand.page.entries.filter((entry) => sameLabel(entry.label, name) && is(entry));
      if (found.length > 1 && nth === undefined)
        throw this.fault(`its page has ${found.length} entries "${name}": say "${name}#1"`);
      const target = found[nth === undefined ? 0 : Number(nth) - 1];
      if (target?.greyed) throw this.fault(`"${name}" is greyed: it cannot be chosen`);
      const at = stand.page.entries.findIndex(({ highlighted }) => highlighted);
      return wayTo(target ? stand.page.entries.indexOf(target) : -1, at);
    });
    if (arrived) return;
    const names = [...seen].slice(0, NAMED).map((one) => `"${printable(one, 60)}"`);
    throw this.fault(
      [...seen].some((one) => sameLabel(one, name))
        ? `the highlight does not come to stand on "${label}"`
        : `there is no "${label}" on the page; it has ${names.join(", ")}`,
    );
  }

  /** Reads the whole page by going through it once: what it has, and what may be chosen. */
  async walk(path: readonly string[]): Promise<WalkedPage> {
    const whole = new Map<string, PageEntry & { selectable: boolean }>();
    await this.#through((stand) => {
      if (stand.is !== "page") throw this.fault(`a page was expected, and it ${saidBy(stand)}`);
      const names = new Map<string, number>();
      for (const entry of stand.page.entries) {
        const nth = (names.get(entry.label) ?? 0) + 1;
        names.set(entry.label, nth);
        const name = `${entry.label}#${nth}`;
        const selectable = entry.highlighted || whole.get(name)?.selectable === true;
        whole.set(name, { ...entry, selectable });
      }
      return "search";
    });
    return { ...(await this.page()), path, entries: [...whole.values()] };
  }

  /** Of the box of choices that stands there: brings the highlight onto this one. Returns all that were seen. */
  async choose(value: string): Promise<{ found: boolean; offered: readonly string[] }> {
    const offered = new Set<string>();
    const found = await this.#through((stand) => {
      if (stand.is !== "choices")
        throw this.fault(`choices were expected, and it ${saidBy(stand)}`);
      for (const choice of stand.choices) if (choice !== "") offered.add(choice);
      const target = stand.choices.findIndex((choice) => sameLabel(choice, value));
      return wayTo(target, stand.at);
    });
    return { found, offered: [...offered] };
  }

  /**
   * Presses a key until it shows in what stands there, and returns that. It counts as lost only where not a byte came:
   * pressed again at what it led to, it would do something else.
   */
  async pressed(
    key: string,
    what: string,
    is: (stand: FirmwareStand) => boolean = () => true,
  ): Promise<FirmwareStand> {
    const before = await this.look(what);
    const changed = (now: FirmwareStand) => now.is !== "nothing" && !same(now, before) && is(now);
    for (let tries = 0; tries < LOST_KEYS; tries++) {
      const { bytes } = await this.#console.screen(this.#shape);
      await this.#console.send(key);
      const stand = await this.#drawn(changed, MOVES_WITHIN);
      if (stand) return stand;
      const now = await this.#console.screen(this.#shape);
      if (now.bytes !== bytes) return this.look(what, changed);
    }
    throw this.fault(`a key for ${what} does nothing`);
  }

  /** Opens the entry that is highlighted, types, and ends it by Enter: while it is edited, it is no page that is known. */
  async typeInto(text: string): Promise<void> {
    const { enter } = this.#map.keys;
    await this.#console.send(enter);
    await this.#console.settle(EDITED, MOVES_WITHIN);
    await this.#console.type(text, TYPE_PACE);
    await this.#console.settle(EDITED, MOVES_WITHIN);
    await this.#console.send(enter);
    await this.#console.settle(EDITED, MOVES_WITHIN);
  }

  /** Out to the front page. `discard`: what is changed and not saved is given up. */
  async toFront(): Promise<void> {
    for (let steps = 0; steps < MAX_STEPS_OUT; steps++) {
      const stand = await this.#drawn(({ is }) => is !== "nothing", DRAWN_WITHIN);
      if (stand?.is === "page" && stand.page.isFront) return;
      const screen = await this.#console.screen(this.#shape);
      if (!stand && !isSetUp(screen, this.#map))
        throw this.fault(`it shows no page: ${shownBy(screen) || "nothing"}`);
      // What is not known is not answered: Esc takes it back.
      const known = stand?.is === "dialog" ? stand.dialog : undefined;
      const key = known?.discard ?? known?.goOn ?? this.#map.keys.escape;
      await this.#console.send(key);
      const changed = (now: FirmwareStand) => now.is !== "nothing" && !same(now, stand);
      await this.#drawn(changed, MOVES_WITHIN);
    }
    throw this.fault(`Esc does not lead to its front page`);
  }

  /** What stands there once it `is` so; undefined when the screen is no set-up's any more, or the time is over. */
  async comes(
    is: (stand: FirmwareStand) => boolean,
    gone: (screen: ScreenText) => boolean,
    within: Millis,
  ): Promise<FirmwareStand | undefined> {
    let stand: FirmwareStand | undefined;
    const either = (screen: ScreenText) => {
      const now = readStand(screen, this.#map);
      stand = is(now) ? now : undefined;
      return stand !== undefined || gone(screen);
    };
    if (await comesTo(this.#console, either, within, "the way out", this.#shape)) return stand;
    throw this.fault("its set-up does not end");
  }

  fault(why: string): OobError {
    return new OobError("RUNBOOK_FAILED", `Cannot go on in the set-up of ${this.#host}: ${why}`, {
      hint: `Look at it: oob attach ${this.#host}`,
    });
  }

  /**
   * Moves the highlight by one at a time, the way that `next` says after each look: true when it is there, false when
   * it went through all of it in vain. Where it does not go around at the end, it goes back.
   */
  async #through(next: (stand: FirmwareStand) => Way): Promise<boolean> {
    const { up, down } = this.#map.keys;
    const past = new Set<string>();
    let ahead = down;
    let lost = 0;
    for (let keys = 0; keys < MAX_KEYS && lost < LOST_KEYS; keys++) {
      const stand = await this.look("a page");
      const way = next(stand);
      if (way === "there") return true;
      const place = JSON.stringify(highlightOf(stand));
      if (way === "search" && lost === 0 && past.has(place)) return false;
      past.add(place);
      lost = (await this.#moves({ up, down, search: ahead }[way])) ? 0 : lost + 1;
      if (way !== "search" || lost < LOST_KEYS - 1 || ahead === up) continue;
      ahead = up;
      lost = 0;
      past.clear();
    }
    return false;
  }

  /** Whether the highlight comes to stand elsewhere. */
  async #moves(key: string): Promise<boolean> {
    const before = highlightOf(await this.look("a page"));
    await this.#console.send(key);
    const moved = (now: FirmwareStand) => now.is !== "nothing" && !same(highlightOf(now), before);
    return (await this.#drawn(moved, MOVES_WITHIN)) !== undefined;
  }

  /** What stands there when it stands still and is so; undefined when the time is over. */
  async #drawn(
    is: (stand: FirmwareStand) => boolean,
    within: Millis,
  ): Promise<FirmwareStand | undefined> {
    let last: FirmwareStand | undefined;
    let bytes: number | undefined;
    let alike = 0;
    const stands = (screen: ScreenText) => {
      const now = readStand(screen, this.#map);
      alike = bytes === screen.bytes && same(now, last) ? alike + 1 : 0;
      last = now;
      bytes = screen.bytes;
      return alike >= READ_ALIKE && is(now);
    };
    const came = await comesTo(this.#console, stands, within, "its set-up", this.#shape);
    return came ? last : undefined;
  }
}

const labelsOf = ({ entries }: FirmwarePage) => entries.map(({ label }) => label);

/** What stands there, for messages. */
export function saidBy(stand: FirmwareStand): string {
  if (stand.is === "dialog") return `asks "${printable(stand.text, 200)}"`;
  if (stand.is === "choices") return "offers choices";
  return stand.is === "page" ? `shows the page "${stand.page.title}"` : "shows nothing known";
}
