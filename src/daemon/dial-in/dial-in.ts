/*
 * Calls from outside, one modem: off unless it is configured. Nobody hears more than "passphrase:" before they have
 * given one, and who has not is not answered for a while. What comes after is the restricted prompt, as far as the
 * person's grants reach.
 */
import { waitBefore } from "../../core/port/reconnect.ts";
import type { Millis } from "../../lib/clock.ts";
import { formatDuration, seconds } from "../../lib/durations.ts";
import { messageOf } from "../../lib/errors.ts";
import type { Link } from "../../sdk/link.ts";
import { AnsweringModem } from "./answering-modem.ts";
import { Caller } from "./caller.ts";
import type { DialInParts } from "./dial-in-parts.ts";
import { checkPassphrases, type DialInUser, whoKnows } from "./passphrases.ts";
import { promptCaller } from "./prompt.ts";

const TRIES = 3;
const TYPED_WITHIN: Millis = seconds(30);
/** Between two tries: guessing takes time. */
const AFTER_WRONG: Millis = seconds(2);
/** An exchange needs this long to free the line after a call. */
const BEFORE_DIAL_BACK: Millis = seconds(8);
/** Digits at the end by which two ways to write a number are the same. */
const SAME_DIGITS = 7;

/** Answers the calls of one modem until it is stopped. */
export class DialIn {
  readonly #parts: DialInParts;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  #inCall = false;

  constructor(parts: DialInParts) {
    this.#parts = parts;
  }

  get name(): string {
    return this.#parts.entry.name;
  }

  /** A call is taken, stands, or is being hung up. */
  get inCall(): boolean {
    return this.#inCall;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error("oob ends"));
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock, entry, note } = this.#parts;
    const { signal } = this.#stopping;
    let failures = 0;
    let told = "";
    while (!signal.aborted) {
      try {
        await this.#serveOnce(signal);
        failures = 0;
        told = "";
      } catch (thrown) {
        if (signal.aborted) return;
        failures++;
        const why = messageOf(thrown);
        // The same trouble all night is one line.
        if (why !== told) note("dial-in.trouble", "oob", `${entry.name}: ${why}`);
        told = why;
        const wait = waitBefore(failures, failures > 100 ? Number.MAX_SAFE_INTEGER : 0, 0);
        await clock.sleep(wait, signal).catch(() => undefined);
      }
    }
  }

  /** Opens the modem, waits for one call, and serves it. */
  async #serveOnce(signal: AbortSignal): Promise<void> {
    const { lockOut } = this.#parts;
    const users = await this.#users();
    const way = await this.#parts.open(signal);
    try {
      const modem = new AnsweringModem(way.link, this.#parts, signal);
      await modem.makeReady();
      const from = await modem.nextCaller((number) => this.#admits(number));
      this.#inCall = true;
      await this.#talk(await modem.answer(from), async (caller) => {
        const who = await this.#recognise(caller, users);
        if (who === undefined) this.#refused(caller, from);
        else {
          this.#written(() => lockOut.passed());
          if (who.dialBack === undefined) await this.#serve(caller, who, from);
          else await this.#callBack(caller, modem, who, from);
        }
      });
    } finally {
      this.#inCall = false;
      await way.close();
    }
  }

  /** Whatever happens, the line is free afterwards. */
  async #talk(link: Link, talk: (caller: Caller) => Promise<void>): Promise<void> {
    const caller = new Caller(link, this.#parts.clock);
    const { signal } = this.#stopping;
    const stop = () => void caller.hangUp("oob ends");
    signal.addEventListener("abort", stop, { once: true });
    try {
      await talk(caller);
    } finally {
      signal.removeEventListener("abort", stop);
      await caller.hangUp("the call is over");
    }
  }

  #refused(caller: Caller, from: string): void {
    const { entry, lockOut, note } = this.#parts;
    // A wrong number, or a fax: nobody tried to guess.
    if (caller.answers > 0) this.#written(() => lockOut.failed());
    const length = caller.answers > 0 ? lockOut.left : 0;
    const shut = length > 0 ? `; nobody is answered for ${formatDuration(length)}` : "";
    note("dial-in.refused", "oob", `${entry.name}: ${named(from)} gave no passphrase${shut}`);
  }

  /** A disk that is full keeps nobody out, nor lets anybody in: what is counted is kept in memory. */
  #written(write: () => void): void {
    const { entry, note } = this.#parts;
    try {
      write();
    } catch (thrown) {
      const what = `${entry.name}: how often calls failed cannot be written down`;
      note("dial-in.trouble", "oob", `${what}: ${messageOf(thrown)}`);
    }
  }

  async #serve(caller: Caller, { who }: DialInUser, from: string): Promise<void> {
    const { entry, clock, note, siteFor } = this.#parts;
    note("dial-in.call", who, `${entry.name}: ${who} calls from ${named(from)}`);
    const why = await promptCaller({
      caller,
      clock,
      who,
      site: siteFor(who),
      from: `${entry.name}, ${named(from)}`,
      idle: entry.idle,
    });
    note("dial-in.over", who, `${entry.name}: the call of ${who} is over: ${why}`);
  }

  /** Whoever knows the passphrase still has to be where they are known to be. */
  async #callBack(
    caller: Caller,
    modem: AnsweringModem,
    user: DialInUser & { readonly dialBack?: string | undefined },
    from: string,
  ): Promise<void> {
    const { entry, note } = this.#parts;
    const { dialBack = "", who } = user;
    note(
      "dial-in.call-back",
      who,
      `${entry.name}: ${who} called from ${named(from)}, calling back`,
    );
    await caller.print("", "calling you back; hang up");
    await caller.hangUp("calling back");
    await modem.makeReady();
    await modem.leaveAlone(BEFORE_DIAL_BACK);
    await this.#talk(await modem.dial(dialBack), async (back) => {
      // Whoever stayed on the line would be answered otherwise.
      const known = await this.#recognise(back, [user]);
      if (known) await this.#serve(back, known, dialBack);
      else
        note("dial-in.refused", "oob", `${entry.name}: nobody at ${dialBack} gave the passphrase`);
    });
  }

  async #recognise(caller: Caller, users: readonly DialInUser[]): Promise<DialInUser | undefined> {
    try {
      for (let tries = 1; tries <= TRIES; tries++) {
        const typed = await caller.ask("passphrase: ", { within: TYPED_WITHIN, secret: true });
        if (typed === undefined) return undefined;
        const user = whoKnows(typed, users);
        if (user) return user;
        await this.#parts.clock.sleep(AFTER_WRONG, caller.over);
      }
    } catch {
      // The call ended.
    }
    return undefined;
  }

  #admits(number: string): boolean {
    const { entry, lockOut, note } = this.#parts;
    const refuse = (why: string) => {
      note("dial-in.unanswered", "oob", `${entry.name}: ${named(number)} is not answered: ${why}`);
      return false;
    };
    const { left } = lockOut;
    if (left > 0) return refuse(`locked for ${formatDuration(left)} more`);
    const { callers } = entry;
    if (callers === "any" || callers.some((one) => sameNumber(one, number))) return true;
    return refuse("the number is not among the callers");
  }

  async #users(): Promise<DialInUser[]> {
    const { entry, secret } = this.#parts;
    const users = await Promise.all(
      entry.people.map(async ({ who, passphrase, dialBack }) => ({
        who,
        dialBack,
        passphrase: await secret(passphrase),
      })),
    );
    checkPassphrases(entry.name, users);
    return users;
  }
}

const named = (number: string): string => (number === "" ? "a withheld number" : number);

/** "+32 2 555 01 42" and "025550142" are the same line. */
export function sameNumber(one: string, other: string): boolean {
  const [a, b] = [one, other].map((number) => number.replaceAll(/\D/g, "").replace(/^0+/, ""));
  if (!a || !b) return false;
  const shorter = Math.min(a.length, b.length);
  return a === b || (shorter >= SAME_DIGITS && (a.endsWith(b) || b.endsWith(a)));
}
