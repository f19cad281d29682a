import { EscapeKeys } from "../../codec/escape-keys.ts";
import { type EscapeProfile, escapeProfile } from "../../codec/escape-profile.ts";
import type {
  AttachEvent,
  Attachment,
  AttachRequest,
  HostStatus,
  SeatView,
  Site,
} from "../../core/site/site.ts";
import type { Millis } from "../../lib/clock.ts";
import { formatDuration } from "../../lib/durations.ts";
import { messageOf, OobError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import type { Context } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { type Interrupt, until } from "../interrupt.ts";
import { LocalTerminal } from "../local-terminal.ts";
import { attachAgain, isUnreachable, takeSeatAgain } from "./attach-again.ts";
import type { Desk } from "./desk.ts";
import { defaultEscape } from "./escape-help.ts";
import { header, headerAgain, keyHints, waysToWrite } from "./header.ts";
import { Keyboard } from "./keyboard.ts";
import { LinePrompt } from "./line-prompt.ts";
import { OwnLines } from "./own-lines.ts";
import { size } from "./paste.ts";

type Welcome = Extract<AttachEvent, { is: "welcome" }>;

/** A reader who types is told so at most this often. */
const SAY_AGAIN_AFTER: Millis = 5000;

/** How a stay ended; `why`: not because the person left. */
interface Ending {
  readonly why?: string;
  readonly code: number;
}

interface Wish {
  readonly context: Context;
  readonly interrupt: Interrupt;
  readonly site: Site;
  readonly request: AttachRequest;
  /** Escape key chosen on the command line. */
  readonly escape: EscapeProfile | undefined;
}

/**
 * A person at a console.
 *
 *   host ─ Attachment.events ─► terminal            (waits while a question of ours stands open)
 *   keys ─► Keyboard: reports out, pastes asked about, escape keys ─► Attachment.write, or an action on this desk
 */
export class AttachSession implements Desk {
  readonly host: string;
  site: Site;
  attachment: Attachment;
  escape: EscapeProfile;
  seat: SeatView = { mine: "read", others: [] };
  status: HostStatus | undefined;
  readonly #wish: Wish;
  readonly #terminal: LocalTerminal;
  readonly #keyboard: Keyboard;
  readonly #left = new AbortController();
  /** The seat that was lost with a daemon that is gone, and may come back. */
  #lostSeat: SeatView | undefined;
  #prompt: LinePrompt | undefined;
  #typedBytes = 0;
  /** What failed last, and when that was said. */
  #failed: { readonly words: string; readonly at: Millis } | undefined;
  #saidReadingAt: Millis | undefined;
  readonly #lines: OwnLines;
  #headerRows = 0;

  constructor(wish: Wish, attachment: Attachment) {
    this.#wish = wish;
    this.host = wish.request.host;
    this.site = wish.site;
    this.attachment = attachment;
    this.escape = wish.escape ?? defaultEscape();
    this.#terminal = new LocalTerminal(wish.context);
    this.#lines = new OwnLines(wish.context);
    this.#keyboard = new Keyboard(this, wish.context.clock);
  }

  get size(): { columns: number; rows: number } {
    return { columns: this.#terminal.columns, rows: this.#terminal.rows };
  }

  /** Stays until the person leaves or the console's site ends it; gives the exit code. */
  async run(): Promise<number> {
    const { clock } = this.#wish.context;
    const began = clock.monotonic();
    this.#keyboard.useEscape(new EscapeKeys(this.escape));
    this.#terminal.onBytes(
      (bytes) => this.#keyboard.take(bytes),
      () => this.leave(),
    );
    this.#wish.interrupt.signal.addEventListener("abort", () => this.leave());
    this.#terminal.enter({ console: true });
    let end: Ending;
    try {
      do end = await this.#stay();
      while (end.code === EXIT.unreachable && (await this.#attachAgain()));
    } finally {
      this.#keyboard.close();
      this.#terminal.leave();
      await this.attachment.leave().catch(() => {});
      if (this.site !== this.#wish.site) await this.site.close().catch(() => {});
    }
    const stayed = formatDuration(clock.monotonic() - began);
    if (end.why !== undefined) this.#lines.line(`${this.host} ended: ${end.why}`);
    this.#lines.line(`left ${this.host} after ${stayed} · typed ${size(this.#typedBytes)}`);
    return end.code;
  }

  /** Shows what comes until the person leaves, the console's site ends it, or the daemon is gone. */
  async #stay(): Promise<Ending> {
    try {
      for await (const event of until(this.attachment.events, this.#left.signal)) {
        await this.#prompt?.answer;
        if (event.is === "ended") return { why: event.why, code: EXIT.failed };
        await this.#show(event);
      }
      return { code: EXIT.done };
    } catch (thrown) {
      if (!isUnreachable(thrown)) throw thrown;
      const why = "the daemon is gone, or was restarted; attach again once it runs";
      return { why, code: EXIT.unreachable };
    }
  }

  /** Waits for a daemon that may be restarting, then takes the place that was lost. false: nobody waits for it. */
  async #attachAgain(): Promise<boolean> {
    const { clock } = this.#wish.context;
    const { reopen } = this.site;
    if (reopen === undefined || !this.#terminal.hasKeys) return false;
    const went = clock.monotonic();
    // A paste that goes on where a piece of it was lost would be another text.
    this.#keyboard.close();
    const [leave] = keyHints(this.escape, ["leave"]);
    this.say(`the daemon is gone, or restarts: waiting until it answers   ${leave}`);
    const { request } = this.#wish;
    const { seat, size } = this;
    this.#lostSeat = seat;
    const left = this.#left.signal;
    const pause = this.pause.bind(this);
    const again = await attachAgain({ reopen, request, seat, size, pause, left });
    if (again === undefined) return false;
    this.site = again.site;
    this.attachment = again.attachment;
    this.say(`the daemon is back after ${formatDuration(clock.monotonic() - went)}`);
    return true;
  }

  say(text: string): void {
    this.#lines.line(`[oob] ${text}`);
  }

  async ask(question: string, { single = false } = {}): Promise<string | undefined> {
    this.#lines.start();
    this.#lines.write(`[oob] ${printable(question)}`);
    const prompt = new LinePrompt((echo) => this.#lines.write(echo), { single });
    this.#prompt = prompt;
    try {
      return await prompt.answer;
    } finally {
      this.#prompt = undefined;
      this.#lines.startsAnew();
    }
  }

  /** The question that keys belong to now. */
  get prompt(): LinePrompt | undefined {
    return this.#prompt;
  }

  async type(bytes: Uint8Array): Promise<void> {
    if (this.seat.mine === "read") {
      this.#sayReading();
      return;
    }
    if (this.#lostSeat)
      throw new OobError("DAEMON_UNREACHABLE", "Cannot type: the daemon is not back yet");
    await this.attachment.write(bytes);
    this.#typedBytes += bytes.length;
  }

  pause(time: Millis): Promise<void> {
    return this.#wish.context.clock.sleep(time, this.#left.signal);
  }

  leave(): void {
    this.#prompt?.cancel();
    this.#left.abort();
  }

  title(text: string): void {
    const [leave] = keyHints(this.escape, ["leave"]);
    this.#terminal.title(`${this.host} - ${text === "" ? `oob - ${leave}` : text}`);
  }

  /** Runs what a key asked for; what goes wrong is said, and the person stays. `typing`: said once for many keys. */
  do(work: Promise<void>, typing = false): void {
    work.catch((thrown: unknown) => {
      const words = messageOf(thrown);
      if (typing && this.#justSaid(words)) return;
      this.say(words);
      if (thrown instanceof OobError && thrown.hint !== undefined) this.say(thrown.hint);
    });
  }

  /** Typed at a console that is down, each key fails in the same words: they are said once. */
  #justSaid(words: string): boolean {
    const at = this.#wish.context.clock.monotonic();
    const failed = this.#failed;
    if (failed?.words === words && at - failed.at < SAY_AGAIN_AFTER) return true;
    this.#failed = { words, at };
    return false;
  }

  async #show(event: Exclude<AttachEvent, { is: "ended" }>): Promise<void> {
    switch (event.is) {
      case "welcome":
        this.#welcome(event);
        return;
      case "bytes":
        if (!event.replay) this.#keyboard.seeOutput(event.bytes);
        await (event.replay ? this.#showReplay(event.bytes) : this.#terminal.show(event.bytes));
        this.#lines.see(event.bytes);
        return;
      case "skipped":
        this.say(`… ${size(event.bytes)} skipped: this terminal is slower than the console`);
        return;
      case "seat":
        this.seat = event.seat;
        this.say(event.text);
        return;
      case "notice":
        this.say(event.text);
        return;
    }
  }

  /** A replay that pushes the header off the screen gets it again as one line, above the row of the cursor. */
  async #showReplay(bytes: Uint8Array): Promise<void> {
    const { rows } = this.#terminal;
    const headerRows = this.#headerRows;
    this.#headerRows = 0;
    const text = Buffer.from(bytes).toString("latin1");
    // Painted at its place (a menu, an editor), every row is taken: the title says how to leave.
    const scrolls = !text.includes("\u001b[H");
    if (headerRows === 0 || !scrolls || text.split("\n").length + headerRows <= rows) {
      await this.#terminal.show(bytes);
      return;
    }
    const last = text.lastIndexOf("\n") + 1;
    await this.#terminal.show(bytes.subarray(0, last));
    this.#lines.startsAnew();
    this.#lines.line(headerAgain(this.host, this.seat, this.#view));
    await this.#terminal.show(bytes.subarray(last));
  }

  get #view() {
    return {
      escape: this.escape,
      columns: this.#terminal.columns,
      replayLines: this.#wish.request.replayLines,
      now: this.#wish.context.clock.now(),
    };
  }

  #welcome({ status, seat, escape: named, filter }: Welcome): void {
    const configured = named === undefined ? undefined : escapeProfile(named);
    if (this.#wish.escape === undefined && configured !== undefined) {
      this.escape = configured;
      this.#keyboard.useEscape(new EscapeKeys(configured));
    }
    this.seat = seat;
    this.status = status;
    this.#keyboard.passReports = filter === "raw";
    const lines = header(status, seat, this.#view);
    this.#headerRows = lines.length;
    for (const line of lines) this.#lines.line(line);
    if (filter !== this.#wish.request.filter)
      this.say(`filter ${filter}: the configuration demands it`);
    this.title("");
    if (this.#lostSeat) this.do(takeSeatAgain(this, this.#lostSeat));
    this.#lostSeat = undefined;
  }

  #sayReading(): void {
    const now = this.#wish.context.clock.monotonic();
    if (this.#saidReadingAt !== undefined && now - this.#saidReadingAt < SAY_AGAIN_AFTER) return;
    this.#saidReadingAt = now;
    this.say(`you are reading: keys go nowhere   ${waysToWrite(this.escape)}`);
  }
}
