/** How a console shall be looked at: firmware draws on larger screens than 80x24, and with other bytes than UTF-8. */
export interface ScreenShape {
  readonly rows: number;
  readonly columns: number;
  readonly encoding: "utf-8" | "cp437" | "latin1";
}

/**
 * Columns (0-based, `to` is the last one) of a row that have the same colours. `ink` is what a person sees, "7/0" for
 * white on black by their ANSI numbers, "7+/0" where it is bold; "f" and "b" are the terminal's own two. Inverse video
 * swaps them: "b/f".
 */
export interface ScreenInk {
  readonly from: number;
  readonly to: number;
  readonly ink: string;
}

/** The visible screen, rows without trailing blanks, and the cursor (0-based). */
export interface ScreenText {
  readonly rows: readonly string[];
  readonly cursor: { readonly row: number; readonly column: number };
  /** Colours, row by row, where a shape was asked for. */
  readonly inks?: readonly (readonly ScreenInk[])[];
  /** Bytes that came since the host went down, where a shape was asked for: an empty screen may be a drawn one. */
  readonly bytes?: number;
}

/** How a menu is read from the screen, and which keys move in it. */
export interface ScreenMenu {
  /** What the menu is, for messages: "GRUB's menu". */
  readonly name: string;
  /** A row that is an entry; its first group is the entry's text, without frame and marker. */
  readonly entry: RegExp;
  /** The row that is highlighted; undefined: none is, or this is no menu. */
  readonly highlighted: (screen: ScreenText) => number | undefined;
  readonly up: string;
  readonly down: string;
}
