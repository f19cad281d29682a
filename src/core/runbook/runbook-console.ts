import { TerminalFilter } from "../../codec/terminal-filter.ts";
import { latin1, utf8 } from "../../lib/bytes.ts";
import type { Clock, Millis } from "../../lib/clock.ts";
import { formatDuration, seconds } from "../../lib/durations.ts";
import { OobError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import type { CommandResult, ConsoleHands, Expected, ScreenText } from "../../sdk/runbook.ts";
import type { BorrowedSeat, WatchedConsole } from "../watched-console.ts";
import { frameCommand } from "./command-frame.ts";
import { ConsoleText } from "./console-text.ts";
import { type Credentials, logIn } from "./log-in.ts";

const KEY_PACE: Millis = 40;
const SCREEN_POLL: Millis = 100;

/** What a RunbookConsole is made of. */
export interface RunbookConsoleParts {
  readonly console: WatchedConsole;
  readonly seat: BorrowedSeat;
  readonly clock: Clock;
  /** Ends every wait: the run was cancelled or a person took the seat. */
  readonly signal: AbortSignal;
  readonly credentials: Credentials | undefined;
}

/** A runbook's hands on a console, by a borrowed seat. */
export class RunbookConsole implements ConsoleHands {
  #parts: RunbookConsoleParts;
  #text = new ConsoleText();
  #filter = new TerminalFilter("strict");
  #stop: () => void;
  #lastAt: Millis;
  #arrived = new Set<() => void>();

  constructor(parts: RunbookConsoleParts) {
    this.#parts = parts;
    this.#lastAt = parts.clock.monotonic();
    this.#stop = parts.console.follow({
      bytes: (chunk) => {
        this.#text.add(this.#filter.filter(chunk));
        this.#lastAt = parts.clock.monotonic();
        for (const wake of this.#arrived) wake();
      },
    });
  }

  async send(text: string): Promise<void> {
    this.#parts.signal.throwIfAborted();
    await this.#parts.seat.write(utf8(text));
  }

  async type(text: string, pace: Millis = KEY_PACE): Promise<void> {
    for (const key of utf8(text)) {
      this.#parts.signal.throwIfAborted();
      await this.#parts.seat.write(Uint8Array.of(key));
      await this.#parts.clock.sleep(pace, this.#parts.signal);
    }
  }

  async sendBreak(ms: Millis = 250): Promise<void> {
    this.#parts.signal.throwIfAborted();
    await this.#parts.seat.sendBreak(ms);
  }

  async expect(patterns: RegExp | readonly RegExp[], within: Millis): Promise<Expected> {
    const wanted = patterns instanceof RegExp ? [patterns] : patterns;
    const found = await this.#until(() => this.#text.match(wanted), within);
    if (found) return found;
    const names = wanted.map((pattern) => `/${pattern.source}/`).join(" or ");
    throw await this.#timedOut(names, within);
  }

  async settle(quiet: Millis, within: Millis): Promise<void> {
    const { clock, signal } = this.#parts;
    const end = clock.monotonic() + within;
    for (;;) {
      const left = this.#lastAt + quiet - clock.monotonic();
      if (left <= 0) return;
      if (clock.monotonic() + left > end) throw await this.#timedOut("a quiet console", within);
      await clock.sleep(left, signal);
    }
  }

  async screen(): Promise<ScreenText> {
    return this.#parts.console.screen();
  }

  async untilScreen(
    is: (screen: ScreenText) => boolean,
    within: Millis,
    what: string,
  ): Promise<ScreenText> {
    const { clock, signal } = this.#parts;
    const end = clock.monotonic() + within;
    for (;;) {
      const screen = await this.screen();
      if (is(screen)) return screen;
      if (clock.monotonic() >= end) throw await this.#timedOut(what, within);
      await clock.sleep(SCREEN_POLL, signal);
    }
  }

  async login(within: Millis = seconds(30)): Promise<void> {
    await logIn(this, this.#parts.console.host, this.#parts.credentials, within);
  }

  async run(command: string, within: Millis = seconds(30)): Promise<CommandResult> {
    const frame = frameCommand(command);
    this.#text.forget();
    await this.send(frame.typed);
    await this.expect(frame.begin, within);
    const end = await this.expect(frame.end, within);
    const output = Buffer.from(latin1(end.before)).toString("utf8");
    return { status: Number(end.match[1]), output };
  }

  /** Later waits look only at what the console says from now on. */
  forget(): void {
    this.#text.forget();
  }

  close(): void {
    this.#stop();
    this.#parts.seat.release();
  }

  async #until<T>(look: () => T | undefined, within: Millis): Promise<T | undefined> {
    const { clock, signal } = this.#parts;
    const already = look();
    if (already !== undefined) return already;
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void) => {
        timer.cancel();
        this.#arrived.delete(wake);
        signal.removeEventListener("abort", abort);
        settle();
      };
      const wake = () => {
        const found = look();
        if (found !== undefined) finish(() => resolve(found));
      };
      const abort = () => finish(() => reject(signal.reason));
      const timer = clock.after(within, () => finish(() => resolve(undefined)));
      this.#arrived.add(wake);
      if (signal.aborted) abort();
      else signal.addEventListener("abort", abort, { once: true });
    });
  }

  async #timedOut(what: string, within: Millis): Promise<OobError> {
    const lines = await this.#parts.console.lastLines(3);
    const last = lines.map((line) => printable(line, 120)).filter((line) => line.trim() !== "");
    return new OobError(
      "EXPECT_TIMEOUT",
      `Cannot go on at ${this.#parts.console.host}: waited ${formatDuration(within)} for ${printable(what, 200)}, ` +
        (last.length > 0
          ? `the console last said "${last.join(" | ")}"`
          : "the console said nothing"),
      { hint: `Look at it with: oob screen ${this.#parts.console.host}` },
    );
  }
}
