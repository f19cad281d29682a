/**
 * One console's wire, held by this process: opens the Link and opens it again, reads it, logs, then tells.
 *
 *   closed ─start─► opening ─► up ─hang-up, error─► down ─wait─► opening …            stop: closed
 *
 * With a LineDemand it is opened only while it is wanted, and `idle` else.
 *
 * Bytes are on file before the listener hears of them. While nobody watches, reading waits for the shared pace: the
 * kernel joins what comes meanwhile, and a thousand busy consoles cost few large reads.
 */
import type { Clock, Millis } from "../../lib/clock.ts";
import { OobError } from "../../lib/errors.ts";
import type { Random } from "../../lib/random.ts";
import type { Link, LinkNotice, ModemLines, OpenContext } from "../../sdk/link.ts";
import type { ConsoleLog } from "../log/console-log.ts";
import type { ConsolePort, PortListener, PortState } from "./console-port.ts";
import { type Ended, endedBy } from "./ended.ts";
import type { LineDemand } from "./line-demand.ts";
import { openUnless } from "./open-unless.ts";
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
  /** Absent: it is always to be open. */
  readonly demand?: LineDemand;
}

/** A console's wire in this process. */
export class LocalPort implements ConsolePort {
  readonly host: string;
  readonly demand: LineDemand | undefined;
  readonly #clock: Clock;
  readonly #reconnect: Reconnect;
  readonly #log: ConsoleLog;
  readonly #reader: PortReader;
  readonly #open: (request: OpenRequest) => Promise<Link>;
  readonly #stopping = new AbortController();
  /** Ends the opening under way, or the wait for the next. */
  #attempt = new AbortController();
  #wake: () => void = () => {};
  /** Who waits for it to be up, or not to be. */
  #waiting: (() => void)[] = [];
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
    this.demand = options.demand;
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
      seal: (why) => listener.seal?.(why),
    });
    this.demand?.listen({ call: () => this.#wake(), giveUp: (why) => this.#giveUp(why) });
    this.#running = this.#run();
  }

  setEager(eager: boolean): void {
    this.#reader.eager = eager;
    if (this.demand) this.demand.people = eager;
  }

  retryNow(): void {
    this.#reconnect.retryNow();
  }

  async write(bytes: Uint8Array): Promise<void> {
    await this.#called();
    this.demand?.moved();
    await this.#upLink("type to").write(bytes);
  }

  async sendBreak(ms: Millis): Promise<void> {
    await this.#called();
    const link = this.#upLink("send BREAK to");
    if (!link.sendBreak)
      throw unsupported(`send BREAK to ${this.host}`, link, "such as telnet or a serial port");
    await link.sendBreak(ms);
    this.mark("break", `sent for ${ms} ms`);
  }

  async readLines(): Promise<ModemLines | undefined> {
    return await this.#link?.readLines?.();
  }

  async setLines(lines: { readonly dtr: boolean }): Promise<void> {
    const link = this.#upLink("set the lines of");
    if (!link.setLines)
      throw unsupported(
        `set the modem lines of ${this.host}`,
        link,
        "such as a serial port or rfc2217",
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

  async sync(sealed?: boolean): Promise<void> {
    await this.#log.sync(sealed);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.demand?.stop();
    this.#attempt.abort();
    this.#wake();
    this.#reconnect.retryNow();
    this.#reader.hurry();
    await this.#link?.close().catch(() => undefined);
    await this.#running;
    this.#tell({ is: "closed" });
    await this.#log.close();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    for (let why = ""; !signal.aborted; ) {
      if (this.demand && !this.demand.isWanted) await this.#idle(why);
      if (signal.aborted) return;
      const ended = await this.#connectOnce(this.#reconnect.attempt);
      if (signal.aborted) return;
      if (ended.lastedMs !== undefined) this.mark("down", ended.why);
      this.#carrier = undefined;
      why = ended.why;
      const wait = Math.max(this.#reconnect.after(ended.lastedMs), ended.retryAfter);
      if (this.demand && !this.demand.isWanted) continue;
      const retryAt = this.#clock.now() + wait;
      this.#tell({ is: "down", why, ...(ended.hint ? { hint: ended.hint } : {}), retryAt });
      await this.#reconnect.wait(wait);
    }
  }

  /** Waits until somebody wants it. */
  #idle(why: string): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      this.#tell({ is: "idle", why });
    });
  }

  /** Ends what goes on, for want of demand; the reason is told as that of the end. */
  #giveUp(why: string): void {
    this.#attempt.abort(new Error(why));
    this.#reconnect.retryNow();
    void this.#link?.close().catch(() => undefined);
    this.#reader.hurry();
  }

  /** On demand: calls, and waits for what comes of it. Keys are held here, so that none reaches a modem that dials. */
  async #called(): Promise<void> {
    if (!this.demand || this.#link || this.#state.is === "down" || this.#state.is === "closed")
      return;
    const settled = new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.demand.call();
    await settled;
  }

  /** Opens, reads to the end; says why it ended and how long it was up. Never throws. */
  async #connectOnce(attempt: number): Promise<Ended> {
    this.#attempt = new AbortController();
    const { signal } = this.#attempt;
    const progress = (text: string) => this.#tell({ is: "opening", attempt, progress: text });
    progress("");
    let since: Millis | undefined;
    const lasted = () => (since === undefined ? undefined : this.#clock.monotonic() - since);
    try {
      const request = { signal, progress, reopening: this.#wasOpen };
      const link = await openUnless(signal, () => this.#open(request), this.#clock);
      since = this.#clock.monotonic();
      this.#takeLink(link);
      try {
        await this.#reader.read(link);
      } finally {
        this.#link = undefined;
        await link.close().catch(() => undefined);
      }
      return endedBy(undefined, signal, lasted());
    } catch (error) {
      return endedBy(error, signal, lasted());
    } finally {
      if (this.demand) this.demand.up = false;
    }
  }

  #took(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    const offset = this.#log.append(chunk);
    this.demand?.moved();
    this.#listener?.bytes(chunk, offset, this.#clock.now());
  }

  #takeLink(link: Link): void {
    this.#link = link;
    this.#wasOpen = true;
    this.#carriesBreak = link.sendBreak !== undefined;
    link.onNotice?.((notice) => this.#notice(notice));
    this.mark("up", link.label);
    if (this.demand) this.demand.up = true;
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

  #tell(state: PortState): void {
    this.#state = state;
    this.#listener?.state(state);
    if (state.is !== "opening") for (const go of this.#waiting.splice(0)) go();
  }

  #upLink(what: string): Link {
    if (this.#link) return this.#link;
    const { is } = this.#state;
    const told = is === "down" || is === "idle" ? this.#state.why : "";
    const why = told === "" ? `it is ${is}` : told;
    throw new OobError("LINK_LOST", `Cannot ${what} ${this.host}: the console is not up: ${why}`, {
      hint: "The console is opened again by itself; look at its state with: oob status",
    });
  }
}

const unsupported = (what: string, { label }: Link, such: string): OobError =>
  new OobError("LINK_UNSUPPORTED", `Cannot ${what}: ${label} has none`, {
    hint: `Use a console that has it, ${such}`,
  });
