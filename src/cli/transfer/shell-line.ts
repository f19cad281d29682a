import type { Site } from "../../core/site/site.ts";
import { latin1 } from "../../lib/bytes.ts";
import type { Clock, Millis } from "../../lib/clock.ts";
import { seconds } from "../../lib/durations.ts";
import { OobError } from "../../lib/errors.ts";
import { LOGIN_PROMPT, SHELL_PROMPT } from "../../sdk/prompts.ts";
import { ConsoleEar } from "../../sdk/shell/console-ear.ts";
import { GuardedShell, PROMPT_QUIET, PROVEN_WITHIN } from "../../sdk/shell/guarded-shell.ts";
import { lineSpeed } from "../attach/header.ts";
import { pasteRate } from "../attach/paste.ts";
import { HostLine } from "../host-line.ts";

const PROMPT_WITHIN: Millis = seconds(3);

/** Where a transfer takes place. */
export interface Around {
  readonly site: Site;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Whom a transfer needs, and what it says when it fails. */
export interface ShellWish {
  readonly host: string;
  /** "send a file to" */
  readonly what: string;
  readonly join: boolean;
  readonly reason: string;
}

/** A shell at a console that was proven to be one. */
export class ShellLine {
  readonly shell: GuardedShell;
  readonly #clock: Clock;
  readonly #ear: ConsoleEar;
  readonly #line: HostLine;
  #signal: AbortSignal;

  private constructor(line: HostLine, ear: ConsoleEar, wish: ShellWish, around: Around) {
    const { clock, signal } = around;
    this.#clock = clock;
    this.#ear = ear;
    this.#line = line;
    this.#signal = AbortSignal.any([signal, line.lost]);
    const speed = lineSpeed(line.label);
    const rate = speed === undefined ? undefined : pasteRate(speed);
    const current = () => this.#signal;
    const wire = {
      host: wish.host,
      clock,
      ear,
      get signal() {
        return current();
      },
      write: (bytes: Uint8Array) => line.write(bytes),
    };
    this.shell = new GuardedShell(wire, wish.what, rate);
  }

  /** Takes the seat and proves that a shell stands there: before, nothing is typed. */
  static async open(around: Around, wish: ShellWish): Promise<ShellLine> {
    const ear = new ConsoleEar(around.clock);
    const hear = (bytes: Uint8Array) => ear.hear(bytes);
    const wanted = { ...wish, filter: "strict", replayLines: 1, hear } as const;
    const line = await HostLine.open(around.site, wanted, around.signal);
    try {
      const opened = new ShellLine(line, ear, wish, around);
      await opened.#prove();
      return opened;
    } catch (thrown) {
      await line.leave();
      throw thrown;
    }
  }

  /** Goes on after an interruption, for so long: to clean up. Takes back what was half typed. */
  async lastWords(within: Millis): Promise<void> {
    this.#line.lost.throwIfAborted();
    const enough = new AbortController();
    const late = this.shell.failed("it took too long to clean up");
    this.#clock.after(within, () => enough.abort(late));
    this.#signal = AbortSignal.any([enough.signal, this.#line.lost]);
    await this.shell.recover();
  }

  /** Lets the seat go. */
  leave(): Promise<void> {
    return this.#line.leave();
  }

  async #prove(): Promise<void> {
    let stands = await this.#promptStands();
    if (!stands && this.#ear.tail(1000).trim() === "") {
      // A console that was opened just now has said nothing yet. Where it has, nothing is typed but at a prompt.
      await this.#line.write(latin1("\r"));
      stands = await this.#promptStands();
    }
    const probe = stands ? await this.shell.runOnce(":", 0, PROVEN_WITHIN) : undefined;
    if (probe?.status === 0) return;
    const seen = stands
      ? "what looks like a shell prompt does not answer"
      : "no shell prompt stands there";
    const { host, what } = this.shell;
    throw new OobError("GUARD_REFUSED", `Cannot ${what} ${host}: ${seen}${this.shell.lastSaid()}`, {
      hint: `Log in with oob attach ${host}, leave it at the prompt, and try again. A boot loader takes --method ymodem`,
    });
  }

  async #promptStands(): Promise<boolean> {
    const end = this.#clock.monotonic() + PROMPT_WITHIN;
    while (this.#clock.monotonic() < end) {
      const before = this.#ear.endsIn(SHELL_PROMPT);
      await this.#clock.sleep(PROMPT_QUIET, this.#signal);
      if (before && this.#ear.endsIn(SHELL_PROMPT) && !this.#ear.endsIn(LOGIN_PROMPT)) return true;
    }
    return false;
  }
}
