import { byteSize as size } from "../../lib/byte-size.ts";
import { latin1 } from "../../lib/bytes.ts";
import type { Clock, Millis } from "../../lib/clock.ts";
import { formatDuration } from "../../lib/durations.ts";

export { size };

/** More than this at once, or more than one line, was not typed by fingers: it is asked about. */
export const PASTE_ASKS_FROM_BYTES = 256;
/** A larger paste is refused: a file goes another way. */
export const MAX_PASTE_BYTES = 1024 * 1024;
/** Share of the line's speed that a paste may take: receivers without flow control drop the rest. */
const SHARE_OF_LINE = 0.8;
/** Where the speed of the line is not known. */
const DEFAULT_BYTES_PER_SECOND = 1000;
/** One piece is at most what goes over the line in this time, so that stopping is quick. */
const PIECE: Millis = 50;
/** A host that has not echoed a line by then does not echo (password prompt, cat >/dev/null). */
const ECHO_WITHIN: Millis = 1000;
/** After so many lines without echo, it is not waited for any more. */
const MISSES_ALLOWED = 2;
/** An echo is known by this many of a line's last characters. */
const ECHO_MARK = 16;
/** Host output that is kept to find the echo in. */
const ECHO_ROOM = 4096;

const CR = "\r";

/** A paste as it would go out: line ends as the Enter key sends them. */
export function pasteText(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1").replace(/\r?\n/g, CR);
}

/** Whether a paste is asked about before it goes. A line end at the very end makes no second line. */
export function asksFirst(text: string): boolean {
  return text.length > PASTE_ASKS_FROM_BYTES || text.replace(/\r$/, "").includes(CR);
}

/** The text without lines that hold nothing or only a comment ("# …"). */
export function withoutComments(text: string): string {
  return text
    .split(CR)
    .filter((line, i, all) => !/^\s*(?:#.*)?$/.test(line) || (line === "" && i === all.length - 1))
    .join(CR);
}

/** Bytes a second that a paste goes at. */
export function pasteRate(baud: number | undefined): number {
  // 8n1: ten bits a byte.
  return baud === undefined ? DEFAULT_BYTES_PER_SECOND : Math.max(1, (baud / 10) * SHARE_OF_LINE);
}

/** The question behind `pasteFacts`. */
export const PASTE_KEYS = "[Enter] send  [s] strip comments  [Ctrl-C] drop";

/** "paste 142 lines, 5.1 kB → web1, 5s at 9600." */
export function pasteFacts(text: string, host: string, baud: number | undefined): string {
  const lines = text.replace(/\r$/, "").split(CR).length;
  const time = formatDuration((text.length / pasteRate(baud)) * 1000);
  const speed = baud === undefined ? "" : ` at ${baud}`;
  return `paste ${lines} ${lines === 1 ? "line" : "lines"}, ${size(text.length)} → ${host}, ${time}${speed}.`;
}

interface PasteWay {
  readonly write: (bytes: Uint8Array) => Promise<void>;
  readonly clock: Clock;
  readonly bytesPerSecond: number;
  readonly progress: (sent: number) => void;
  /** false: goes to many hosts, whose echoes are not waited for. */
  readonly waitsForEcho?: boolean;
}

/** A paste under way: paced, and waiting for the echo of each line where the host echoes. */
export class PasteJob {
  readonly #way: PasteWay;
  readonly #stop = new AbortController();
  #seen = "";
  #misses = 0;
  #onOutput = () => {};

  constructor(way: PasteWay) {
    this.#way = way;
  }

  /** Host output, for the echo. */
  see(bytes: Uint8Array): void {
    this.#seen = (this.#seen + visible(Buffer.from(bytes).toString("latin1"))).slice(-ECHO_ROOM);
    this.#onOutput();
  }

  stop(): void {
    this.#stop.abort();
    this.#onOutput();
  }

  /** Bytes that went out: fewer than the text has where it was stopped. */
  async send(text: string): Promise<number> {
    let sent = 0;
    for (const line of text.split(/(?<=\r)/)) {
      this.#seen = "";
      for (const piece of this.#pieces(line)) {
        if (this.#stop.signal.aborted) return sent;
        await this.#way.write(latin1(piece));
        sent += piece.length;
        this.#way.progress(sent);
        await this.#pause((piece.length / this.#way.bytesPerSecond) * 1000);
      }
      await this.#echoOf(line);
    }
    return sent;
  }

  #pieces(line: string): string[] {
    const length = Math.max(1, Math.floor((this.#way.bytesPerSecond * PIECE) / 1000));
    const pieces: string[] = [];
    for (let at = 0; at < line.length; at += length) pieces.push(line.slice(at, at + length));
    return pieces;
  }

  async #pause(delay: Millis): Promise<void> {
    await this.#way.clock.sleep(delay, this.#stop.signal).catch(() => {});
  }

  async #echoOf(line: string): Promise<void> {
    const mark = visible(line).slice(-ECHO_MARK);
    const waits = this.#way.waitsForEcho ?? true;
    if (!waits || mark === "" || this.#misses >= MISSES_ALLOWED) return;
    const echoed = await new Promise<boolean>((resolve) => {
      const timer = this.#way.clock.after(ECHO_WITHIN, () => resolve(false));
      this.#onOutput = () => {
        if (!this.#stop.signal.aborted && !this.#seen.includes(mark)) return;
        timer.cancel();
        resolve(true);
      };
      this.#onOutput();
    });
    this.#onOutput = () => {};
    this.#misses = echoed ? 0 : this.#misses + 1;
  }
}

/** What of a text an echo is compared by: editors of lines add blanks, returns and sequences when they wrap. */
function visible(text: string): string {
  return text
    .replace(/\u001b\[[0-?]*[ -/]*[@-~]/g, "")
    .replace(/[^\u0021-\u007e\u00a0-\u00ff]/g, "");
}
