import type { Terminal } from "@xterm/headless";
import { TerminalFilter } from "../../codec/terminal-filter.ts";
import type { ScreenShot } from "../site/site.ts";
import { type Encoding, toUtf8 } from "./host-encoding.ts";

/** Rows above the screen that are kept, for replay on attach. */
export const SCROLLBACK_ROWS = 300;
/** What a host assumes of a serial terminal when nobody told it otherwise. */
export const SCREEN_COLUMNS = 80;
export const SCREEN_ROWS = 24;

/**
 * The emulator parses a piece in one go. The worst that passes the filter, `CSI 24 S` again and again, takes 20 ms in a
 * piece of this size; between pieces other consoles have their turn.
 */
const PIECE_BYTES = 1024;

/** Rows `top` to `bottom` (0-based, inclusive) scroll, the others stand. */
export interface ScrollRegion {
  readonly top: number;
  readonly bottom: number;
}

/**
 * What a terminal at this console would show. Host bytes reach the emulator through the terminal filter only (14
 * bytes of a host freeze it otherwise). It is deaf: its answers to questions of the host are sent nowhere.
 */
export class Screen {
  readonly terminal: Terminal;
  readonly #filter = new TerminalFilter("safe", SCREEN_ROWS);
  readonly #encoding: Encoding;
  #behind = 0;
  #cursorVisible = true;
  #region: ScrollRegion | undefined;

  private constructor(terminal: Terminal, encoding: Encoding) {
    this.terminal = terminal;
    this.#encoding = encoding;
    const { parser } = terminal;
    const cursor = (visible: boolean) => (parameters: (number | number[])[]) => {
      if (parameters.includes(25)) this.#cursorVisible = visible;
      return false;
    };
    parser.registerCsiHandler({ prefix: "?", final: "h" }, cursor(true));
    parser.registerCsiHandler({ prefix: "?", final: "l" }, cursor(false));
    parser.registerCsiHandler({ final: "r" }, (parameters) => {
      this.#region = this.#regionOf(Number(parameters[0] ?? 0), Number(parameters[1] ?? 0));
      return false;
    });
  }

  /** Loads the emulator when the first screen is needed: 60 ms that no other command pays. */
  static async create(encoding: Encoding): Promise<Screen> {
    const { default: headless } = await import("@xterm/headless");
    const terminal = new headless.Terminal({
      cols: SCREEN_COLUMNS,
      rows: SCREEN_ROWS,
      scrollback: SCROLLBACK_ROWS,
      allowProposedApi: true,
      // Broken sequences of a normal boot make it print objects on our stderr.
      logLevel: "off",
    });
    return new Screen(terminal, encoding);
  }

  /** Bytes that the emulator has not looked at yet. */
  get behind(): number {
    return this.#behind;
  }

  get cursorVisible(): boolean {
    return this.#cursorVisible;
  }

  get region(): ScrollRegion | undefined {
    return this.#region;
  }

  /** Takes host bytes and returns at once; the emulator looks at them later. */
  feed(bytes: Uint8Array): void {
    const safe = this.#filter.filter(toUtf8(bytes, this.#encoding));
    if (safe.length === 0) return;
    this.#behind += safe.length;
    // A copy: it is looked at after the call, and the filter may return its input.
    const own = safe.slice();
    for (let at = 0; at < own.length; at += PIECE_BYTES) {
      const piece = own.subarray(at, at + PIECE_BYTES);
      this.terminal.write(piece, () => {
        this.#behind -= piece.length;
      });
    }
  }

  /** Calls back in the moment in which all that was fed so far is on the screen, and nothing later. */
  whenShown(look: () => void): void {
    this.terminal.write("", look);
  }

  shot(host: string): ScreenShot {
    const buffer = this.terminal.buffer.active;
    const rows = Array.from(
      { length: this.terminal.rows },
      (_, row) => buffer.getLine(buffer.baseY + row)?.translateToString(true) ?? "",
    );
    const cursor = {
      row: buffer.cursorY,
      column: Math.min(buffer.cursorX, this.terminal.cols - 1),
      visible: this.#cursorVisible,
    };
    return { host, rows, columns: this.terminal.cols, cursor };
  }

  dispose(): void {
    this.terminal.dispose();
  }

  #regionOf(first: number, last: number): ScrollRegion | undefined {
    const rows = this.terminal.rows;
    const top = Math.max(first, 1) - 1;
    const bottom = Math.min(last === 0 ? rows : last, rows) - 1;
    if (bottom <= top) return this.#region;
    return top === 0 && bottom === rows - 1 ? undefined : { top, bottom };
  }
}
