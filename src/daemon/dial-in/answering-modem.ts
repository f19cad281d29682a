/*
 * A modem that answers calls:
 *
 *   made ready ► RING, who calls, RING ► the rule says whom ► ATA ► CONNECT ► talk ► hang-up, proven ► made ready …
 *
 * Results are off (Q1) while the modem waits only where its set-up says so: a computer that talks to it does not mistake
 * RING for a log-in, as a getty does.
 */
import type { HayesEvent } from "../../codec/hayes.ts";
import type { Millis } from "../../lib/clock.ts";
import { minutes, seconds } from "../../lib/durations.ts";
import { OobError } from "../../lib/errors.ts";
import type { Link } from "../../sdk/link.ts";
import { hangUpModem } from "../../sdk/modem/modem-hang-up.ts";
import { type ModemAnswer, ModemLine } from "../../sdk/modem/modem-line.ts";
import { ModemLink } from "../../sdk/modem/modem-link.ts";
import { readyModem } from "../../sdk/modem/modem-ready.ts";
import type { DialInParts } from "./dial-in-parts.ts";

/** V.253 10.1: the caller's number comes between the first RING and the second. */
const RINGS_BEFORE_ANSWER = 2;
/** Without a RING for so long the caller has given up: they come 4 to 6 s apart. */
const RING_GAP: Millis = seconds(10);
const ANSWER_WITHIN: Millis = seconds(75);
/** Longest that is waited for others to stop ringing, before somebody is called back. */
const QUIET_WITHIN: Millis = minutes(5);
/** A modem that says nothing for so long is asked whether it is still there. */
const CHECK_EVERY: Millis = minutes(10);
/** Ways to ask for the caller's number; one of them is taken by most that can. */
const CALLER_ID = ["AT+VCID=1", "AT#CID=1", "AT+CLIP=1"] as const;

/** A modem on an open Link. */
export class AnsweringModem {
  readonly #parts: DialInParts;
  readonly #modem: ModemLine;
  readonly #signal: AbortSignal;

  constructor(link: Link, parts: DialInParts, signal: AbortSignal) {
    this.#parts = parts;
    this.#modem = new ModemLine(link, parts.clock);
    this.#signal = signal;
  }

  /** Throws LINK_REFUSED where it does not answer, or cannot say who calls and has to. */
  async makeReady(): Promise<void> {
    const { entry, secret, progress } = this.#parts;
    const signal = this.#signal;
    await readyModem(this.#modem, {
      init: entry.init,
      guard: entry.guard,
      secret,
      progress,
      signal,
    });
    // Whatever init and the modem's own settings say: it may answer nobody by itself.
    await this.#modem.ask("ATS0=0", seconds(5), signal);
    for (const command of CALLER_ID)
      if ((await this.#modem.ask(command, seconds(5), signal)).result === "ok") return;
    if (entry.callers === "any") return;
    throw new OobError(
      "LINK_REFUSED",
      `Cannot answer calls on ${entry.name}: its modem does not tell who calls`,
      { hint: "Set it up by init, or write callers: any" },
    );
  }

  /** Waits for a caller whom the rule lets in: the number, "" where it is withheld. */
  async nextCaller(admits: (number: string) => boolean): Promise<string> {
    let number: string | undefined;
    for (;;) {
      number ??= await this.#ringing();
      if (number === undefined) continue;
      if (admits(number)) return number;
      number = await this.#afterwards(number);
    }
  }

  /** Takes the call. Throws LINK_LOST where the modems do not come together. */
  async answer(number: string): Promise<Link> {
    return this.#connected("ATA", number, ANSWER_WITHIN);
  }

  /** Calls a number, for somebody who was here and hung up. */
  async dial(number: string): Promise<Link> {
    const digits = number.replaceAll(/[^0-9A-Da-d*#+,]/g, "");
    return this.#connected(`ATDT${digits}`, number, ANSWER_WITHIN);
  }

  /** Waits until nobody has rung for so long. Throws LINK_LOST where that does not end: dialling would answer them. */
  async leaveAlone(time: Millis): Promise<void> {
    const { clock, entry } = this.#parts;
    const began = clock.monotonic();
    let until = began + time;
    for (;;) {
      const event = await this.#modem.next(until - clock.monotonic(), this.#signal);
      if (event === undefined) return;
      if (event.is === "result" && event.result === "ring")
        until = clock.monotonic() + Math.max(time, RING_GAP);
      if (until - began > QUIET_WITHIN)
        throw new OobError("LINK_LOST", `Cannot call back from ${entry.name}: others keep calling`);
    }
  }

  async #connected(command: string, number: string, within: Millis): Promise<Link> {
    const modem = this.#modem;
    const { carrier, guard } = this.#parts.entry;
    const name = number === "" ? "withheld number" : number;
    const wasUp = (await modem.carrier()) === true;
    const answer = await this.#call(command, within);
    if (answer.result !== "connect")
      throw new OobError(
        "LINK_LOST",
        `Cannot talk to ${name}: the modem says ${answer.text === "" ? "nothing" : `"${answer.text}"`}`,
      );
    const label = `${name}${answer.speed === undefined ? "" : ` ${answer.speed}`}`;
    const link = new ModemLink({ modem, name, label, guard, call: undefined });
    link.onNotice((notice) => {
      if (notice.is === "note") this.#tell(notice.text);
    });
    try {
      await link.begin({ carrier, passesBreak: false, wasUp });
      return link;
    } catch (thrown) {
      await link.close();
      throw thrown;
    }
  }

  /** A call that is given up midway is ended: the modems may come together yet. */
  async #call(command: string, within: Millis): Promise<ModemAnswer> {
    let answer: ModemAnswer | undefined;
    try {
      answer = await this.#modem.ask(command, within, this.#signal);
      return answer;
    } finally {
      if (answer?.result === undefined) await this.#hangUp();
    }
  }

  async #hangUp(): Promise<void> {
    const { guard } = this.#parts.entry;
    const end = { guard, trustsCarrier: false, hasReader: false };
    const { proven, how } = await hangUpModem(this.#modem, end);
    if (!proven) this.#tell(`not proven that the line is free: ${how}`);
  }

  #tell(text: string): void {
    const { entry, note } = this.#parts;
    note("dial-in.line", "oob", `${entry.name}: ${text}`);
  }

  /** The caller's number once it has rung often enough; undefined: it stopped before that. */
  async #ringing(): Promise<string | undefined> {
    let rings = 0;
    let number = "";
    while (rings < RINGS_BEFORE_ANSWER) {
      const event = await this.#modem.next(rings === 0 ? CHECK_EVERY : RING_GAP, this.#signal);
      if (event === undefined) {
        if (rings > 0) return undefined;
        await this.#isThere();
      } else if (await this.#isRing(event)) rings++;
      else number = numberIn(event) ?? number;
    }
    return number;
  }

  async #isRing(event: HayesEvent): Promise<boolean> {
    if (event.is !== "result") return false;
    if (event.result === "connect") await this.#answeredByItself();
    return event.result === "ring";
  }

  /** Whoever is there now could type RING, and a number. */
  async #answeredByItself(): Promise<never> {
    await this.#hangUp();
    const { name } = this.#parts.entry;
    throw new OobError("LINK_REFUSED", `Cannot answer calls on ${name}: its modem does by itself`, {
      hint: "Set S0=0 in init",
    });
  }

  async #isThere(): Promise<void> {
    const { result } = await this.#modem.ask("AT", seconds(5), this.#signal);
    if (result !== undefined) return;
    const { entry } = this.#parts;
    throw new OobError("LINK_LOST", `Lost the modem of ${entry.name}: it answers no more`);
  }

  /** One caller who is not let in is one decision, however long it rings: until it is quiet, or somebody else calls. */
  async #afterwards(refused: string): Promise<string | undefined> {
    for (;;) {
      const event = await this.#modem.next(RING_GAP, this.#signal);
      if (event === undefined) return undefined;
      if (await this.#isRing(event)) continue;
      const number = numberIn(event);
      if (number !== undefined && number !== refused) return number;
    }
  }
}

/** Who calls, where the modem says it here; not DDN_NMBR, which is the number that was called. */
const numberIn = (event: HayesEvent): string | undefined =>
  event.is === "caller" && /^(?:NMBR|(?:CALLER )?NUMBER)$/.test(event.field)
    ? event.value
    : undefined;
