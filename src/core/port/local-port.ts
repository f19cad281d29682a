/**
 * One console's wire, held by this process: opens the Link and opens it again, reads it, logs, then tells.
 *
 *   closed ─start─► opening ─► up ─hang-up, error─► down ─wait─► opening …            stop: closed
 *
 * Bytes are on file before the listener hears of them. While nobody watches, reading waits for the shared pace: the
 * kernel joins what comes meanwhile, and a thousand busy consoles cost few large reads.
 */
import type { Clock, Millis } from "../../lib/clock.ts";
import { messageOf, OobError } from "../../lib/errors.ts";
import type { Random } from "../../lib/random.ts";
import type { Link, LinkNotice, ModemLines, OpenContext } from "../../sdk/link.ts";
import type { ConsoleLog } from "../log/console-log.ts";
import type { ConsolePort, PortListener, PortState } from "./console-port.ts";
import { PortReader } from "./port-reader.ts";
import type { ReadPace } from "./read-pace.ts";
import { Reconnect } from "./reconnect.ts";

/** What a port gives to whoever opens its Link; the rest of the context is the site's. */
export type OpenRequest = Pick<OpenContext, "signal" | "progress" | "reopening">;

interface LocalPortOptions {
  readonly host: string;
  readonly clock: Clock;
  readonly random: Random;
  /** Closed by stop(). */
  readonly log: ConsoleLog;
  readonly pace: ReadPace;
  readonly open: (request: OpenRequest) => Promise<Link>;
}

/** A console's wire in this process. */
export class LocalPort implements ConsolePort {
  readonly host: string;
  readonly #clock: Clock;
  readonly #reconnect: Reconnect;
  readonly #log: ConsoleLog;
  readonly #reader: PortReader;
  readonly #open: (request: OpenRequest) => Promise<Link>;
  readonly #stopping = new AbortController();
  #listener: PortListener | undefined;
  #link: Link | undefined;
  #carriesBreak = false;
  #carrier: boolean | undefined;
  #state: PortState = { is: "closed" };
  #wasOpen: boolean;
  #running: Promise<void> | undefined;

  constructor(options: LocalPortOptions) {
    this.host = options.host;
    this.#clock = options.clock;
    this.#reconnect = new Reconnect(options.clock, options.random);
    this.#log = options.log;
    this.#reader = new PortReader(options.clock, options.pace, (chunk) => this.#took(chunk));
    this.#open = options.open;
    // A log with bytes in it: a process before us had the port, and what waits there belongs to the log.
    this.#wasOpen = options.log.offset > 0;
  }

  get state(): PortState {
    return this.#state;
  }

  get offset(): number {
    return this.#log.offset;
  }

  get loggedAt(): Millis | undefined {
    return this.#log.lastAt;
  }

  get carriesBreak(): boolean {
    return this.#carriesBreak;
  }

  start(listener: PortListener): void {
    if (this.#running) throw new OobError("INTERNAL", `Cannot start ${this.host} twice`);
    this.#listener = listener;
    this.#log.listen({
      gap: (bytes, why) => listener.gap(bytes, why),
      notice: (text) => listener.notice?.(text),
    });
    this.#running = this.#run();
  }

  setEager(eager: boolean): void {
    this.#reader.eager = eager;
  }

  retryNow(): void {
    this.#reconnect.retryNow();
  }

  async write(bytes: Uint8Array): Promise<void> {
    await this.#upLink("type to").write(bytes);
  }

  async sendBreak(ms: Millis): Promise<void> {
    const link = this.#upLink("send BREAK to");
    if (!link.sendBreak) {
      throw new OobError(
        "LINK_UNSUPPORTED",
        `Cannot send BREAK to ${this.host}: ${link.label} has none`,
        {
          hint: "Use a console that carries BREAK, such as telnet or a local serial port",
        },
      );
    }
    await link.sendBreak(ms);
    this.mark("break", `sent for ${ms} ms`);
  }

  async readLines(): Promise<ModemLines | undefined> {
    return await this.#link?.readLines?.();
  }

  async setLines(lines: { readonly dtr: boolean }): Promise<void> {
    const link = this.#upLink("set the lines of");
    if (!link.setLines)
      throw new OobError(
        "LINK_UNSUPPORTED",
        `Cannot set the modem lines of ${this.host}: ${link.label} has none`,
        { hint: "Use a console with modem lines, such as a serial port or rfc2217" },
      );
    await link.setLines(lines);
    this.mark("lines", `dtr ${lines.dtr ? "on" : "off"}`);
  }

  mark(kind: string, text: string): void {
    this.#log.mark(kind, text);
  }

  async tail(bytes: number): Promise<{ readonly bytes: Uint8Array; readonly offset: number }> {
    return this.#log.tail(bytes);
  }

  async sync(): Promise<void> {
    await this.#log.sync();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#reconnect.retryNow();
    this.#reader.hurry();
    await this.#link?.close().catch(() => undefined);
    await this.#running;
    this.#tell({ is: "closed" });
    await this.#log.close();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const ended = await this.#connectOnce(this.#reconnect.attempt);
      if (signal.aborted) return;
      const wait = this.#reconnect.after(ended.lastedMs);
      this.#goDown(ended, wait);
      await this.#reconnect.wait(wait);
    }
  }

  /** Opens, reads to the end; says why it ended and how long it was up. Never throws. */
  async #connectOnce(attempt: number): Promise<Ended> {
    const progress = (text: string) => this.#tell({ is: "opening", attempt, progress: text });
    progress("");
    let since: Millis | undefined;
    const lasted = () => (since === undefined ? undefined : this.#clock.monotonic() - since);
    try {
      const link = await this.#openUnlessStopped(progress);
      since = this.#clock.monotonic();
      this.#takeLink(link);
      try {
        await this.#reader.read(link);
      } finally {
        this.#link = undefined;
        await link.close().catch(() => undefined);
      }
      return { why: "the other side hung up", lastedMs: lasted() };
    } catch (error) {
      const hint = error instanceof OobError ? error.hint : undefined;
      return { why: messageOf(error), ...(hint ? { hint } : {}), lastedMs: lasted() };
    }
  }

  /** A driver that does not heed the signal must not keep us from stopping: what it opens later is closed. */
  #openUnlessStopped(progress: (text: string) => void): Promise<Link> {
    const { signal } = this.#stopping;
    const opening = this.#open({ signal, progress, reopening: this.#wasOpen });
    return new Promise((resolve, reject) => {
      const stop = () => reject(signal.reason);
      signal.addEventListener("abort", stop, { once: true });
      opening
        .then((link) => {
          signal.removeEventListener("abort", stop);
          if (!signal.aborted) resolve(link);
          else void link.close().catch(() => undefined);
        })
        .catch(reject);
    });
  }

  #took(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    const offset = this.#log.append(chunk);
    this.#listener?.bytes(chunk, offset, this.#clock.now());
  }

  #takeLink(link: Link): void {
    this.#link = link;
    this.#wasOpen = true;
    this.#carriesBreak = link.sendBreak !== undefined;
    link.onNotice?.((notice) => this.#notice(notice));
    this.mark("up", link.label);
    this.#tell({ is: "up", label: link.label, since: this.#clock.now() });
  }

  #notice(notice: LinkNotice): void {
    switch (notice.is) {
      case "lines":
        if (this.#carrier !== undefined && this.#carrier !== notice.lines.dcd) {
          this.mark("carrier", notice.lines.dcd ? "came" : "lost");
        }
        this.#carrier = notice.lines.dcd;
        this.#listener?.lines?.(notice.lines);
        return;
      case "break":
        this.mark("break", "received");
        return;
      case "note":
        this.mark("link", notice.text);
        this.#listener?.notice?.(notice.text);
    }
  }

  #goDown(ended: Ended, wait: Millis): void {
    if (ended.lastedMs !== undefined) this.mark("down", ended.why);
    this.#carrier = undefined;
    const { why, hint } = ended;
    const retryAt = this.#clock.now() + wait;
    this.#tell({ is: "down", why, ...(hint ? { hint } : {}), retryAt });
  }

  #tell(state: PortState): void {
    this.#state = state;
    this.#listener?.state(state);
  }

  #upLink(what: string): Link {
    if (this.#link) return this.#link;
    const why = this.#state.is === "down" ? this.#state.why : `it is ${this.#state.is}`;
    throw new OobError("LINK_LOST", `Cannot ${what} ${this.host}: the console is not up: ${why}`, {
      hint: "The console is opened again by itself; look at its state with: oob status",
    });
  }
}

interface Ended {
  readonly why: string;
  readonly hint?: string;
  /** undefined: it was never up. */
  readonly lastedMs: Millis | undefined;
}
