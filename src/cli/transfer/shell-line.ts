import { ConsoleText, type Found } from "../../codec/console-text.ts";
import type { Site } from "../../core/site/site.ts";
import { latin1 } from "../../lib/bytes.ts";
import type { Clock, Millis, Timer } from "../../lib/clock.ts";
import { seconds } from "../../lib/durations.ts";
import { OobError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import { frameCommand } from "../../sdk/command-frame.ts";
import { LOGIN_PROMPT, PASSWORD_PROMPT, SHELL_PROMPT } from "../../sdk/prompts.ts";
import { lineSpeed } from "../attach/header.ts";
import { pasteRate } from "../attach/paste.ts";
import { HostLine } from "../host-line.ts";
import { DAMAGED, guarded } from "./piece-command.ts";

/** How long a prompt has to stand before it is believed; the pieces of one line come closer together. */
const PROMPT_QUIET: Millis = 300;
const PROMPT_WITHIN: Millis = seconds(3);
/** What a host takes to start a few processes, over the time that the line takes for the bytes. */
const ANSWER_WITHIN: Millis = seconds(15);
/** What it takes to say that it is one. */
const PROVEN_WITHIN: Millis = seconds(5);
/** One piece is at most what goes over the line in this time. */
const PIECE: Millis = 50;
/** A command that comes damaged so often is given up. */
const MAX_TRIES = 8;
/** Where bytes are lost on a line of unknown speed. */
const CAREFUL_BYTES_PER_SECOND = 1000;
/** Above this such a line is not held back at all. */
const FULL_SPEED = 30_000;
const LEAST_BYTES_PER_SECOND = 30;
/** After so many commands that came whole, the line is trusted with twice the speed again. */
const TRUSTED_AFTER = 8;
const LAST_SAID = 160;
const CTRL_C = "\u0003";

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

/** What a command left. */
export interface CommandEnd {
  readonly status: number;
  readonly output: string;
}

/** A shell at a console that was proven to be one. */
export class ShellLine {
  readonly host: string;
  readonly #what: string;
  readonly #clock: Clock;
  readonly #text = new ConsoleText();
  #line!: HostLine;
  #signal: AbortSignal;
  #arrived = () => {};
  #heard = false;
  /** Bytes a second. Undefined: as fast as the line takes it. */
  #rate: number | undefined;
  /** The same, before any byte was lost. */
  #fullRate: number | undefined;
  #wholeInARow = 0;

  private constructor({ host, what }: ShellWish, { clock, signal }: Around) {
    this.host = host;
    this.#what = what;
    this.#clock = clock;
    this.#signal = signal;
  }

  /** Takes the seat and proves that a shell stands there: before, nothing is typed. */
  static async open(around: Around, wish: ShellWish): Promise<ShellLine> {
    const shell = new ShellLine(wish, around);
    const hear = (bytes: Uint8Array) => shell.#hear(bytes);
    const line = { ...wish, filter: "strict", replayLines: 1, hear } as const;
    shell.#line = await HostLine.open(around.site, line, around.signal);
    try {
      const speed = lineSpeed(shell.#line.label);
      shell.#fullRate = speed === undefined ? undefined : pasteRate(speed);
      shell.#rate = shell.#fullRate;
      shell.#signal = AbortSignal.any([around.signal, shell.#line.lost]);
      await shell.#prove();
      return shell;
    } catch (thrown) {
      await shell.#line.leave();
      throw thrown;
    }
  }

  /** Runs a command that may come twice, however the line damages it. `prints`: bytes that are expected of it. */
  async run(command: string, proof: string, prints = 0): Promise<CommandEnd> {
    const safe = guarded(command, proof);
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const end = await this.runOnce(safe, prints);
      if (end !== undefined && end.status !== DAMAGED) {
        this.#faster();
        return end;
      }
      this.#slower();
      if (end === undefined) await this.#recover();
    }
    throw this.#failed(`one command came damaged ${MAX_TRIES} times`, {
      hint: "The line loses bytes: check its speed and flow control",
    });
  }

  /** Runs a command as it is. Undefined: it was not seen to begin or to end. */
  async runOnce(
    command: string,
    prints = 0,
    answer = ANSWER_WITHIN,
  ): Promise<CommandEnd | undefined> {
    const { typed, begin, end } = frameCommand(command);
    this.#text.forget();
    await this.#type(typed);
    const onTheLine =
      this.#rate === undefined ? 0 : ((typed.length * 2 + prints) * 1000) / this.#rate;
    const within = answer + onTheLine;
    if ((await this.#find(begin, within)) === undefined) return undefined;
    const found = await this.#find(end, within);
    if (found === undefined || found.lost > 0) return undefined;
    return { status: Number(found.match[1]), output: found.before };
  }

  /** Goes on after an interruption, for so long: to clean up. Takes back what was half typed. */
  async lastWords(within: Millis): Promise<void> {
    this.#line.lost.throwIfAborted();
    const enough = new AbortController();
    this.#clock.after(within, () => enough.abort(this.#failed("it took too long to clean up")));
    this.#signal = AbortSignal.any([enough.signal, this.#line.lost]);
    await this.#recover();
  }

  /** Lets the seat go. */
  leave(): Promise<void> {
    return this.#line.leave();
  }

  async #prove(): Promise<void> {
    let stands = await this.#promptStands();
    if (!stands && !this.#heard) {
      // A console that was opened just now has said nothing yet. Where it has, nothing is typed but at a prompt.
      await this.#line.write(latin1("\r"));
      stands = await this.#promptStands();
    }
    const probe = stands ? await this.runOnce(":", 0, PROVEN_WITHIN) : undefined;
    if (probe?.status === 0) return;
    const seen = stands
      ? "what looks like a shell prompt does not answer"
      : "no shell prompt stands there";
    throw new OobError(
      "GUARD_REFUSED",
      `Cannot ${this.#what} ${this.host}: ${seen}${this.#lastSaid()}`,
      {
        hint: `Log in with oob attach ${this.host}, leave it at the prompt, and try again. A boot loader takes --method ymodem`,
      },
    );
  }

  async #promptStands(): Promise<boolean> {
    const end = this.#clock.monotonic() + PROMPT_WITHIN;
    while (this.#clock.monotonic() < end) {
      const before = this.#text.endsIn(SHELL_PROMPT);
      await this.#clock.sleep(PROMPT_QUIET, this.#signal);
      if (before && this.#text.endsIn(SHELL_PROMPT) && !this.#text.endsIn(LOGIN_PROMPT))
        return true;
    }
    return false;
  }

  /** What was half typed is taken back, and the shell proven again. */
  async #recover(): Promise<void> {
    if (this.#text.endsIn(LOGIN_PROMPT) || this.#text.endsIn(PASSWORD_PROMPT))
      throw this.#failed("the host asks for a login: it was rebooted, or logged out");
    for (let tries = 0; tries < 3; tries++) {
      await this.#line.write(latin1(CTRL_C));
      await this.#clock.sleep(PROMPT_QUIET, this.#signal);
      if ((await this.runOnce(":", 0, PROVEN_WITHIN))?.status === 0) return;
    }
    throw this.#failed(`its shell does not answer any more${this.#lastSaid()}`);
  }

  #faster(): void {
    if (this.#rate === this.#fullRate || ++this.#wholeInARow < TRUSTED_AFTER) return;
    this.#wholeInARow = 0;
    const rate = (this.#rate ?? 0) * 2;
    this.#rate = rate > (this.#fullRate ?? FULL_SPEED) ? this.#fullRate : rate;
  }

  #slower(): void {
    this.#wholeInARow = 0;
    this.#rate = Math.max(
      LEAST_BYTES_PER_SECOND,
      this.#rate === undefined ? CAREFUL_BYTES_PER_SECOND : this.#rate / 2,
    );
  }

  async #type(text: string): Promise<void> {
    const rate = this.#rate;
    const length =
      rate === undefined ? text.length : Math.max(1, Math.floor((rate * PIECE) / 1000));
    for (let at = 0; at < text.length; at += length) {
      this.#signal.throwIfAborted();
      const piece = text.slice(at, at + length);
      await this.#line.write(latin1(piece));
      if (rate !== undefined) await this.#clock.sleep((piece.length * 1000) / rate, this.#signal);
    }
  }

  #hear(bytes: Uint8Array): void {
    this.#heard ||= Buffer.from(bytes).toString("latin1").trim() !== "";
    this.#text.add(bytes);
    this.#arrived();
  }

  #find(pattern: RegExp, within: Millis): Promise<Found | undefined> {
    const signal = this.#signal;
    return new Promise((resolve, reject) => {
      let over: Timer | undefined;
      const finish = (settle: () => void) => {
        over?.cancel();
        this.#arrived = () => {};
        signal.removeEventListener("abort", look);
        settle();
      };
      const look = () => {
        if (signal.aborted) return finish(() => reject(signal.reason));
        const found = this.#text.find([pattern]);
        if (found === undefined) return;
        this.#text.take(found);
        finish(() => resolve(found));
      };
      over = this.#clock.after(within, () => finish(() => resolve(undefined)));
      this.#arrived = look;
      signal.addEventListener("abort", look, { once: true });
      look();
    });
  }

  #failed(why: string, more: { readonly hint?: string } = {}): OobError {
    return new OobError("TRANSFER_FAILED", `Cannot ${this.#what} ${this.host}: ${why}`, more);
  }

  #lastSaid(): string {
    const [, last = ""] = /([^\n]*\S[^\n]*)\s*$/.exec(this.#text.tail(LAST_SAID)) ?? [];
    return last === ""
      ? "; the console says nothing"
      : `; it last said "${printable(last.trim(), 100)}"`;
  }
}
