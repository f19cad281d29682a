import type { IBufferCell, Terminal } from "@xterm/headless";
import { TerminalFilter } from "../../codec/terminal-filter.ts";
import type { ScreenInk } from "../../sdk/screen-menu.ts";
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

/** How large a screen is. */
export interface ScreenSize {
  readonly rows: number;
  readonly columns: number;
}

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
  readonly #filter: TerminalFilter;
  readonly #encoding: Encoding;
  #behind = 0;
  #cursorVisible = true;
  #region: ScrollRegion | undefined;

  private constructor(terminal: Terminal, encoding: Encoding) {
    this.terminal = terminal;
    this.#filter = new TerminalFilter("safe", terminal.rows);
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
  static async create(encoding: Encoding, size?: ScreenSize): Promise<Screen> {
    const { default: headless } = await import("@xterm/headless");
    const terminal = new headless.Terminal({
      cols: size?.columns ?? SCREEN_COLUMNS,
      rows: size?.rows ?? SCREEN_ROWS,
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

  /** The colours of each row. */
  inks(): readonly (readonly ScreenInk[])[] {
    const buffer = this.terminal.buffer.active;
    const cell = buffer.getNullCell();
    return Array.from({ length: this.terminal.rows }, (_, row) => {
      const line = buffer.getLine(buffer.baseY + row);
      const inks: { from: number; to: number; ink: string }[] = [];
      for (let column = 0; line && column < this.terminal.cols; column++) {
        const ink = inkOf(line.getCell(column, cell) ?? cell);
        const last = inks.at(-1);
        if (last?.ink === ink) last.to = column;
        else inks.push({ from: column, to: column, ink });
      }
      return inks;
    });
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

function inkOf(cell: IBufferCell): string {
  const front = cell.isFgDefault() ? "f" : String(cell.getFgColor());
  const back = cell.isBgDefault() ? "b" : String(cell.getBgColor());
  const bold = cell.isBold() ? "+" : "";
  return cell.isInverse() ? `${back}${bold}/${front}` : `${front}${bold}/${back}`;
}
