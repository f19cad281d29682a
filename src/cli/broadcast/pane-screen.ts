import type { Terminal } from "@xterm/headless";
import { printable } from "../../lib/printable.ts";
import { padToWidth } from "../display-width.ts";

/** A small terminal for one host of a grid. It is fed with what the terminal filter let through. */
export class PaneScreen {
  readonly #terminal: Terminal;

  private constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** Loads the emulator where a grid is drawn: 60 ms that no other command pays. */
  static async create(columns: number, rows: number): Promise<PaneScreen> {
    const { default: headless } = await import("@xterm/headless");
    return new PaneScreen(
      new headless.Terminal({
        cols: columns,
        rows,
        scrollback: 0,
        allowProposedApi: true,
        logLevel: "off",
      }),
    );
  }

  /** `drawn` is called once it shows. */
  feed(bytes: Uint8Array, drawn: () => void): void {
    this.#terminal.write(bytes, drawn);
  }

  resize(columns: number, rows: number): void {
    this.#terminal.resize(columns, rows);
  }

  /** What it shows, each row as wide as it is. */
  get rows(): string[] {
    const { active } = this.#terminal.buffer;
    const { cols, rows } = this.#terminal;
    return Array.from({ length: rows }, (_, n) => {
      const text = active.getLine(active.baseY + n)?.translateToString(true) ?? "";
      return padToWidth(printable(text), cols);
    });
  }
}
