/**
 * A modem at the end of a Link, for drivers that dial and for those that answer.
 *
 *   Link ─► pull: one chunk at a time, only while somebody asks ─► HayesCodec ─► events: next(), ask()
 *                                                                          └──► the far end's bytes: read()
 *
 * While a call is ended both are fed: what the host still says goes to its reader (together with what the modem says),
 * and the modem's answers to whoever hangs up.
 */
import { HayesCodec, type HayesEvent, type HayesResult } from "../../codec/hayes.ts";
import { latin1 } from "../../lib/bytes.ts";
import type { Clock, Millis } from "../../lib/clock.ts";
import { OobError } from "../../lib/errors.ts";
import type { Link } from "../link.ts";

/** How often modem lines are looked at while one is waited for. */
const LOOK_EVERY: Millis = 100;

const LONGEST_SETTLING: Millis = 5000;

/** What a modem said to a command: its result, and the lines before it. */
export interface ModemAnswer {
  /** undefined: none came in time. */
  readonly result: HayesResult | undefined;
  readonly text: string;
  readonly speed?: number;
  readonly info: readonly string[];
  /** Lines of noise: the speed is wrong, or no modem is there. */
  readonly noise: number;
}

/** A modem on a Link. */
export class ModemLine {
  readonly link: Link;
  readonly codec: HayesCodec;
  readonly clock: Clock;
  readonly #bytes: AsyncIterator<Uint8Array>;
  #events: HayesEvent[] = [];
  #data: Uint8Array[] = [];
  #pulling: Promise<void> | undefined;
  #woken = false;
  #wake = (): void => {};
  /** Both ways at once: a call is being ended. */
  #tee = false;
  #ended = false;
  #failure: unknown;

  constructor(link: Link, clock: Clock, codec = new HayesCodec()) {
    this.link = link;
    this.codec = codec;
    this.clock = clock;
    this.#bytes = link.bytes[Symbol.asyncIterator]();
  }

  /** Lets the modem finish what it says: a late answer must not be taken for the next one's. */
  async settle(quiet: Millis, signal?: AbortSignal): Promise<void> {
    const until = this.clock.monotonic() + LONGEST_SETTLING;
    while ((await this.next(quiet, signal)) !== undefined)
      if (this.clock.monotonic() >= until) return;
  }

  /** Sends a command and waits for its result; RING, which may come at any time, is none. */
  async ask(command: string, within: Millis, signal?: AbortSignal): Promise<ModemAnswer> {
    this.#events = [];
    this.codec.command(command);
    await this.link.write(this.codec.takeOutput());
    return this.answer(within, signal);
  }

  /** Waits for a result without asking. */
  async answer(within: Millis, signal?: AbortSignal): Promise<ModemAnswer> {
    const info: string[] = [];
    let noise = 0;
    const until = this.clock.monotonic() + within;
    for (;;) {
      const event = await this.next(until - this.clock.monotonic(), signal);
      if (event === undefined) return { result: undefined, text: "", info, noise };
      if (event.is === "info") info.push(event.text);
      else if (event.is === "violation") noise += 1;
      else if (event.is === "result" && event.result !== "ring" && event.result !== "ringing")
        return { ...event, info, noise };
    }
  }

  /** What the modem says next; undefined after so long. Throws where the Link ends. */
  async next(within: Millis, signal?: AbortSignal): Promise<HayesEvent | undefined> {
    const until = this.clock.monotonic() + within;
    for (;;) {
      signal?.throwIfAborted();
      const event = this.#events.shift();
      if (event) return event;
      if (this.#ended) throw this.lost();
      const left = until - this.clock.monotonic();
      if (left <= 0 || !(await this.#pullWithin(left, signal))) return undefined;
    }
  }

  /** The far end's bytes; undefined where none came in time or wake() was called, "ended" where the Link has. */
  async read(within?: Millis): Promise<Uint8Array | "ended" | undefined> {
    this.#woken = false;
    for (;;) {
      const bytes = this.#data.shift();
      if (bytes) return bytes;
      if (this.#ended) return "ended";
      if (this.#woken) return undefined;
      if (within !== undefined) {
        if (!(await this.#pullWithin(within))) return this.#data.shift();
      } else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
          void this.#pull().then(resolve);
        });
      }
    }
  }

  /** A read() under way returns, though nothing came. */
  wake(): void {
    this.#woken = true;
    this.#wake();
  }

  write(text: string): Promise<void> {
    return this.link.write(latin1(text));
  }

  /** The modem's own words are listened for again. `tee`: the reader of the far end's bytes is given all of them, too. */
  listen(tee: boolean): void {
    this.#tee = tee;
    this.codec.toCommands();
  }

  /** A call is over and done with: what it left, and what the modem says from now on, is none of the next one's. */
  forget(): void {
    this.listen(false);
    this.#data = [];
  }

  /** DCD, or undefined where the medium does not tell. */
  async carrier(): Promise<boolean | undefined> {
    return (await this.link.readLines?.().catch(() => undefined))?.dcd;
  }

  /** Waits for DCD to be as wanted. */
  async untilCarrier(wanted: boolean, within: Millis): Promise<boolean> {
    const until = this.clock.monotonic() + within;
    for (;;) {
      if ((await this.carrier()) === wanted) return true;
      if (this.clock.monotonic() >= until) return false;
      await this.clock.sleep(LOOK_EVERY);
    }
  }

  /** Why nothing more comes. */
  lost(): OobError {
    if (this.#failure instanceof OobError) return this.#failure;
    return new OobError("LINK_LOST", `Lost the modem on ${this.link.label}: the way to it ended`, {
      cause: this.#failure,
    });
  }

  #pull(): Promise<void> {
    this.#pulling ??= this.#pullOnce().finally(() => {
      this.#pulling = undefined;
    });
    return this.#pulling;
  }

  async #pullOnce(): Promise<void> {
    try {
      const { done, value } = await this.#bytes.next();
      if (done === true) this.#ended = true;
      else this.#take(value);
    } catch (thrown) {
      this.#failure = thrown;
      this.#ended = true;
    }
  }

  #take(chunk: Uint8Array): void {
    if (this.#tee) this.#data.push(chunk);
    for (const event of this.codec.receive(chunk)) {
      if (event.is !== "data") this.#events.push(event);
      else if (!this.#tee) this.#data.push(event.bytes);
    }
    if (this.#events.length > MAX_EVENTS) this.#events.splice(0, this.#events.length - MAX_EVENTS);
  }

  /** false: nothing came in time. What comes later is there for the next who asks. */
  async #pullWithin(within: Millis, signal?: AbortSignal): Promise<boolean> {
    const over = new AbortController();
    const stop = signal ? AbortSignal.any([signal, over.signal]) : over.signal;
    const late = this.clock.sleep(within, stop).then(
      () => false,
      () => true,
    );
    const came = await Promise.race([this.#pull().then(() => true), late]);
    over.abort();
    return came;
  }
}

/** Lines of a modem that nobody has read. */
const MAX_EVENTS = 200;
