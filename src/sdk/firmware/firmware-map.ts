/**
 * How a firmware's screens are read on a console, as data: one file for each firmware, drivers/firmware/*.ts here, and
 * firmware/*.ts in a site's folder of drivers. Two kinds are known: pages through which a highlight moves (a set-up), and
 * a list of which each entry has a key of its own (a boot menu).
 */
import type { Millis } from "../../lib/clock.ts";
import type { ScreenShape } from "../screen-menu.ts";

/** How it is entered: a key, pressed while the screen is empty at power-on, and while rows stand there that ask for it. */
export interface FirmwareEntry {
  readonly key: string;
  readonly every: Millis;
  readonly on?: RegExp;
  /** It announces itself: on an empty screen nothing is pressed. */
  readonly onlyOn?: true;
}

/** Columns of a page: where labels, values and the help beside them begin (0-based), on a screen so many columns wide. */
export interface PageColumns {
  readonly width: number;
  readonly label: number;
  readonly value: number;
  readonly help: number;
}

/** A box over a page that asks something, and the keys that answer it; only those that it has. */
export interface FirmwareDialog {
  /** For messages: "whether to save". */
  readonly asks: string;
  /** Its text, the rows joined by blanks. */
  readonly shows: RegExp;
  readonly save?: string;
  readonly discard?: string;
  /** Goes on where there is nothing to choose. */
  readonly goOn?: string;
}

/** A set-up: pages with entries, one of them highlighted. */
export interface FirmwarePages {
  readonly enter: FirmwareEntry;
  /** A row of the first five that is a page's title; its first group is the title. */
  readonly title: RegExp;
  /** The page on which the set-up begins has no title of that form, but these rows. */
  readonly front: readonly RegExp[];
  /** A row that is part of a frame, and no entry. */
  readonly frame: RegExp;
  /** What is cut off a screen narrower or wider than any of these is not guessed: such a page is unknown. */
  readonly columns: readonly PageColumns[];
  /** Inks of labels, of what is highlighted on a page and in a box of choices, and of labels that cannot be chosen. */
  readonly inks: {
    readonly entry: string;
    readonly highlight: string;
    readonly choice: string;
    readonly greyed: string;
  };
  /** What stands before a label that leads to another page. */
  readonly leads: RegExp;
  /** Values by their form: one of a list (first group), a tick (first group is blank where it is off), a number. */
  readonly values: { readonly choice: RegExp; readonly tick: RegExp; readonly number: RegExp };
  /** Upper and lower edge of a box over the page. */
  readonly box: { readonly top: RegExp; readonly bottom: RegExp };
  readonly keys: {
    readonly up: string;
    readonly down: string;
    readonly enter: string;
    readonly escape: string;
    readonly save: string;
  };
  /** An entry that saves its page and leaves it, where a page has one: chosen in place of the key. */
  readonly commits?: RegExp;
  /** A row that says that something is changed and not saved. */
  readonly unsaved: RegExp;
  readonly dialogs: readonly FirmwareDialog[];
  /** Labels on the front page: the one that goes on with the boot, and the one that restarts the host. */
  readonly goOn: string;
  readonly restart: string;
}

/** A list of which each entry has a key: SeaBIOS' boot menu. It stores nothing. */
export interface FirmwareList {
  readonly enter: FirmwareEntry;
  /** Its name as a page. */
  readonly page: string;
  readonly shows: RegExp;
  /** A row of it: its key, and its name. */
  readonly entry: RegExp;
  /** Goes on with the boot as if nobody had asked. */
  readonly leave: string;
  /** A row that says which one is booted; its first group. */
  readonly boots: RegExp;
}

/** One firmware on a console. */
export interface FirmwareMap {
  readonly summary: string;
  readonly sources: readonly string[];
  /** The largest screen that it draws, and in which bytes. */
  readonly screen: ScreenShape;
  /** What stands there where the firmware is past; a key with which it goes on where ours stopped it. */
  readonly past: readonly {
    readonly name: string;
    readonly shows: RegExp;
    readonly key?: string;
  }[];
  readonly shows: FirmwarePages | FirmwareList;
}

/** Declares the screens of a firmware. */
export const defineFirmware = (map: FirmwareMap): FirmwareMap => map;
