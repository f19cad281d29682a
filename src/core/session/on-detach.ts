/**
 * What happens at a console when the last person who wrote has gone: nothing, a text that logs their shell out, or DTR
 * dropped, which hangs it up.
 *
 *   prompt of a shell ─type─► prompt of a shell again (su, sudo, stopped jobs) ─type─► … ─► prompt of login: proven
 *
 * Typed blindly, "exit" would go into an editor, or behind half a command ("rm -rf /tmp/x" and Enter): it is typed only
 * where a shell's prompt stands last. A text that begins with Ctrl-C is typed whatever stands there: whoever configures
 * that has chosen to interrupt. Logged out is what shows its login prompt afterwards, nothing else.
 */
import { TextLines } from "../../codec/text-lines.ts";
import type { OnDetach } from "../../config/site-config.ts";
import { latin1 } from "../../lib/bytes.ts";
import type { Clock, Millis } from "../../lib/clock.ts";
import { formatDuration, seconds } from "../../lib/durations.ts";
import { messageOf, OobError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import { LOGIN_PROMPT, SHELL_PROMPT } from "../../sdk/prompts.ts";
import type { BorrowedSeat, WatchedConsole } from "./watched-console.ts";

/** A prompt that nothing follows for so long waits for us. */
const SETTLE: Millis = seconds(1);
/** Shells in shells that are left one after the other. */
const MOST_SHELLS = 5;
/** Modems and drivers want DTR low for longer than a quarter of a second. */
const DTR_LOW: Millis = seconds(1);
/** Lines that are looked at for a prompt: the kernel may print some behind it. */
const LINES_KEPT = 20;
const TAIL_BYTES = 2048;
const CTRL_C = "\u0003";

/** The console as it is needed here. */
export interface DetachedConsole
  extends Pick<WatchedConsole, "host" | "portState" | "borrow" | "follow" | "tail"> {
  setLines(lines: { readonly dtr: boolean }): Promise<void>;
}

/** What came of it. `proof`: the line that proves it. */
export type Detached =
  | { readonly is: "proven"; readonly how: string; readonly proof: string }
  | { readonly is: "needless"; readonly proof: string }
  | { readonly is: "unproven"; readonly why: string }
  /** Somebody else has the seat: a person who wants to write, or automation that was quicker. */
  | { readonly is: "called off" };

interface DetachOrder {
  readonly console: DetachedConsole;
  readonly clock: Clock;
  readonly policy: Exclude<OnDetach, { readonly is: "nothing" }>;
  /** Who left. */
  readonly who: string;
  readonly signal: AbortSignal;
}

/** Closes what somebody left open. Never throws: what went wrong is no proof. */
export async function closeDetached(order: DetachOrder): Promise<Detached> {
  const { console, who } = order;
  let seat: BorrowedSeat | undefined;
  const ear = new Ear(order);
  try {
    const tail = await console.tail(TAIL_BYTES);
    ear.hears(tail.bytes);
    if (ear.proof !== undefined) return { is: "needless", proof: ear.proof };
    seat = console.borrow("on-detach", `closes what ${who} left`);
    const stop = console.follow({ bytes: (chunk) => ear.hears(chunk) });
    try {
      const signal = AbortSignal.any([order.signal, seat.signal]);
      return await (order.policy.is === "logout"
        ? logOut(order, order.policy.type, seat, ear, signal)
        : dropDtr(order, ear, signal));
    } finally {
      stop();
    }
  } catch (thrown) {
    const taken = thrown instanceof OobError && thrown.code === "SEAT_TAKEN";
    if (taken || seat?.signal.aborted || order.signal.aborted) return { is: "called off" };
    return { is: "unproven", why: messageOf(thrown) };
  } finally {
    seat?.release();
  }
}

async function logOut(
  { clock, policy }: DetachOrder,
  text: string,
  seat: BorrowedSeat,
  ear: Ear,
  signal: AbortSignal,
): Promise<Detached> {
  const began = clock.monotonic();
  const shown = printable(text);
  if (!ear.atShell && !text.startsWith(CTRL_C)) {
    const last = printable(ear.last, 80);
    const why = `no shell waits for a command ("${last}"): "${shown}" was not typed`;
    return { is: "unproven", why };
  }
  for (let typed = 1; typed <= MOST_SHELLS; typed++) {
    ear.forget();
    await seat.write(latin1(text));
    const found = await ear.answer(began + policy.within, signal);
    const how = `"${shown}" typed${typed === 1 ? "" : ` ${typed} times`}`;
    const took = formatDuration(clock.monotonic() - began);
    if (found === "proof") return { is: "proven", how: `${how}, ${took}`, proof: ear.proof ?? "" };
    if (found === "nothing")
      return { is: "unproven", why: `${how}, and no login prompt within ${took}` };
  }
  return { is: "unproven", why: `"${shown}" typed ${MOST_SHELLS} times, and a shell still waits` };
}

async function dropDtr(
  { clock, console, policy }: DetachOrder,
  ear: Ear,
  signal: AbortSignal,
): Promise<Detached> {
  const began = clock.monotonic();
  ear.forget();
  await console.setLines({ dtr: false });
  try {
    await clock.sleep(DTR_LOW, signal);
  } finally {
    await console.setLines({ dtr: true });
  }
  // A shell's prompt is no answer here: nothing was typed.
  let found = await ear.answer(began + policy.within, signal);
  while (found === "shell") found = await ear.answer(began + policy.within, signal);
  const took = formatDuration(clock.monotonic() - began);
  if (found === "proof")
    return { is: "proven", how: `DTR dropped, ${took}`, proof: ear.proof ?? "" };
  return { is: "unproven", why: `DTR dropped, and no login prompt within ${took}` };
}

/** What the console says, as lines. */
class Ear {
  readonly #clock: Clock;
  readonly #wanted: string | undefined;
  #lines = new TextLines();
  #ended: string[] = [];
  #heard = () => {};

  constructor({ clock, policy }: DetachOrder) {
    this.#clock = clock;
    this.#wanted = policy.proof;
  }

  hears(chunk: Uint8Array): void {
    const found = this.#lines.receive(chunk).map((line) => line.text);
    this.#ended = [...this.#ended, ...found].slice(-LINES_KEPT);
    this.#heard();
  }

  /** What was said so far proves nothing about what is done now. */
  forget(): void {
    this.#lines = new TextLines();
    this.#ended = [];
  }

  get last(): string {
    return this.#lines.unfinished()?.text ?? this.#ended.at(-1) ?? "";
  }

  get atShell(): boolean {
    return SHELL_PROMPT.test(this.#text);
  }

  /** The line that proves that nobody is logged in, if it stands last. */
  get proof(): string | undefined {
    const all = [...this.#ended, this.#lines.unfinished()?.text ?? ""];
    if (this.#wanted !== undefined) {
      const { length } = all;
      return all.slice(length - 3).find((line) => line.includes(this.#wanted ?? ""));
    }
    if (!LOGIN_PROMPT.test(this.#text)) return undefined;
    return all.findLast((line) => /\blogin: *$/.test(line))?.trim();
  }

  /** Waits for the proof, or for a shell that stands there. */
  async answer(deadline: Millis, signal: AbortSignal): Promise<"proof" | "shell" | "nothing"> {
    let heardAt = this.#clock.monotonic();
    for (;;) {
      if (this.proof !== undefined) return "proof";
      const now = this.#clock.monotonic();
      if (now >= deadline) return "nothing";
      if (this.atShell && now - heardAt >= SETTLE) return "shell";
      const more = new AbortController();
      this.#heard = () => {
        heardAt = this.#clock.monotonic();
        more.abort();
      };
      const wait = Math.min(SETTLE, deadline - now);
      await this.#clock.sleep(wait, AbortSignal.any([signal, more.signal])).catch(() => {});
      signal.throwIfAborted();
    }
  }

  get #text(): string {
    const open = this.#lines.unfinished()?.text ?? "";
    return this.#ended.map((line) => `${line}\n`).join("") + open;
  }
}
