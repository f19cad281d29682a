/*
 * One keyboard, many consoles.
 *
 *   keys ─► reports out, pastes asked about, escape keys ─► every host that has the seat, each at its own pace
 *   hosts ─► terminal filter ─► a small screen each (up to 4), or the last line ─► RowPainter ─► terminal
 */
import { type EscapeEvent, EscapeKeys } from "../../codec/escape-keys.ts";
import type { EscapeProfile } from "../../codec/escape-profile.ts";
import { joinInput, TerminalReports } from "../../codec/terminal-reports.ts";
import type { Site } from "../../core/site/site.ts";
import { concatBytes } from "../../lib/bytes.ts";
import type { Millis, Timer } from "../../lib/clock.ts";
import { formatDuration } from "../../lib/durations.ts";
import { keyHints } from "../attach/header.ts";
import {
  asksFirst,
  MAX_PASTE_BYTES,
  PasteJob,
  pasteRate,
  pasteText,
  size,
} from "../attach/paste.ts";
import type { Call } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { LocalTerminal } from "../local-terminal.ts";
import { RowPainter } from "../watch-table/row-painter.ts";
import { BroadcastHost } from "./broadcast-host.ts";
import { GRID_UP_TO, paneSize, picture } from "./broadcast-picture.ts";
import { PaneScreen } from "./pane-screen.ts";

/** A lone ESC is a key if nothing follows it for so long. */
const LONE_ESCAPE: Millis = 50;
/** Hosts print at the same time: the terminal is drawn at most this often. */
const DRAW_EVERY: Millis = 40;
const CTRL_C = 3;

/** A person who types to many hosts at once. */
export class BroadcastSession {
  readonly #call: Call;
  readonly #escape: EscapeProfile;
  readonly #hosts: readonly BroadcastHost[];
  readonly #terminal: LocalTerminal;
  readonly #painter = new RowPainter();
  readonly #left = new AbortController();
  readonly #input = new TerminalReports();
  readonly #keys: EscapeKeys;
  #timers: { lone?: Timer; menu?: Timer; draw?: Timer } = {};
  #said = "";
  #typed = 0;
  #paste: Uint8Array[] | undefined;
  /** A paste that waits for yes or no. */
  #asked: string | undefined;
  #job: PasteJob | undefined;

  constructor(call: Call, hosts: readonly string[], profile: EscapeProfile) {
    this.#call = call;
    this.#escape = profile;
    this.#keys = new EscapeKeys(profile);
    this.#hosts = hosts.map((host) => new BroadcastHost(host, () => this.#drawSoon()));
    this.#terminal = new LocalTerminal(call.context);
  }

  /** Stays until the person leaves; gives the exit code. */
  async run(site: Site, reason: string): Promise<number> {
    const { context, interrupt, out } = this.#call;
    const { clock, stdout } = context;
    const began = clock.monotonic();
    const pane = paneSize(this.#hosts.length, this.#terminal);
    if (this.#hosts.length <= GRID_UP_TO)
      for (const host of this.#hosts)
        host.screen = await PaneScreen.create(pane.columns, pane.rows);
    this.#terminal.onBytes(
      (bytes) => this.#take(bytes),
      () => this.#left.abort(),
    );
    const leave = () => this.#left.abort();
    interrupt.signal.addEventListener("abort", leave);
    stdout.on("resize", this.#resized);
    this.#terminal.enter({ fullScreen: true, console: true });
    this.#draw();
    try {
      const staying = this.#hosts.map((host) => host.stay(site, pane, reason, this.#left.signal));
      await Promise.all(staying);
      // Where every console has ended, what was said about it stands until the person leaves.
      if (!this.#left.signal.aborted)
        await new Promise((resolve) => this.#left.signal.addEventListener("abort", resolve));
    } finally {
      for (const timer of Object.values(this.#timers)) timer?.cancel();
      this.#job?.stop();
      stdout.off("resize", this.#resized);
      this.#terminal.leave();
      await Promise.all(this.#hosts.map((host) => host.leave()));
    }
    const stayed = formatDuration(clock.monotonic() - began);
    out.talk(
      `left ${this.#hosts.length} hosts after ${stayed} · typed ${size(this.#typed)} to each`,
    );
    for (const host of this.#hosts)
      if (host.trouble !== "") out.talk(`${host.host}: ${host.trouble}`);
    return this.#hosts.some((host) => host.missed > 0) ? EXIT.failed : EXIT.done;
  }

  #take(bytes: Uint8Array): void {
    this.#timers.lone?.cancel();
    for (const event of joinInput(this.#input.receive(bytes))) this.#onInput(event);
    if (this.#input.held > 0)
      this.#timers.lone = this.#call.context.clock.after(LONE_ESCAPE, () => {
        for (const event of this.#input.tick()) this.#onInput(event);
      });
    this.#drawSoon();
  }

  #onInput(event: ReturnType<TerminalReports["receive"]>[number]): void {
    switch (event.is) {
      case "report":
        return; // What this terminal answers is for none of the hosts.
      case "pasteBegan":
        this.#paste = [];
        return;
      case "pasteEnded":
        this.#pasted(pasteText(concatBytes(this.#paste ?? [])));
        this.#paste = undefined;
        return;
      case "bytes":
        if (this.#paste) this.#paste.push(event.bytes.slice());
        else if (this.#asked !== undefined) this.#answer(event.bytes);
        else if (this.#job) this.#whilePasting(event.bytes);
        else this.#onKeys(this.#keys.receive(event.bytes, this.#call.context.clock.monotonic()));
    }
  }

  #onKeys(events: readonly EscapeEvent[]): void {
    const { clock } = this.#call.context;
    for (const event of events) this.#onKey(event);
    this.#timers.menu?.cancel();
    const next = this.#keys.nextTick;
    if (next === undefined) return;
    this.#timers.menu = clock.after(next - clock.monotonic(), () => {
      this.#onKeys(this.#keys.tick(clock.monotonic()));
      this.#drawSoon();
    });
  }

  #onKey(event: EscapeEvent): void {
    if (event.is === "bytes") {
      this.#said = "";
      void this.#type(event.bytes.slice());
    } else if (event.is === "leave") this.#left.abort();
    else if (event.is === "repaint") this.#painter.forget();
    else if (event.is === "menuClosed") this.#said = "";
    else if (event.is === "menu" || event.is === "help")
      this.#said = `${keyHints(this.#escape, ["leave", "repaint"]).join("   ")}   all else goes to every host`;
    else this.#said = "not while broadcasting: attach to one host for that";
  }

  async #type(bytes: Uint8Array): Promise<void> {
    this.#typed += bytes.length;
    await Promise.all(this.#hosts.map((host) => host.type(bytes)));
  }

  #pasted(text: string): void {
    if (text.length > MAX_PASTE_BYTES)
      this.#said = `paste of ${size(text.length)} dropped: more than ${size(MAX_PASTE_BYTES)}`;
    else if (this.#job || this.#asked !== undefined) this.#said = "second paste dropped";
    else if (asksFirst(text)) this.#asked = text;
    else void this.#type(Buffer.from(text, "latin1"));
  }

  #answer(bytes: Uint8Array): void {
    const text = this.#asked ?? "";
    this.#asked = undefined;
    if (bytes[0] === 13) void this.#sendPaced(text);
    else this.#said = "paste dropped";
  }

  #whilePasting(bytes: Uint8Array): void {
    if (bytes.includes(CTRL_C)) this.#job?.stop();
    else this.#said = "keys are ignored while a paste goes out; Ctrl-C stops it";
  }

  /** As fast as the slowest line takes it. */
  async #sendPaced(text: string): Promise<void> {
    const rates = this.#hosts.filter((host) => host.gets).map((host) => pasteRate(host.speed));
    const job = new PasteJob({
      write: (bytes) => this.#type(bytes),
      clock: this.#call.context.clock,
      waitsForEcho: false,
      bytesPerSecond: Math.min(...rates, pasteRate(undefined)),
      progress: (sent) => {
        this.#said = `paste ${Math.floor((sent / text.length) * 100)} %, Ctrl-C stops`;
        this.#drawSoon();
      },
    });
    this.#job = job;
    const sent = await job.send(text);
    this.#job = undefined;
    this.#said =
      sent < text.length
        ? `paste stopped: ${size(sent)} of ${size(text.length)} sent`
        : `paste sent: ${size(sent)}`;
    this.#drawSoon();
  }

  readonly #resized = (): void => {
    const pane = paneSize(this.#hosts.length, this.#terminal);
    for (const host of this.#hosts) host.screen?.resize(pane.columns, pane.rows);
    this.#painter.forget();
    this.#drawSoon();
  };

  #drawSoon(): void {
    if (this.#timers.draw !== undefined || this.#left.signal.aborted) return;
    this.#timers.draw = this.#call.context.clock.after(DRAW_EVERY, () => {
      delete this.#timers.draw;
      if (!this.#left.signal.aborted) this.#draw();
    });
  }

  #draw(): void {
    this.#call.out.raw(this.#painter.paint(picture(this.#hosts, this.#terminal, this.#footer)));
  }

  get #footer(): string {
    if (this.#asked !== undefined) {
      const lines = this.#asked.replace(/\r$/, "").split("\r").length;
      return `paste ${lines} ${lines === 1 ? "line" : "lines"}, ${size(this.#asked.length)} to each.  [Enter] send  [any other key] drop`;
    }
    if (this.#said !== "") return this.#said;
    const get = this.#hosts.filter((host) => host.gets).length;
    const not = this.#hosts.length - get;
    const silent = not === 0 ? "" : ` · ${not} ${not === 1 ? "gets" : "get"} nothing`;
    return `broadcast: ${get} of ${this.#hosts.length} hosts get what is typed${silent}   ${keyHints(this.#escape, ["leave", "help"]).join("   ")}`;
  }
}
