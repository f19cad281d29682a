import type { Found } from "../../codec/console-text.ts";
import { latin1 } from "../../lib/bytes.ts";
import type { Clock, Millis } from "../../lib/clock.ts";
import { seconds } from "../../lib/durations.ts";
import { OobError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import { frameCommand } from "../command-frame.ts";
import { LOGIN_PROMPT, PASSWORD_PROMPT, SHELL_PROMPT } from "../prompts.ts";
import type { ConsoleEar } from "./console-ear.ts";
import { DAMAGED, guarded } from "./piece-command.ts";

/** How long a prompt has to stand before it is believed; the pieces of one line come closer together. */
export const PROMPT_QUIET: Millis = 300;
/** What a host takes to start a few processes, while nothing comes from it. */
const ANSWER_WITHIN: Millis = seconds(15);
/** What it takes to say that it is a shell. */
export const PROVEN_WITHIN: Millis = seconds(5);
/** Where a prompt has stood so long without an end mark, the mark was damaged. */
const ENDED_UNSEEN: Millis = seconds(3);
const LOOK_EVERY: Millis = 500;
/** No line is slower than this: 1200 baud. */
const SLOWEST_BYTES_PER_SECOND = 120;
/** One piece is at most what goes over the line in this time. */
const PIECE: Millis = 50;
/** A command that comes damaged so often is given up. */
export const MAX_TRIES = 8;
/** Where bytes are lost on a line of unknown speed. */
const CAREFUL_BYTES_PER_SECOND = 1000;
/** Above this such a line is not held back at all. */
const FULL_SPEED = 30_000;
const LEAST_BYTES_PER_SECOND = 30;
/** After so many commands that came whole, the line is trusted with twice the speed again. */
const TRUSTED_AFTER = 8;
/** What a shell says of a guard that came damaged itself: believed of the command when it comes twice. */
const OF_THE_GUARD: ReadonlySet<number> = new Set([2, 9, 126, 127]);
const LAST_SAID = 160;
/** Last words of a kernel, a boot loader's first ones (GRUB, U-Boot, FreeBSD's), a kernel's first ones. */
const RESTARTS =
  /reboot: Restarting system|\bGNU GRUB +version \d|\bHit any key to stop autoboot|\bU-Boot \d{4}\.\d\d|>> FreeBSD\/\w{1,10} BOOT|\bAutoboot in \d|\nLinux version \d+\.\d+|\] Linux version \d+\.\d+|SunOS Release 5\./;
const CTRL_C = "\u0003";

/** The console that a GuardedShell types at. */
export interface ShellWire {
  readonly host: string;
  readonly clock: Clock;
  readonly ear: ConsoleEar;
  /** Ends every wait. */
  readonly signal: AbortSignal;
  write(bytes: Uint8Array): Promise<void>;
}

/** What a command left. */
export interface CommandEnd {
  readonly status: number;
  readonly output: string;
}

/**
 * A proven shell at the end of a line that may lose and change bytes. Commands travel with their own digest and are
 * obeyed only where they came whole; the line is typed at more slowly where bytes get lost.
 */
export class GuardedShell {
  readonly host: string;
  /** What is done, for messages: `Cannot ${what} web1: …`. */
  what: string;
  /** Commands and pieces that were asked for again. */
  resent = 0;
  readonly #wire: ShellWire;
  /** Bytes a second. Undefined: as fast as the line takes it. */
  #rate: number | undefined;
  /** The same, before any byte was lost. */
  readonly #fullRate: number | undefined;
  #wholeInARow = 0;

  constructor(wire: ShellWire, what: string, bytesPerSecond?: number) {
    this.host = wire.host;
    this.what = what;
    this.#wire = wire;
    this.#fullRate = bytesPerSecond;
    this.#rate = bytesPerSecond;
  }

  /** Runs a command that may come twice, however the line damages it. `prints`: bytes that are expected of it. */
  async run(command: string, proof: string, prints = 0): Promise<CommandEnd> {
    const safe = guarded(command, proof);
    let before: number | undefined;
    return this.until(
      () => this.runOnce(safe, prints),
      (end) => {
        const odd =
          end.status === DAMAGED || (OF_THE_GUARD.has(end.status) && end.status !== before);
        before = end.status;
        return odd ? undefined : end;
      },
    );
  }

  /** Runs something harmless again and again until its end can be used; undefined from `use`: it was damaged. */
  async until<T>(
    once: () => Promise<CommandEnd | undefined>,
    use: (end: CommandEnd) => T | undefined,
  ): Promise<T> {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const end = await once();
      const used = end && use(end);
      if (used !== undefined) {
        this.#faster();
        return used;
      }
      if (end === undefined || end.status === DAMAGED) this.slower();
      else this.resent += 1;
      if (end === undefined) await this.recover();
    }
    throw this.failed(`one command came damaged ${MAX_TRIES} times`, {
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
    this.forget();
    await this.type(typed);
    const most = 4 * answer + ((2 * typed.length + prints) * 1000) / SLOWEST_BYTES_PER_SECOND;
    if ((await this.hearing(begin, answer, most)) === undefined) return undefined;
    const found = await this.hearing(end, answer, most);
    if (found === undefined || found.lost > 0) return undefined;
    return { status: Number(found.match[1]), output: found.before };
  }

  /**
   * Waits for a mark. Undefined: nothing came for `quiet`, `most` is over, or the prompt stands there again. Throws
   * where the host asks for a login instead.
   */
  async hearing(mark: RegExp, quiet: Millis, most: Millis): Promise<Found | undefined> {
    const { ear, clock, signal } = this.#wire;
    const began = clock.monotonic();
    const wire = ear.wire;
    for (;;) {
      const found = await ear.find([mark], LOOK_EVERY, signal);
      if (found !== undefined) return found;
      const now = clock.monotonic();
      const still = now - Math.max(ear.lastAt, began);
      if (now - began >= most || still >= quiet) return undefined;
      if (still < ENDED_UNSEEN || ear.wire === wire) continue;
      this.refuseLogin();
      if (ear.endsIn(SHELL_PROMPT)) return undefined;
    }
  }

  /** What was half typed is taken back, and the shell proven again. */
  async recover(): Promise<void> {
    for (let tries = 0; tries < 3; tries++) {
      this.#refuseRestart();
      this.refuseLogin();
      await this.#wire.write(latin1(CTRL_C));
      await this.#wire.clock.sleep(PROMPT_QUIET, this.#wire.signal);
      if ((await this.runOnce(":", 0, PROVEN_WITHIN))?.status === 0) return;
    }
    throw this.failed(`its shell does not answer any more${this.lastSaid()}`);
  }

  /** Before something is typed: later waits look only at what comes from now on. Throws where the shell has gone. */
  forget(): void {
    this.#refuseRestart();
    this.#wire.ear.forget();
  }

  /** Whether the text of the console ends as a shell's prompt does. */
  promptStands(): boolean {
    return this.#wire.ear.endsIn(SHELL_PROMPT);
  }

  /** Any key stops a boot loader, and what would be typed is more than one. */
  #refuseRestart(): void {
    if (this.#wire.ear.said(RESTARTS)) throw this.failed("the host was restarted meanwhile");
  }

  /** Throws where the host waits for somebody to log in. */
  refuseLogin(): void {
    const { ear } = this.#wire;
    if (ear.endsIn(LOGIN_PROMPT) || ear.endsIn(PASSWORD_PROMPT))
      throw this.failed("the host asks for a login: it was rebooted, or logged out");
  }

  /** Types at the speed that the line has shown to take. */
  async type(text: string): Promise<void> {
    const { signal, clock } = this.#wire;
    const rate = this.#rate;
    const length =
      rate === undefined ? text.length : Math.max(1, Math.floor((rate * PIECE) / 1000));
    for (let at = 0; at < text.length; at += length) {
      signal.throwIfAborted();
      const piece = text.slice(at, at + length);
      await this.#wire.write(latin1(piece));
      if (rate !== undefined) await clock.sleep((piece.length * 1000) / rate, signal);
    }
  }

  /** Something came damaged. */
  slower(): void {
    this.resent += 1;
    this.#wholeInARow = 0;
    this.#rate = Math.max(
      LEAST_BYTES_PER_SECOND,
      this.#rate === undefined ? CAREFUL_BYTES_PER_SECOND : this.#rate / 2,
    );
  }

  #faster(): void {
    if (this.#rate === this.#fullRate || ++this.#wholeInARow < TRUSTED_AFTER) return;
    this.#wholeInARow = 0;
    const rate = (this.#rate ?? 0) * 2;
    this.#rate = rate > (this.#fullRate ?? FULL_SPEED) ? this.#fullRate : rate;
  }

  failed(why: string, more: { readonly hint?: string } = {}): OobError {
    return new OobError("TRANSFER_FAILED", `Cannot ${this.what} ${this.host}: ${why}`, more);
  }

  /** `; it last said "…"` */
  lastSaid(): string {
    const [, last = ""] = /([^\n]*\S[^\n]*)\s*$/.exec(this.#wire.ear.tail(LAST_SAID)) ?? [];
    return last === ""
      ? "; the console says nothing"
      : `; it last said "${printable(last.trim(), 100)}"`;
  }
}
