import { spawnSync } from "node:child_process";
import { printable } from "../lib/printable.ts";
import type { Context } from "./context.ts";

/** How a terminal is taken over. */
interface Mode {
  /** The alternate screen, cursor hidden: for tables that redraw themselves. */
  readonly fullScreen?: boolean;
  /** Bytes of a host are shown as they are: no post-processing, pastes marked, modes reset on leaving. */
  readonly console?: boolean;
}

const ESC = "\u001b";
const ALTERNATE_ON = `${ESC}[?1049h`;
const ALTERNATE_OFF = `${ESC}[?1049l`;
const CURSOR_ON = `${ESC}[?25h`;
const CURSOR_OFF = `${ESC}[?25l`;
const PASTE_ON = `${ESC}[?2004h`;
const PASTE_OFF = `${ESC}[?2004l`;
const MOUSE_AND_FOCUS_OFF = `${ESC}[?1000;1002;1003;1004;1006l`;
/** Terminals that know what a title is; others would print it. */
const HAS_TITLE = /^(?:xterm|screen|tmux|rxvt|alacritty|foot|kitty|vte|konsole)/;

/**
 * What the terminal filter lets a host change, set back: attributes, scroll region (setting it homes the cursor, hence
 * saved around it), wrap, cursor keys and keypad, insert, character set, cursor; mouse and focus reports for those who
 * asked for raw bytes.
 */
const RESET =
  `${ESC}[0m${ESC}7${ESC}[r${ESC}8${ESC}[?7h${ESC}[?1l${ESC}>${ESC}[4l${ESC}(B\u000f` +
  MOUSE_AND_FOCUS_OFF +
  CURSOR_ON;
/** Leaving origin mode homes the cursor; the last line is where it does no harm. */
const ORIGIN_OFF = `${ESC}[?6l${ESC}[999;1H`;

/**
 * The person's own terminal in raw mode. Whatever happens (end, error, signal, uncaught exception) `leave` sets it
 * back, once.
 */
export class LocalTerminal {
  readonly #context: Context;
  readonly #modes = new ModeWatch();
  #mode: Mode | undefined;
  #listener: (bytes: Uint8Array) => void = () => {};
  #onEnd: () => void = () => {};

  constructor(context: Context) {
    this.#context = context;
  }

  get columns(): number {
    return this.#context.stdout.columns || 80;
  }

  get rows(): number {
    return this.#context.stdout.rows || 24;
  }

  /** Whether a person can type here. */
  get hasKeys(): boolean {
    return this.#context.stdin.isTTY === true;
  }

  /** Whether what is shown is seen on a terminal. */
  get hasScreen(): boolean {
    return this.#context.stdout.isTTY === true;
  }

  /** `ended`: the terminal went away. */
  onBytes(listener: (bytes: Uint8Array) => void, ended: () => void): void {
    this.#listener = listener;
    this.#onEnd = ended;
  }

  enter(mode: Mode): void {
    const { stdin, stdout, signals } = this.#context;
    this.#mode = mode;
    // Also the way out of an uncaught exception.
    signals.on("exit", this.#onExit);
    signals.on("SIGCONT", this.#onContinue);
    if (this.hasKeys) {
      this.#raw(true);
      stdin.on("data", this.#onData);
      stdin.on("end", this.#onEnd);
      stdin.resume();
    }
    if (!this.hasScreen) return;
    if (mode.fullScreen) stdout.write(ALTERNATE_ON + CURSOR_OFF);
    if (mode.console) stdout.write(PASTE_ON);
  }

  /** Sets everything back; twice is once. */
  leave(): void {
    const { stdin, stdout, signals } = this.#context;
    const mode = this.#mode;
    if (mode === undefined) return;
    this.#mode = undefined;
    signals.off("exit", this.#onExit);
    signals.off("SIGCONT", this.#onContinue);
    if (mode.fullScreen && this.hasScreen) stdout.write(CURSOR_ON + ALTERNATE_OFF);
    if (mode.console && this.hasScreen) {
      const { alternateScreen, originMode } = this.#modes;
      if (alternateScreen) stdout.write(ALTERNATE_OFF);
      stdout.write(PASTE_OFF + RESET + (originMode ? ORIGIN_OFF : ""));
      this.title("");
    }
    if (!this.hasKeys) return;
    stdin.off("data", this.#onData);
    stdin.off("end", this.#onEnd);
    stdin.pause();
    this.#raw(false);
  }

  /** Host bytes. Resolves when the terminal has room again. */
  async show(bytes: Uint8Array): Promise<void> {
    const { stdout } = this.#context;
    this.#modes.see(bytes);
    if (stdout.write(bytes)) return;
    await new Promise<void>((resolve) => {
      const go = () => {
        stdout.off("drain", go);
        stdout.off("error", go);
        resolve();
      };
      stdout.once("drain", go);
      stdout.once("error", go);
    });
  }

  /** The window's title. It is ours: the filter takes out what a host would make of it. */
  title(text: string): void {
    if (this.hasScreen && HAS_TITLE.test(this.#context.env.TERM ?? ""))
      this.#context.stdout.write(`${ESC}]2;${printable(text)}\u0007`);
  }

  readonly #onData = (chunk: Uint8Array | string): void => {
    this.#listener(typeof chunk === "string" ? Buffer.from(chunk) : chunk);
  };
  readonly #onExit = (): void => this.leave();
  // After a stop the shell had the terminal in its own mode.
  readonly #onContinue = (): void => this.#raw(true);

  #raw(on: boolean): void {
    const { stdin } = this.#context;
    if (!this.hasKeys) return;
    stdin.setRawMode?.(on);
    // Node's raw mode keeps output post-processing: a host's bare LF, by which curses moves down, would also go to
    // column 1. Leaving raw mode brings back the settings from before.
    if (on && this.#mode?.console && stdin === process.stdin)
      spawnSync("stty", ["-opost"], { stdio: ["inherit", "ignore", "ignore"] });
  }
}

/** Longest sequence that sets the modes watched for. */
const LONGEST_MODE = 16;

/** Knows two modes in which the bytes so far left the terminal, which cannot be set back blindly. */
class ModeWatch {
  alternateScreen = false;
  originMode = false;
  #tail = "";

  see(bytes: Uint8Array): void {
    const text = this.#tail + Buffer.from(bytes).toString("latin1");
    for (const [, parameters = "", final] of text.matchAll(/\u001b\[\?([\d;]{1,10})([hl])/g))
      for (const mode of parameters.split(";")) this.#set(mode, final === "h");
    this.#tail = text.slice(-LONGEST_MODE);
  }

  #set(mode: string, on: boolean): void {
    if (mode === "6") this.originMode = on;
    else if (mode === "47" || mode === "1047" || mode === "1049") this.alternateScreen = on;
  }
}
