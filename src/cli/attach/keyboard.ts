import type { EscapeEvent, EscapeKeys } from "../../codec/escape-keys.ts";
import type { EscapeKey } from "../../codec/escape-profile.ts";
import {
  joinInput,
  type TerminalInputEvent,
  TerminalReports,
} from "../../codec/terminal-reports.ts";
import { concatBytes } from "../../lib/bytes.ts";
import type { Clock, Millis, Timer } from "../../lib/clock.ts";
import { ACTIONS, sendSysRq } from "./actions.ts";
import type { Desk } from "./desk.ts";
import { menuLines, OURS_WIDTH } from "./escape-help.ts";
import { lineSpeed } from "./header.ts";
import type { LinePrompt } from "./line-prompt.ts";
import {
  asksFirst,
  MAX_PASTE_BYTES,
  PASTE_ASKS_FROM_BYTES,
  PASTE_KEYS,
  PasteJob,
  pasteFacts,
  pasteRate,
  pasteText,
  size,
  withoutComments,
} from "./paste.ts";

/** A lone ESC is a key if nothing follows it for so long: the rest of a sequence comes at once. */
const LONE_ESCAPE: Millis = 50;
/** Practised hands need no menu: it is shown where the next key takes longer. */
const MENU_AFTER: Millis = 400;
/** Progress of a paste is said this often between the host's own lines. */
const SAY_PROGRESS_EVERY: Millis = 5000;
const CTRL_C = 3;

/** A desk as its keyboard sees it. */
interface KeyboardDesk extends Desk {
  readonly prompt: LinePrompt | undefined;
  readonly status: { readonly console: { readonly label: string } } | undefined;
  title(text: string): void;
  do(work: Promise<void>, typing?: boolean): void;
}

/** From keys and pastes of a person to bytes for the host, or to actions of ours. */
export class Keyboard {
  readonly #desk: KeyboardDesk;
  readonly #clock: Clock;
  /** What the terminal answers is typed to the host too. */
  passReports = false;
  readonly #input = new TerminalReports();
  #keys: EscapeKeys | undefined;
  /** Pieces of a paste that has begun. */
  #paste: Uint8Array[] | undefined;
  #pasteBytes = 0;
  #job: PasteJob | undefined;
  #saidIgnored = false;
  #timers: { lone?: Timer; menu?: Timer; show?: Timer } = {};
  #sending: Promise<void> = Promise.resolve();

  constructor(desk: KeyboardDesk, clock: Clock) {
    this.#desk = desk;
    this.#clock = clock;
  }

  useEscape(keys: EscapeKeys): void {
    this.#keys = keys;
  }

  close(): void {
    this.#timers.lone?.cancel();
    this.#timers.menu?.cancel();
    this.#timers.show?.cancel();
    this.#job?.stop();
  }

  seeOutput(bytes: Uint8Array): void {
    this.#job?.see(bytes);
  }

  take(bytes: Uint8Array): void {
    this.#timers.lone?.cancel();
    for (const event of joinInput(this.#input.receive(bytes))) this.#onInput(event);
    if (this.#input.held === 0) return;
    this.#timers.lone = this.#clock.after(LONE_ESCAPE, () => {
      for (const event of this.#input.tick()) this.#onInput(event);
    });
  }

  #onInput(event: TerminalInputEvent): void {
    switch (event.is) {
      case "report":
        if (this.passReports) this.#send(event.bytes);
        return;
      case "pasteBegan":
        this.#paste = [];
        this.#pasteBytes = 0;
        return;
      case "pasteEnded":
        this.#pasteEnded();
        return;
      case "bytes":
        if (this.#paste) this.#collect(event.bytes);
        else this.#typed(event.bytes);
        return;
    }
  }

  #collect(bytes: Uint8Array): void {
    this.#pasteBytes += bytes.length;
    // Only counted from there on: it will be refused as a whole.
    if (this.#pasteBytes <= MAX_PASTE_BYTES) this.#paste?.push(bytes);
  }

  #pasteEnded(): void {
    const bytes = concatBytes(this.#paste ?? []);
    this.#paste = undefined;
    if (this.#pasteBytes > MAX_PASTE_BYTES)
      this.#desk.say(
        `paste of ${size(this.#pasteBytes)} dropped: more than ${size(MAX_PASTE_BYTES)}`,
      );
    else this.#pasted(bytes);
  }

  #typed(bytes: Uint8Array): void {
    if (this.#desk.prompt) this.#desk.prompt.feed(Buffer.from(bytes).toString("utf8"));
    else if (this.#job) this.#typedWhilePasting(bytes);
    // A terminal without bracketed paste: fingers are not that fast.
    else if (bytes.length > PASTE_ASKS_FROM_BYTES) this.#pasted(bytes);
    else this.#onKeys(this.#keys?.receive(bytes, this.#clock.monotonic()) ?? []);
  }

  #typedWhilePasting(bytes: Uint8Array): void {
    if (bytes.includes(CTRL_C)) {
      this.#job?.stop();
      return;
    }
    if (!this.#saidIgnored)
      this.#desk.say("keys are ignored while a paste goes out; Ctrl-C stops it");
    this.#saidIgnored = true;
  }

  #onKeys(events: readonly EscapeEvent[]): void {
    for (const event of events) this.#onKey(event);
    this.#timers.menu?.cancel();
    const next = this.#keys?.nextTick;
    if (next === undefined) return;
    this.#timers.menu = this.#clock.after(next - this.#clock.monotonic(), () =>
      this.#onKeys(this.#keys?.tick(this.#clock.monotonic()) ?? []),
    );
  }

  #onKey(event: EscapeEvent): void {
    // Escape key and choice may come in one piece.
    this.#timers.show?.cancel();
    if (isChosen(event)) {
      this.#desk.do(ACTIONS[event.is](this.#desk, event.key));
      return;
    }
    switch (event.is) {
      case "bytes":
        // A question that a key before it opened gets what was typed after it.
        if (this.#desk.prompt) this.#desk.prompt.feed(Buffer.from(event.bytes).toString("utf8"));
        else this.#send(event.bytes);
        return;
      case "menu":
        this.#timers.show = this.#clock.after(MENU_AFTER, () => this.#showMenu());
        return;
      case "menuClosed":
        this.#desk.say(event.unknown === undefined ? "nothing chosen" : "no such key; ? is help");
        return;
      case "sysrqMenu":
        this.#desk.say("SysRq key (h lists them, Esc calls off):");
        return;
      case "sysrq":
        this.#desk.do(sendSysRq(this.#desk, event.key));
    }
  }

  #showMenu(): void {
    const { escape: profile, size: terminal } = this.#desk;
    for (const line of menuLines(profile, terminal.columns - OURS_WIDTH)) this.#desk.say(line);
  }

  /** One after the other, in the order typed. */
  #send(bytes: Uint8Array): void {
    const copy = bytes.slice();
    this.#sending = this.#sending.then(() => this.#desk.type(copy));
    this.#desk.do(this.#sending, true);
    this.#sending = this.#sending.catch(() => {});
  }

  #pasted(bytes: Uint8Array): void {
    const text = pasteText(bytes);
    if (this.#desk.prompt) this.#desk.prompt.feed(Buffer.from(bytes).toString("utf8"));
    else if (this.#job) this.#desk.say("second paste dropped: the first one is still going out");
    else if (this.#desk.seat.mine === "read" || !asksFirst(text)) this.#send(bytesOf(text));
    else this.#desk.do(this.#askAndSend(text));
  }

  async #askAndSend(text: string): Promise<void> {
    const desk = this.#desk;
    const baud = lineSpeed(desk.status?.console.label ?? "");
    const facts = pasteFacts(text, desk.host, baud);
    const whole = `${facts}  ${PASTE_KEYS}`;
    const fits = whole.length + OURS_WIDTH < desk.size.columns;
    if (!fits) desk.say(facts);
    const key = await desk.ask(fits ? whole : PASTE_KEYS, { single: true });
    if (key !== "\r" && key !== "s") {
      desk.say("paste dropped");
      return;
    }
    await this.#sendPaced(key === "s" ? withoutComments(text) : text, baud);
  }

  async #sendPaced(text: string, baud: number | undefined): Promise<void> {
    const desk = this.#desk;
    let saidAt = this.#clock.monotonic();
    const job = new PasteJob({
      write: (bytes) => desk.type(bytes),
      clock: this.#clock,
      bytesPerSecond: pasteRate(baud),
      progress: (sent) => {
        const done = `paste ${Math.floor((sent / text.length) * 100)} %`;
        desk.title(done);
        if (this.#clock.monotonic() - saidAt < SAY_PROGRESS_EVERY) return;
        saidAt = this.#clock.monotonic();
        desk.say(`${done}, Ctrl-C stops`);
      },
    });
    this.#job = job;
    this.#saidIgnored = false;
    try {
      const sent = await job.send(text);
      const end =
        sent < text.length ? `paste stopped: ${size(sent)} of ${size(text.length)} sent` : "";
      if (end !== "") desk.say(end);
      else desk.say(`paste sent: ${size(sent)}`);
    } finally {
      this.#job = undefined;
      desk.title("");
    }
  }
}

function isChosen(event: EscapeEvent): event is Extract<EscapeEvent, { key: EscapeKey }> {
  return "key" in event && typeof event.key === "object";
}

function bytesOf(text: string): Uint8Array {
  return Buffer.from(text, "latin1");
}
