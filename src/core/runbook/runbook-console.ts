import type { Found } from "../../codec/console-text.ts";
import { TerminalFilter } from "../../codec/terminal-filter.ts";
import { utf8 } from "../../lib/bytes.ts";
import type { Millis } from "../../lib/clock.ts";
import { seconds } from "../../lib/durations.ts";
import { OobError } from "../../lib/errors.ts";
import { LOGIN_PROMPT, SHELL_PROMPT } from "../../sdk/prompts.ts";
import type {
  Captured,
  CaptureOptions,
  CommandResult,
  Expected,
  PutOptions,
  ScreenMenu,
  ScreenShape,
  ScreenText,
} from "../../sdk/runbook.ts";
import { ConsoleEar } from "../../sdk/shell/console-ear.ts";
import { chooseEntry, menuConsole } from "./choose-entry.ts";
import { LastWork } from "./last-work.ts";
import { loaderShown } from "./loader-shown.ts";
import { type LoginHands, logIn } from "./log-in.ts";
import type { RunbookConsoleParts } from "./runbook-console-parts.ts";
import { ShapedScreens } from "./shaped-screens.ts";
import { ShellHands } from "./shell-hands.ts";
import { timedOut } from "./timed-out.ts";
import { withoutMemory } from "./without-memory.ts";

const KEY_PACE: Millis = 40;
const SCREEN_POLL: Millis = 100;
/** What of the console's past is known when the runbook begins. */
const PAST_BYTES = 4096;
const PROMPT_WITHIN: Millis = seconds(2);
const LOGOUT_WITHIN: Millis = seconds(10);
const LOGGED_IN = { true: "is left logged in", perhaps: "may be left logged in" };

/** A runbook's hands on a console, by a borrowed seat. */
export class RunbookConsole implements LoginHands {
  readonly host: string;
  readonly #parts: RunbookConsoleParts;
  readonly #ear: ConsoleEar;
  readonly #shell: ShellHands;
  readonly #shaped: ShapedScreens;
  readonly #filter = new TerminalFilter("strict");
  readonly #unfollow: () => void;
  readonly #closed = new AbortController();
  /** Offset of the next byte that was not yet looked at; undefined while the past is read. */
  #next: number | undefined;
  #early: { readonly chunk: Uint8Array; readonly offset: number }[] = [];
  #signal: AbortSignal;
  readonly #last = new LastWork();
  /** "perhaps": the password was typed, and no shell has answered. */
  #loggedIn: boolean | "perhaps" = false;

  private constructor(parts: RunbookConsoleParts) {
    this.host = parts.console.host;
    this.#parts = parts;
    this.#signal = AbortSignal.any([parts.signal, this.#closed.signal]);
    this.#ear = new ConsoleEar(parts.clock);
    this.#shaped = new ShapedScreens(parts.console, parts.clock);
    const signal = () => this.#signal;
    this.#shell = new ShellHands({
      wire: {
        host: this.host,
        clock: parts.clock,
        ear: this.#ear,
        get signal() {
          return signal();
        },
        write: (bytes) => this.#write(bytes),
      },
      leftovers: parts.leftovers,
      progress: parts.progress,
      timedOut: (what, within) => this.#timedOut(what, within),
    });
    this.#unfollow = parts.console.follow({
      bytes: (chunk, offset) => {
        this.#shaped.feed(chunk);
        if (this.#next === undefined) this.#early.push({ chunk: chunk.slice(), offset });
        else this.#hear(chunk, offset);
      },
      state: ({ is }) => {
        // What stood there when the line broke off does not go on where it comes back.
        if (is === "up") this.#ear.add(utf8("\n"));
      },
    });
  }

  /** Begins to follow the console; the end of its past tells where it stands. */
  static async open(parts: RunbookConsoleParts): Promise<RunbookConsole> {
    const console = new RunbookConsole(parts);
    const { bytes, offset } = await parts.console.tail(PAST_BYTES);
    console.#hear(bytes, offset);
    console.#ear.forget();
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

  expect(patterns: RegExp | readonly RegExp[], within: Millis, what?: string): Promise<Expected> {
    return this.#find(patterns, within, what);
  }

  async settle(quiet: Millis, within: Millis): Promise<void> {
    if (!(await this.#ear.settles(quiet, within, this.#signal)))
      throw await this.#timedOut("a quiet console", within);
  }

  async screen(shape?: ScreenShape): Promise<ScreenText> {
    this.#signal.throwIfAborted();
    return shape ? this.#shaped.read(shape) : this.#parts.console.screen();
  }

  async untilScreen(
    is: (screen: ScreenText) => boolean,
    within: Millis,
    what: string,
    shape?: ScreenShape,
  ): Promise<ScreenText> {
    const { clock } = this.#parts;
    for (const end = clock.monotonic() + within; ; await clock.sleep(SCREEN_POLL, this.#signal)) {
      const screen = await this.screen(shape);
      if (is(screen)) return screen;
      if (clock.monotonic() >= end) throw await this.#timedOut(what, within);
    }
  }

  async login(within: Millis = seconds(30)): Promise<void> {
    const stand = await logIn(this, this.#parts.credentials, within, (at) => {
      if (at !== "maintenance") this.#loggedIn = "perhaps";
    }).catch((thrown: unknown) => {
      if (thrown instanceof OobError && thrown.code === "LOGIN_REFUSED") this.#loggedIn = false;
      throw thrown;
    });
    if (stand === "shell") return;
    this.#shell.startAnew();
    this.#loggedIn = stand !== "maintenance";
  }

  run(command: string, within?: Millis): Promise<CommandResult> {
    return this.#shell.run(command, within);
  }

  runPlain(command: string, within?: Millis): Promise<CommandResult> {
    return this.#shell.runPlain(command, within);
  }

  capture(script: string, options?: CaptureOptions): Promise<Captured> {
    return this.#shell.capture(script, options);
  }

  put(path: string, content: Uint8Array | string, options?: PutOptions): Promise<void> {
    return this.#shell.put(path, content, options);
  }

  tidy(): Promise<void> {
    return this.#shell.tidy();
  }

  choose(entry: RegExp, menu: ScreenMenu, within: Millis): Promise<ScreenText> {
    const { clock } = this.#parts;
    const sleep = (time: Millis) => clock.sleep(time, this.#signal);
    return chooseEntry(menuConsole(this, clock, sleep), entry, menu, within);
  }

  lastly(work: () => Promise<string | undefined>): () => void {
    return this.#last.add(work);
  }

  endsIn(pattern: RegExp): boolean {
    return this.#ear.endsIn(pattern);
  }

  loaderShown(): Promise<string | undefined> {
    return loaderShown(this, this.#parts.loaders);
  }

  /** The host goes down: what was said and who was logged in is past. */
  goesDown(): void {
    this.#ear.forget();
    this.#shell.forget();
    this.#shaped.forget();
    this.#loggedIn = false;
  }

  /**
   * Takes away what this run has on the host, and logs out where it logged in, if its shell still stands. Says what could
   * not be undone.
   */
  async leave(): Promise<string | undefined> {
    this.#mayTypeOnce(!this.#last.isEmpty);
    const told = [await this.#last.run(), await this.#leaveShell()];
    return told.filter(Boolean).join("; ") || undefined;
  }

  async #leaveShell(): Promise<string | undefined> {
    const { seat } = this.#parts;
    const { folder } = this.#shell;
    if (!this.#loggedIn && folder === undefined) return undefined;
    const left = folder && `${folder} is left on ${this.host}: the next run takes it away`;
    const how = this.#loggedIn && `${this.host} ${LOGGED_IN[`${this.#loggedIn}`]}`;
    const told = [how, left].filter(Boolean).join("; ");
    if (seat.signal.aborted) return told;
    this.#mayTypeOnce(true);
    try {
      if (!(await this.#promptComes())) return told;
      await this.#shell.tidy();
      if (!this.#loggedIn) return undefined;
      if (!(await this.#promptComes())) return how || undefined;
      if (this.#loggedIn === "perhaps") {
        // A child of login that is no Bourne shell (fish) answers nothing of ours, and knows this.
        await this.send(" exit\r");
        await this.expect(LOGIN_PROMPT, LOGOUT_WITHIN);
        return undefined;
      }
      // To leave process 1 would panic the kernel.
      const { status } = await this.runPlain('test "$PPID" != 1', LOGOUT_WITHIN);
      if (status === 0) await this.send(" exit\r");
      return undefined;
    } catch {
      return `${this.host} may be left logged in: its shell did not answer`;
    }
  }

  /** Ends every wait; nothing can be typed any more. */
  close(): void {
    this.#closed.abort(
      new OobError("INTERNAL", `Cannot type at ${this.host}: the runbook has ended`),
    );
    this.#unfollow();
    this.#shaped.close();
    this.#parts.seat.release();
  }

  /** A run that was stopped may still tidy up, unless the seat is a person's. */
  #mayTypeOnce(wanted: boolean): void {
    const { seat } = this.#parts;
    if (wanted && !seat.signal.aborted)
      this.#signal = AbortSignal.any([seat.signal, this.#closed.signal]);
  }

  /** After the last command its prompt may be on the way. Where none stands, "exit" would be typed at something else. */
  async #promptComes(): Promise<boolean> {
    const { clock } = this.#parts;
    for (const end = clock.monotonic() + PROMPT_WITHIN; ; ) {
      if (this.endsIn(SHELL_PROMPT)) return true;
      if (clock.monotonic() >= end) return false;
      await clock.sleep(SCREEN_POLL, this.#signal);
    }
  }

  #hear(chunk: Uint8Array, offset: number): void {
    const fresh = chunk.subarray(Math.max(0, (this.#next ?? offset) - offset));
    this.#next = offset + chunk.length;
    if (fresh.length === 0) return;
    this.#ear.hear(this.#filter.filter(fresh), fresh.length);
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
    const found = await this.#ear.find(given.map(withoutMemory), within, this.#signal);
    if (found) return found;
    const names = given.map((pattern) => `/${pattern.source}/`).join(" or ");
    throw await this.#timedOut(what ?? names, within);
  }

  #timedOut(what: string, within: Millis): Promise<OobError> {
    return timedOut(this.#parts.console, this.#parts.where(), what, within);
  }
}
