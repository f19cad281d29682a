import { ConsoleText, type Found, isPrompt } from "../../codec/console-text.ts";
import { TerminalFilter } from "../../codec/terminal-filter.ts";
import { latin1, utf8 } from "../../lib/bytes.ts";
import type { Clock, Millis } from "../../lib/clock.ts";
import { formatDuration, seconds } from "../../lib/durations.ts";
import { OobError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import { frameCommand } from "../../sdk/command-frame.ts";
import { SHELL_PROMPT } from "../../sdk/prompts.ts";
import type { CommandResult, Expected, ScreenText } from "../../sdk/runbook.ts";
import type { BorrowedSeat, WatchedConsole } from "../session/watched-console.ts";
import { type Credentials, type LoginHands, logIn } from "./log-in.ts";

const KEY_PACE: Millis = 40;
const SCREEN_POLL: Millis = 100;
/** How long a host has to stay at what looks like a prompt. Pieces of one line come closer together than this. */
const PROMPT_QUIET: Millis = 300;
/** What of the console's past is known when the runbook begins. */
const PAST_BYTES = 4096;
const PROMPT_WITHIN: Millis = seconds(2);
const LOGOUT_WITHIN: Millis = seconds(10);

/** What a RunbookConsole is made of. */
export interface RunbookConsoleParts {
  readonly console: WatchedConsole;
  readonly seat: BorrowedSeat;
  readonly clock: Clock;
  /** Ends every wait: the run was cancelled or a person took the seat. */
  readonly signal: AbortSignal;
  readonly credentials: Credentials | undefined;
  /** ` in step "boot loader"` for messages; "" before the first. */
  readonly where: () => string;
  /** Throws where nothing may be typed: a rehearsal. */
  readonly mayType: () => void;
}

/** A runbook's hands on a console, by a borrowed seat. */
export class RunbookConsole implements LoginHands {
  readonly host: string;
  readonly #parts: RunbookConsoleParts;
  readonly #text = new ConsoleText();
  readonly #filter = new TerminalFilter("strict");
  readonly #arrived = new Set<() => void>();
  readonly #unfollow: () => void;
  /** Offset of the next byte that was not yet looked at; undefined while the past is read. */
  #next: number | undefined;
  #early: { readonly chunk: Uint8Array; readonly offset: number }[] = [];
  #lastAt: Millis;
  #signal: AbortSignal;
  #loggedIn = false;

  private constructor(parts: RunbookConsoleParts) {
    this.host = parts.console.host;
    this.#parts = parts;
    this.#signal = parts.signal;
    this.#lastAt = parts.clock.monotonic();
    this.#unfollow = parts.console.follow({
      bytes: (chunk, offset) => {
        if (this.#next === undefined) this.#early.push({ chunk: chunk.slice(), offset });
        else this.#hear(chunk, offset);
      },
      state: ({ is }) => {
        // What stood there when the line broke off does not go on where it comes back.
        if (is === "up") this.#text.add(utf8("\n"));
      },
    });
  }

  /** Begins to follow the console; the end of its past tells where it stands. */
  static async open(parts: RunbookConsoleParts): Promise<RunbookConsole> {
    const console = new RunbookConsole(parts);
    const { bytes, offset } = await parts.console.tail(PAST_BYTES);
    console.#hear(bytes, offset);
    console.#text.forget();
    for (const { chunk, offset: at } of console.#early) console.#hear(chunk, at);
    console.#early = [];
    return console;
  }

  async send(text: string): Promise<void> {
    await this.#write(utf8(text));
  }

  async type(text: string, pace: Millis = KEY_PACE): Promise<void> {
    for (const key of utf8(text)) {
      await this.#write(Uint8Array.of(key));
      await this.#parts.clock.sleep(pace, this.#signal);
    }
  }

  async sendBreak(ms: Millis = 250): Promise<void> {
    this.#signal.throwIfAborted();
    this.#parts.mayType();
    await this.#parts.seat.sendBreak(ms);
  }

  async expect(
    patterns: RegExp | readonly RegExp[],
    within: Millis,
    what?: string,
  ): Promise<Expected> {
    const { which, before, match } = await this.#find(patterns, within, what);
    return { which, before, match };
  }

  async settle(quiet: Millis, within: Millis): Promise<void> {
    const { clock } = this.#parts;
    const end = clock.monotonic() + within;
    for (;;) {
      const left = this.#lastAt + quiet - clock.monotonic();
      if (left <= 0) return;
      if (clock.monotonic() + left > end) throw await this.#timedOut("a quiet console", within);
      await clock.sleep(left, this.#signal);
    }
  }

  async screen(): Promise<ScreenText> {
    this.#signal.throwIfAborted();
    return this.#parts.console.screen();
  }

  async untilScreen(
    is: (screen: ScreenText) => boolean,
    within: Millis,
    what: string,
  ): Promise<ScreenText> {
    const { clock } = this.#parts;
    const end = clock.monotonic() + within;
    for (;;) {
      const screen = await this.screen();
      if (is(screen)) return screen;
      if (clock.monotonic() >= end) throw await this.#timedOut(what, within);
      await clock.sleep(SCREEN_POLL, this.#signal);
    }
  }

  async login(within: Millis = seconds(30)): Promise<void> {
    const stand = await logIn(this, this.#parts.credentials, within);
    if (stand !== "shell") this.#loggedIn = stand !== "maintenance";
  }

  async run(command: string, within: Millis = seconds(30)): Promise<CommandResult> {
    const frame = frameCommand(command);
    const name = printable(command, 60);
    this.#text.forget();
    await this.send(frame.typed);
    await this.#find(frame.begin, within, `the shell to run "${name}"`);
    const { before, match, lost } = await this.#find(frame.end, within, `the end of "${name}"`);
    if (lost > 0)
      throw new OobError(
        "RUNBOOK_FAILED",
        `Cannot read what "${name}" printed at ${this.host}: it was more than 256 KiB`,
        { hint: "Filter it on the host" },
      );
    const output = Buffer.from(latin1(before)).toString("utf8");
    return { status: Number(match[1]), output };
  }

  endsIn(pattern: RegExp): boolean {
    return this.#text.endsIn(pattern);
  }

  /** Later waits look only at what the console says from now on. */
  forget(): void {
    this.#text.forget();
  }

  /** The host goes down: what was said and who was logged in is past. */
  goesDown(): void {
    this.#text.forget();
    this.#loggedIn = false;
  }

  /** Logs out where this runbook logged in and its shell still stands; says what could not be undone. */
  async leave(): Promise<string | undefined> {
    if (!this.#loggedIn) return undefined;
    const { seat, clock } = this.#parts;
    if (seat.signal.aborted) return `${this.host} is left logged in`;
    this.#signal = seat.signal;
    try {
      // After the last command its prompt may be on the way. Where none stands, "exit" would be typed at something else.
      const end = clock.monotonic() + PROMPT_WITHIN;
      while (!this.endsIn(SHELL_PROMPT)) {
        if (clock.monotonic() >= end) return undefined;
        await clock.sleep(SCREEN_POLL, this.#signal);
      }
      // To leave process 1 would panic the kernel.
      const { status } = await this.run('test "$PPID" != 1', LOGOUT_WITHIN);
      if (status === 0) await this.send(" exit\r");
      return undefined;
    } catch {
      return `${this.host} may be left logged in: its shell did not answer`;
    }
  }

  /** Ends every wait; nothing can be typed any more. */
  close(): void {
    this.#signal = AbortSignal.abort(
      new OobError("INTERNAL", `Cannot type at ${this.host}: the runbook has ended`),
    );
    for (const wake of this.#arrived) wake();
    this.#unfollow();
    this.#parts.seat.release();
  }

  #hear(chunk: Uint8Array, offset: number): void {
    const fresh = chunk.subarray(Math.max(0, (this.#next ?? offset) - offset));
    this.#next = offset + chunk.length;
    if (fresh.length === 0) return;
    this.#text.add(this.#filter.filter(fresh));
    this.#lastAt = this.#parts.clock.monotonic();
    for (const wake of this.#arrived) wake();
  }

  async #write(bytes: Uint8Array): Promise<void> {
    this.#signal.throwIfAborted();
    this.#parts.mayType();
    await this.#parts.seat.write(bytes);
  }

  async #find(
    patterns: RegExp | readonly RegExp[],
    within: Millis,
    what: string | undefined,
  ): Promise<Found> {
    const given = patterns instanceof RegExp ? [patterns] : patterns;
    const wanted = given.map(({ source, flags }) => new RegExp(source, flags.replace(/[gy]/g, "")));
    const found = await this.#until(wanted, within);
    if (found) return found;
    const names = given.map((pattern) => `/${pattern.source}/`).join(" or ");
    throw await this.#timedOut(what ?? names, within);
  }

  /** Undefined: the time is over. */
  #until(wanted: readonly RegExp[], within: Millis): Promise<Found | undefined> {
    const { clock } = this.#parts;
    const signal = this.#signal;
    return new Promise((resolve, reject) => {
      let stood: { readonly at: number; readonly since: Millis } | undefined;
      const finish = (settle: () => void) => {
        over.cancel();
        quiet?.cancel();
        this.#arrived.delete(look);
        signal.removeEventListener("abort", look);
        settle();
      };
      const look = () => {
        if (signal.aborted) return finish(() => reject(signal.reason));
        if (this.#signal.aborted) return finish(() => reject(this.#signal.reason));
        const found = this.#text.find(wanted);
        if (!found) stood = undefined;
        else if (!isPrompt(wanted[found.which]) || hasStood(found.at)) {
          this.#text.take(found);
          finish(() => resolve(found));
        }
      };
      /** A prompt counts once it has stood: the text may go on, and then it was none. */
      const hasStood = (at: number): boolean => {
        if (stood?.at !== at) stood = { at, since: clock.monotonic() };
        const left = stood.since + PROMPT_QUIET - clock.monotonic();
        if (left <= 0) return true;
        // Each time anew: the machine's timers may come a little early.
        quiet?.cancel();
        quiet = clock.after(left, look);
        return false;
      };
      const over = clock.after(within, () => finish(() => resolve(undefined)));
      let quiet: ReturnType<Clock["after"]> | undefined;
      this.#arrived.add(look);
      signal.addEventListener("abort", look, { once: true });
      look();
    });
  }

  async #timedOut(what: string, within: Millis): Promise<OobError> {
    const { console, where } = this.#parts;
    const { portState } = console;
    const lines = (await console.lastLines(5)).filter((line) => line.trim() !== "").slice(-3);
    const last = lines.map((line) => printable(line, 120)).join(" | ");
    const said = last === "" ? "the console said nothing" : `the console last said "${last}"`;
    const down = portState.is === "down" ? `; the console is down: ${portState.why}` : "";
    return new OobError(
      "EXPECT_TIMEOUT",
      `Cannot go on at ${this.host}${where()}: waited ${formatDuration(within)} for ${printable(what, 200)}, ${said}${down}`,
      { hint: `Look at it with: oob screen ${this.host}` },
    );
  }
}
