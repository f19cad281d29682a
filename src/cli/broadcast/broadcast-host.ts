import { TerminalFilter } from "../../codec/terminal-filter.ts";
import type { AttachEvent, Attachment, Site } from "../../core/site/site.ts";
import { byteSize as size } from "../../lib/byte-size.ts";
import { messageOf } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import { lineSpeed } from "../attach/header.ts";
import { until } from "../interrupt.ts";
import type { PaneScreen } from "./pane-screen.ts";

/** Bytes that wait for one host at most; what comes then is missed, and said. */
const MAX_WAITING_BYTES = 64 * 1024;
/** Longest last line that is kept. */
const MAX_LINE = 1000;

/** Why a host gets nothing; undefined: it gets what is typed. */
type Hindrance = string | undefined;

/** One host of a broadcast: its place at the console, what it shows, and what it missed. */
export class BroadcastHost {
  readonly host: string;
  screen: PaneScreen | undefined;
  readonly #changed: () => void;
  readonly #filter = new TerminalFilter("strict");
  #attachment: Attachment | undefined;
  #speed: number | undefined;
  #seat: Hindrance;
  #down: Hindrance = "not attached yet";
  #line = "";
  #lastLine = "";
  #sending: Promise<void> = Promise.resolve();
  #waiting = 0;
  #missed = 0;

  constructor(host: string, changed: () => void) {
    this.host = host;
    this.#changed = changed;
  }

  /** Comes to the console and stays until `left`. What goes wrong is this host's affair alone. */
  async stay(
    site: Site,
    terminal: { readonly columns: number; readonly rows: number },
    reason: string,
    left: AbortSignal,
  ): Promise<void> {
    try {
      const attachment = await site.attach({
        host: this.host,
        mode: "write",
        reason,
        replayLines: this.screen === undefined ? 1 : terminal.rows,
        filter: "safe",
        ...terminal,
      });
      this.#attachment = attachment;
      for await (const event of until(attachment.events, left)) this.#take(event);
      if (!left.aborted) this.#down ??= "the console ended";
    } catch (thrown) {
      this.#down = messageOf(thrown);
    }
    this.#changed();
  }

  leave(): Promise<void> {
    return this.#attachment?.leave().catch(() => {}) ?? Promise.resolve();
  }

  /** Speed of its line, where it is known. */
  get speed(): number | undefined {
    return this.#speed;
  }

  get gets(): boolean {
    return this.#down === undefined && this.#seat === undefined;
  }

  /** Why it gets nothing, what it missed. Empty: all is well. */
  get trouble(): string {
    const missed = this.#missed === 0 ? [] : [`missed ${size(this.#missed)}`];
    return printable(
      [this.#down ?? this.#seat ?? "", ...missed].filter((one) => one !== "").join(", "),
    );
  }

  get missed(): number {
    return this.#missed;
  }

  /** The last line that says something. */
  get lastLine(): string {
    return printable(this.#line.trim() === "" ? this.#lastLine : this.#line);
  }

  /** Types to this host, behind what was typed before. A host that gets nothing misses nothing: it is shown. */
  type(bytes: Uint8Array): Promise<void> {
    const attachment = this.#attachment;
    if (!this.gets || attachment === undefined) return Promise.resolve();
    if (this.#waiting + bytes.length > MAX_WAITING_BYTES) {
      this.#miss(bytes.length);
      return Promise.resolve();
    }
    this.#waiting += bytes.length;
    this.#sending = this.#sending
      .then(() => attachment.write(bytes))
      .catch(() => this.#miss(bytes.length))
      .finally(() => {
        this.#waiting -= bytes.length;
      });
    return this.#sending;
  }

  #miss(bytes: number): void {
    this.#missed += bytes;
    this.#changed();
  }

  #take(event: AttachEvent): void {
    switch (event.is) {
      case "welcome": {
        const { console } = event.status;
        this.#down =
          console.is === "up" || console.is === "opening" ? undefined : `console ${console.is}`;
        this.#speed = lineSpeed(console.label);
        this.#seat = hindrance(event);
        break;
      }
      case "bytes":
        this.screen?.feed(event.bytes, this.#changed);
        this.#see(event.bytes);
        break;
      case "skipped":
        break;
      case "seat":
        this.#seat = hindrance(event);
        break;
      case "notice":
        // The session's own words for the state of its port.
        if (event.text.startsWith("console down")) this.#down = event.text;
        else if (event.text.startsWith("console up")) this.#down = undefined;
        break;
      case "ended":
        this.#down = event.why;
    }
    this.#changed();
  }

  #see(bytes: Uint8Array): void {
    const text = this.#line + Buffer.from(this.#filter.filter(bytes)).toString("utf8");
    const lines = text.split("\r\n");
    this.#line = (lines.pop() ?? "").slice(-MAX_LINE).replace(/[^\b]\b/g, "");
    this.#lastLine =
      lines.findLast((line) => line.trim() !== "")?.slice(-MAX_LINE) ?? this.#lastLine;
  }
}

function hindrance({ seat }: Extract<AttachEvent, { is: "welcome" | "seat" }>): Hindrance {
  if (seat.mine === "write") return undefined;
  return `${seat.writer?.who ?? "somebody"} writes there: gets nothing`;
}
