/**
 * What one person is shown of a console: a queue of its own, bounded, that nobody waits for.
 *
 *   painting ─screen is ready─► live ─queue full─► skipping ─person reads again─► painting …
 *
 * painting: the screen as of now is being made, what comes meanwhile waits raw. skipping: bytes are only counted, so
 * a viewer that never reads costs nothing. Control events (seat, notices) are never skipped.
 */
import { TerminalFilter } from "../../codec/terminal-filter.ts";
import { concatBytes, utf8 } from "../../lib/bytes.ts";
import type { AttachEvent, AttachRequest } from "../site/site.ts";
import { type Encoding, toUtf8 } from "./host-encoding.ts";
import type { PaintFor } from "./screen-paint.ts";

/** What waits for one person at most. */
export const MAX_VIEWER_BYTES = 256 << 10;
/** Notices and seat changes that wait for one person; the oldest go first. */
const MAX_CONTROL_EVENTS = 256;
/** Enough of the stream to know in which escape sequence it stands: the filter cuts strings at 512 bytes. */
const PRIMER_BYTES = 8 << 10;
const REPLAY_AT_MOST = 10_000;

/** What a viewer needs of its console. */
export interface ViewSource {
  readonly encoding: Encoding;
  readonly offset: () => number;
  readonly tail: (
    bytes: number,
  ) => Promise<{ readonly bytes: Uint8Array; readonly offset: number }>;
  /** The screen as it is now; `began` says when that is, and may say so again. */
  readonly paint: (person: PaintFor, began: () => void) => Promise<string>;
}

/** What a piece costs in memory at least: a host that sends single bytes must not get more room. */
const PIECE_BYTES = 96;
const NOTHING = { bytes: new Uint8Array(0), offset: 0 };

/** Bytes that are shown together; `raw` counts them as the host sent them, `cost` as they weigh on the queue. */
interface Run {
  readonly is: "run";
  readonly parts: Uint8Array[];
  raw: number;
  cost: number;
}

/** One person's view. */
export class Viewer {
  readonly #source: ViewSource;
  readonly #request: AttachRequest;
  #filter: TerminalFilter | undefined;
  #state: "painting" | "live" | "skipping" = "live";
  #queue: (AttachEvent | Run)[] = [];
  #queuedCost = 0;
  #controls = 0;
  /** Raw chunks that came since the moment which is being painted. */
  #backlog: Uint8Array[] = [];
  #backlogBytes = 0;
  #backlogCost = 0;
  #skipped = 0;
  #paints = 0;
  #closed = false;
  #wake: (() => void) | undefined;

  constructor(source: ViewSource, request: AttachRequest) {
    this.#source = source;
    this.#request = request;
    this.#filter = this.#newFilter();
  }

  /** Bytes of the host. Returns at once, whatever the person does. */
  show(chunk: Uint8Array): void {
    switch (this.#state) {
      case "skipping":
        this.#skipped += chunk.length;
        return;
      case "painting":
        this.#backlog.push(chunk.slice());
        this.#backlogBytes += chunk.length;
        this.#backlogCost += costOf(chunk);
        break;
      case "live":
        this.#pushLive(chunk);
    }
    if (this.#queuedCost + this.#backlogCost > MAX_VIEWER_BYTES) this.#skip();
  }

  /** Something that is not host bytes; in order with them. */
  tell(event: AttachEvent): void {
    if (this.#controls >= MAX_CONTROL_EVENTS) {
      const oldest = this.#queue.findIndex((one) => !isBytes(one));
      this.#queue.splice(oldest, 1);
      this.#controls--;
    }
    this.#queue.push(event);
    this.#controls++;
    this.#wake?.();
  }

  /** Shows the screen and the last lines, then goes on with what follows. */
  async paint(how: { readonly history: number; readonly again: boolean }): Promise<void> {
    const number = ++this.#paints;
    this.#state = "painting";
    let from = 0;
    let primer: ReturnType<ViewSource["tail"]> = Promise.resolve(NOTHING);
    const began = () => {
      from = this.#source.offset();
      this.#takeBacklog();
      primer = this.#source.tail(PRIMER_BYTES).catch(() => NOTHING);
    };
    const person: PaintFor = {
      columns: bounded(this.#request.columns),
      rows: bounded(this.#request.rows),
      history: Math.min(how.history, REPLAY_AT_MOST),
      plain: this.#request.filter === "strict",
      again: how.again,
    };
    const painted = await this.#source.paint(person, began).catch(() => undefined);
    const before = await primer;
    if (number !== this.#paints || this.#closed) return;
    this.#filter = this.#newFilter();
    this.#filter?.filter(
      toUtf8(before.bytes.subarray(0, Math.max(0, from - before.offset)), this.#source.encoding),
    );
    if (painted === undefined) {
      this.tell({
        is: "notice",
        text: "the screen could not be painted: the console prints too fast",
      });
    } else {
      const bytes = utf8(painted);
      this.#queuedCost += bytes.length;
      this.#queue.push({ is: "bytes", bytes, replay: true });
    }
    this.#goLive();
  }

  /** Says why, then ends. */
  end(why: string): void {
    this.tell({ is: "ended", why });
    this.#closed = true;
    this.#wake?.();
  }

  /** The person left: what waits is for nobody. */
  close(): void {
    this.#closed = true;
    this.#queue = [];
    this.#backlog = [];
    this.#wake?.();
  }

  /** What the person is told, for one reader. */
  async *events(): AsyncGenerator<AttachEvent, void, void> {
    for (;;) {
      const next = this.#take();
      if (next) {
        yield next;
      } else if (this.#closed) {
        return;
      } else if (this.#state === "skipping") {
        const bytes = this.#skipped;
        this.#skipped = 0;
        void this.paint({ history: 0, again: true });
        yield { is: "skipped", bytes };
      } else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        this.#wake = undefined;
      }
    }
  }

  #take(): AttachEvent | undefined {
    const next = this.#queue.shift();
    if (!next) return undefined;
    if (next.is === "run") {
      const bytes = concatBytes(next.parts);
      this.#queuedCost -= next.cost;
      return { is: "bytes", bytes, replay: false };
    }
    if (next.is === "bytes") this.#queuedCost -= next.bytes.length;
    else this.#controls--;
    return next;
  }

  #goLive(): void {
    this.#state = "live";
    for (const chunk of this.#takeBacklog()) this.show(chunk);
    this.#wake?.();
  }

  #pushLive(chunk: Uint8Array): void {
    const shown = this.#filter ? this.#filter.filter(toUtf8(chunk, this.#source.encoding)) : chunk;
    if (shown.length === 0) return;
    let last = this.#queue.at(-1);
    if (last?.is !== "run") {
      last = { is: "run", parts: [], raw: 0, cost: 0 };
      this.#queue.push(last);
    }
    // A copy: the port's array is valid during the call only.
    last.parts.push(shown.slice());
    last.raw += chunk.length;
    last.cost += costOf(shown);
    this.#queuedCost += costOf(shown);
    this.#wake?.();
  }

  /** No room: what waits is dropped and counted, and so is what comes, until the person reads again. */
  #skip(): void {
    this.#paints++;
    this.#state = "skipping";
    this.#skipped += this.#backlogBytes;
    this.#takeBacklog();
    for (const one of this.#queue) if (one.is === "run") this.#skipped += one.raw;
    this.#queue = this.#queue.filter((one) => !isBytes(one));
    this.#queuedCost = 0;
    this.#wake?.();
  }

  #takeBacklog(): Uint8Array[] {
    const backlog = this.#backlog;
    this.#backlog = [];
    this.#backlogBytes = 0;
    this.#backlogCost = 0;
    return backlog;
  }

  #newFilter(): TerminalFilter | undefined {
    const { filter } = this.#request;
    return filter === "raw" ? undefined : new TerminalFilter(filter);
  }
}

function isBytes(one: AttachEvent | Run): boolean {
  return one.is === "run" || one.is === "bytes";
}

function costOf(piece: Uint8Array): number {
  return Math.max(piece.length, PIECE_BYTES);
}

/** Columns or rows of a terminal, whatever was claimed. */
function bounded(size: number): number {
  return Math.max(1, Math.min(1000, Math.floor(size) || 1));
}
