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
import type { Desk } from "./desk.ts";
import { header, headerAgain, keyHints } from "./header.ts";
import { Keyboard } from "./keyboard.ts";
import { LinePrompt } from "./line-prompt.ts";
import { size } from "./paste.ts";

type Welcome = Extract<AttachEvent, { is: "welcome" }>;

/** A reader who types is told so at most this often. */
const SAY_AGAIN_AFTER: Millis = 5000;

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
  readonly site: Site;
  readonly attachment: Attachment;
  escape: EscapeProfile;
  seat: SeatView = { mine: "read", others: [] };
  status: HostStatus | undefined;
  readonly #wish: Wish;
  readonly #terminal: LocalTerminal;
  readonly #keyboard: Keyboard;
  readonly #left = new AbortController();
  #prompt: LinePrompt | undefined;
  #typedBytes = 0;
  /** What failed last, and when that was said. */
  #failed: { readonly words: string; readonly at: Millis } | undefined;
  #saidReadingAt: Millis | undefined;
  #atLineStart = true;
  #headerRows = 0;

  constructor(wish: Wish, attachment: Attachment) {
    this.#wish = wish;
    this.host = wish.request.host;
    this.site = wish.site;
    this.attachment = attachment;
    this.escape = wish.escape ?? defaultEscape();
    this.#terminal = new LocalTerminal(wish.context);
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
    let ended: string | undefined;
    let code: number = EXIT.done;
    try {
      for await (const event of until(this.attachment.events, this.#left.signal)) {
        await this.#prompt?.answer;
        if (event.is === "ended") {
          ended = event.why;
          code = EXIT.failed;
          break;
        }
        await this.#show(event);
      }
    } catch (thrown) {
      if (!(thrown instanceof OobError && thrown.code === "DAEMON_UNREACHABLE")) throw thrown;
      ended = "the daemon is gone, or was restarted; attach again once it runs";
      code = EXIT.unreachable;
    } finally {
      this.#keyboard.close();
      this.#terminal.leave();
      await this.attachment.leave().catch(() => {});
    }
    const stayed = formatDuration(clock.monotonic() - began);
    if (ended !== undefined) this.#line(`${this.host} ended: ${ended}`);
    this.#line(`left ${this.host} after ${stayed} · typed ${size(this.#typedBytes)}`);
    return code;
  }

  say(text: string): void {
    this.#line(`[oob] ${text}`);
  }

  async ask(question: string, { single = false } = {}): Promise<string | undefined> {
    this.#startLine();
    this.#write(`[oob] ${printable(question)}`);
    const prompt = new LinePrompt((echo) => this.#write(echo), { single });
    this.#prompt = prompt;
    try {
      return await prompt.answer;
    } finally {
      this.#prompt = undefined;
      this.#atLineStart = true;
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
        if (event.bytes.length > 0) this.#atLineStart = event.bytes.at(-1) === LF;
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
    this.#atLineStart = true;
    this.#line(headerAgain(this.host, this.seat, this.#view));
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
    for (const line of lines) this.#line(line);
    if (filter !== this.#wish.request.filter)
      this.say(`filter ${filter}: the configuration demands it`);
    this.title("");
  }

  #sayReading(): void {
    const now = this.#wish.context.clock.monotonic();
    if (this.#saidReadingAt !== undefined && now - this.#saidReadingAt < SAY_AGAIN_AFTER) return;
    this.#saidReadingAt = now;
    const ways = keyHints(this.escape, ["write", "join", "force", "leave"]).join(" · ");
    this.say(`you are reading: keys go nowhere   ${ways}`);
  }

  #line(text: string): void {
    this.#startLine();
    this.#write(`${printable(text)}\r\n`);
    this.#atLineStart = true;
  }

  /** Host attributes end before a line of ours. */
  #startLine(): void {
    const fresh = this.#terminal.hasScreen ? "\u001b[0m" : "";
    this.#write(`${fresh}${this.#atLineStart ? "" : "\r\n"}`);
  }

  // Ours go where the person looks; never among bytes that are written to a file.
  #write(text: string): void {
    const { stdout, stderr } = this.#wish.context;
    (this.#terminal.hasScreen ? stdout : stderr).write(text);
  }
}

const LF = 10;

function defaultEscape(): EscapeProfile {
  const profile = escapeProfile("^]");
  if (profile === undefined) throw new OobError("INTERNAL", 'Cannot find the escape key "^]"');
  return profile;
}
