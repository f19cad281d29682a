import type { AttachEvent, Attachment, AttachRequest, Site } from "../core/site/site.ts";
import { messageOf, OobError } from "../lib/errors.ts";
import { until } from "./interrupt.ts";

/** How a command wants to be at a console. */
export interface LineWish {
  readonly host: string;
  /** What it wants to do there: "send to", "send a file to". */
  readonly what: string;
  readonly join: boolean;
  readonly reason: string;
  readonly filter: AttachRequest["filter"];
  readonly replayLines: number;
  /** What the host prints. The array is the listener's. */
  readonly hear: (bytes: Uint8Array, replay: boolean) => void;
}

const NO_TERMINAL = { columns: 80, rows: 24 };

/** A console at which a command, not a person, has the seat. */
export class HostLine {
  readonly host: string;
  /** What the console's line is: "ts1:7003 telnet 9600". */
  readonly label: string;
  readonly filter: AttachRequest["filter"];
  readonly #attachment: Attachment;
  readonly #lost = new AbortController();
  readonly #left = new AbortController();

  private constructor(wish: LineWish, attachment: Attachment, welcome: Welcome) {
    this.host = wish.host;
    this.label = welcome.status.console.label;
    this.filter = welcome.filter;
    this.#attachment = attachment;
  }

  /** Takes the seat. Throws SEAT_TAKEN where somebody else writes, LINK_LOST where the console ends. */
  static async open(site: Site, wish: LineWish, signal: AbortSignal): Promise<HostLine> {
    const { host, what, join, reason, filter, replayLines } = wish;
    const mode = join ? "join" : "write";
    const request = { host, mode, reason, replayLines, filter, ...NO_TERMINAL } as const;
    const attachment = await site.attach(request);
    // Only until the seat is ours: whoever is interrupted later still has to hear what the host says to the clean-up.
    const over = new AbortController();
    const stop = () => over.abort();
    signal.addEventListener("abort", stop, { once: true });
    const events = until(attachment.events, over.signal);
    try {
      const welcome = await seated(events, host, what);
      const line = new HostLine(wish, attachment, welcome);
      line.#left.signal.addEventListener("abort", stop);
      void line.#pump(events, wish);
      return line;
    } catch (thrown) {
      stop();
      await attachment.leave().catch(() => {});
      throw thrown;
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  /** Raised, with what happened, when the seat or the console is gone. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#lost.signal.throwIfAborted();
    await this.#attachment.write(bytes);
  }

  sendBreak(): Promise<void> {
    return this.#attachment.sendBreak();
  }

  /** Lets the seat go. */
  async leave(): Promise<void> {
    this.#left.abort();
    await this.#attachment.leave().catch(() => {});
  }

  async #pump(events: AsyncIterable<AttachEvent>, { what, hear }: LineWish): Promise<void> {
    const begin = `Cannot go on to ${what} ${this.host}`;
    try {
      for await (const event of events) {
        if (event.is === "bytes") hear(event.bytes, event.replay);
        else if (event.is === "ended")
          this.#lost.abort(new OobError("LINK_LOST", `${begin}: ${event.why}`));
        else if (event.is === "seat" && event.seat.mine !== "write")
          this.#lost.abort(new OobError("SEAT_TAKEN", `${begin}: ${event.text}`));
      }
    } catch (thrown) {
      this.#lost.abort(
        thrown instanceof OobError ? thrown : new OobError("INTERNAL", messageOf(thrown)),
      );
    }
  }
}

type Welcome = Extract<AttachEvent, { is: "welcome" }>;

/** Waits for the seat. */
async function seated(
  events: AsyncIterator<AttachEvent>,
  host: string,
  what: string,
): Promise<Welcome> {
  for (;;) {
    const { value, done } = await events.next();
    if (done || value === undefined || value.is === "ended")
      throw new OobError("LINK_LOST", `Cannot ${what} ${host}: ${value?.why ?? "interrupted"}`);
    if (value.is !== "welcome") continue;
    if (value.seat.mine === "write") return value;
    const who = value.seat.writer?.who ?? "somebody";
    throw new OobError("SEAT_TAKEN", `Cannot ${what} ${host}: ${who} is writing there`, {
      hint: "Wait, or do it beside them with --join",
    });
  }
}
