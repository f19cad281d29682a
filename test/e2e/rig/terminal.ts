import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PROGRAM = new URL("../../../bin/oob.js", import.meta.url).pathname;
const OPEN_TRIES = 20;
/** How long something is waited for: a program that starts on a machine that others use, a host in QEMU. */
const WITHIN = 120_000;
/** A login program that answers at all does so within this; else it threw away what was typed. */
const ANSWERS_WITHIN = 20_000;

/** A person's terminal: a window of a tmux server of its own, 100 columns wide, with a shell in which `oob` works. */
export class Terminal {
  static readonly #server = `oob-e2e-${process.pid}`;
  static #windows = 0;
  readonly #window: string;
  readonly #folder = mkdtempSync(join(tmpdir(), "oob-term-"));

  constructor() {
    this.#window = `w${++Terminal.#windows}`;
    // Nothing of the person who runs the tests: no rc files, a prompt that can be waited for.
    const setUp = join(this.#folder, "shell");
    writeFileSync(setUp, `oob() { ${process.execPath} ${PROGRAM} "$@"; }\n`);
    const shell = `env -i PATH="$PATH" HOME=${this.#folder} ENV=${setUp} TERM=screen-256color PS1='shell> ' sh -i`;
    const size = ["-x", "100", "-y", "30"];
    this.#open("new-session", "-d", "-s", this.#window, ...size, shell);
  }

  /** The server ends with its last window: one that does so just now is asked in vain, and the next one is started. */
  #open(...words: string[]): void {
    for (let tries = 1; ; tries++) {
      try {
        this.#tmux(...words);
        return;
      } catch (thrown) {
        if (tries === OPEN_TRIES) throw thrown;
      }
    }
  }

  /** Keys as they come from a keyboard: text, "\r", control characters. */
  type(keys: string): void {
    const codes = [...Buffer.from(keys, "utf8")].map((byte) => byte.toString(16));
    this.#tmux("send-keys", "-t", this.#window, "-H", ...codes);
  }

  /** What a person sees now, with what scrolled away, lines right-trimmed. */
  get text(): string {
    return this.#tmux("capture-pane", "-p", "-J", "-S", "-3000", "-t", this.#window);
  }

  /** What stands on the 30 rows now. */
  get screen(): string {
    return this.#tmux("capture-pane", "-p", "-t", this.#window);
  }

  /** A fact that tmux knows of the window, as `#{alternate_on}`. */
  fact(name: string): string {
    return this.#tmux("display-message", "-p", "-t", this.#window, `#{${name}}`).trim();
  }

  /** The settings of the terminal's line. */
  get lineSettings(): string {
    return execFileSync("stty", ["-F", this.fact("pane_tty"), "-g"], { encoding: "utf8" }).trim();
  }

  /** Waits until the text matches, so many times. */
  async sees(pattern: RegExp, withinMs = WITHIN, times = 1): Promise<string> {
    const end = performance.now() + withinMs;
    const all = new RegExp(pattern.source, `${pattern.flags.replace("g", "")}g`);
    for (;;) {
      const { text } = this;
      const found = text.match(all) ?? [];
      if (found.length >= times) return found.at(-1) ?? "";
      if (performance.now() > end)
        throw new Error(`did not see ${pattern} ${times}x within ${withinMs} ms:\n${text.trim()}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Waits until this is the last that stands there. */
  async endsWith(text: string, withinMs = WITHIN): Promise<void> {
    const end = performance.now() + withinMs;
    while (!this.text.trimEnd().endsWith(text)) {
      if (performance.now() > end)
        throw new Error(`did not see "${text}" last within ${withinMs} ms:\n${this.text.trim()}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Brings root's shell of the small test host to the console that this terminal is at, whatever stands there. */
  async logIn(withinMs: number): Promise<void> {
    const end = performance.now() + withinMs;
    const ends = (prompt: RegExp) => prompt.test(this.text.trimEnd());
    const answers = async (prompt: RegExp, ms: number) => {
      const until = performance.now() + ms;
      while (!ends(prompt) && performance.now() < until)
        await new Promise((resolve) => setTimeout(resolve, 50));
    };
    while (!ends(/#$/)) {
      if (performance.now() > end) throw new Error(`no prompt:\n${this.text}`);
      if (ends(/login:$/)) {
        // getty throws away what was typed before it had opened the line, after its prompt was drawn.
        this.type("root\r");
        await answers(/(?:Password:|#)$/, ANSWERS_WITHIN);
      } else if (ends(/Password:$/)) {
        this.type("oob\r");
        await answers(/(?:login:|#)$/, ANSWERS_WITHIN);
      } else {
        this.type("\r");
        await answers(/(?:login:|Password:|#)$/, 1000);
      }
    }
  }

  /** Runs a shell command to its end; gives its exit code and what it printed. */
  async run(command: string): Promise<{ code: number; text: string }> {
    const out = join(this.#folder, "out");
    await this.endsWith("shell>");
    const done = `done-${Math.floor(performance.now() * 1000)}`;
    this.type(`( ${command} ) >${out} 2>&1; echo ${done}=$?\r`);
    const last = await this.sees(new RegExp(`^${done}=\\d+`, "m"));
    return { code: Number(last.split("=")[1]), text: readFileSync(out, "utf8") };
  }

  /** Takes the terminal away: what runs in it is hung up. With the last one the server ends. */
  close(): void {
    this.#tmux("kill-session", "-t", this.#window);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #tmux(...words: string[]): string {
    const { TMUX: _, ...env } = process.env;
    return execFileSync("tmux", ["-L", Terminal.#server, "-f", "/dev/null", ...words], {
      encoding: "utf8",
      env,
    });
  }
}
