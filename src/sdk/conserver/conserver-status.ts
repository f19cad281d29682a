import type { Clock, Millis, Timer } from "../../lib/clock.ts";
import { seconds } from "../../lib/durations.ts";
import { printable } from "../../lib/printable.ts";
import type { ConserverTalk } from "./conserver-talk.ts";

/** How often the server is asked. */
const ASK_EVERY: Millis = seconds(10);
/** Least time between two questions that texts in the bytes caused. */
const ASK_SOON: Millis = seconds(1);

/** What a conserver says of a console: whether its line is up, and who writes ("bob@desk", or ""). */
export interface ConserverStatus {
  readonly up: boolean;
  readonly writer: string;
}

/** Asks a group process of its console, by a connection of its own that carries none of the host's bytes. */
export class ConserverAsker {
  readonly #name: string;
  readonly #login: () => Promise<ConserverTalk>;
  readonly #clock: Clock;
  #talk: ConserverTalk | undefined;
  #timer: Timer | undefined;
  #tell: ((status: ConserverStatus) => void) | undefined;
  #askedAt: Millis = 0;
  #closed = false;

  constructor(name: string, login: () => Promise<ConserverTalk>, clock: Clock) {
    this.#name = name;
    this.#login = login;
    this.#clock = clock;
  }

  async ask(): Promise<ConserverStatus> {
    this.#askedAt = this.#clock.monotonic();
    this.#talk ??= await this.#login();
    if (this.#closed) this.#talk.close();
    const line = await this.#talk.ask(`hosts ${this.#name}`);
    const [, state, writer = ""] = /^ .{24,} [* ] (up|down|init) +(\S.*)$/.exec(line) ?? [];
    if (state === undefined) throw this.#talk.refusal(`it says ${printable(line, 200)}`);
    return { up: state !== "down", writer: /^<(?:none|spies)>$/.test(writer) ? "" : writer };
  }

  /** Goes on asking, and tells every answer. */
  follow(tell: (status: ConserverStatus) => void): void {
    this.#tell = tell;
    this.#schedule(ASK_EVERY);
  }

  /** Asks as soon as it may. */
  hurry(): void {
    if (this.#timer)
      this.#schedule(Math.max(0, this.#askedAt + ASK_SOON - this.#clock.monotonic()));
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#talk?.close();
  }

  #schedule(wait: Millis): void {
    this.#timer?.cancel();
    if (!this.#closed) this.#timer = this.#clock.after(wait, () => void this.#askOnce());
  }

  /** A server that does not answer here is noticed by the console's own connection. */
  async #askOnce(): Promise<void> {
    this.#timer = undefined;
    try {
      const status = await this.ask();
      if (!this.#closed) this.#tell?.(status);
    } catch {
      this.#talk?.close();
      this.#talk = undefined;
    }
    this.#schedule(ASK_EVERY);
  }
}
