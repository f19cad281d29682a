import headless, { type IBufferLine } from "@xterm/headless";
import type { OnDetach } from "../../../src/config/site-config.ts";
import type { NewEvent } from "../../../src/core/audit/audit.ts";
import type { Detector, Opinion } from "../../../src/core/detect/opinion.ts";
import { LocalPort } from "../../../src/core/port/local-port.ts";
import { ReadPace } from "../../../src/core/port/read-pace.ts";
import type { Encoding } from "../../../src/core/session/host-encoding.ts";
import { Session } from "../../../src/core/session/session.ts";
import type { VisitBook } from "../../../src/core/session/visit-book.ts";
import type {
  AttachEvent,
  Attachment,
  AttachRequest,
  HostStatus,
} from "../../../src/core/site/site.ts";
import type { Evidence } from "../../../src/sdk/rule.ts";
import { type LogKit, logKit } from "../log/log-kit.ts";
import { Wire } from "../wire.ts";

export const evidenceOf = (text: string, at: number): Evidence => ({
  rule: "linux/panic",
  means: "the kernel panicked",
  state: "crash",
  class: "panic",
  action: "recover",
  at,
  offset: at + text.length,
  line: text,
});

/** A detector that finds the word "panic". */
export class WordDetector implements Detector {
  offset = 0;
  typedText = "";
  gaps = 0;
  fails = false;
  #found: Evidence[] = [];
  readonly pending: readonly Evidence[] = [];

  see(chunk: Uint8Array): readonly Evidence[] {
    if (this.fails) throw new Error("a rule broke");
    const at = Buffer.from(chunk).indexOf("panic");
    const found = at < 0 ? [] : [evidenceOf("panic", this.offset + at)];
    this.offset += chunk.length;
    this.#found = [...this.#found, ...found];
    return found;
  }

  typed(bytes: Uint8Array): void {
    this.typedText += Buffer.from(bytes).toString();
  }

  gap(): void {
    this.gaps++;
  }

  get opinion(): Opinion {
    const last = this.#found.at(-1);
    const state = last ? "crash" : "healthy";
    return { state, class: "", action: "none", since: last?.at ?? 0, evidence: this.#found };
  }
}

/** A console of which the wire is in memory, up and quiet. */
export async function sessionKit(
  options: {
    readonly kit?: LogKit;
    readonly encoding?: Encoding;
    readonly filter?: "safe" | "strict";
    readonly detector?: Detector;
    readonly onDetach?: OnDetach;
    readonly visits?: VisitBook;
    readonly wire?: Wire;
  } = {},
) {
  const kit = options.kit ?? logKit();
  const wire = options.wire ?? new Wire();
  const detector = new WordDetector();
  const audit: NewEvent[] = [];
  const port = new LocalPort({
    host: "web1",
    clock: kit.clock,
    random: () => 0,
    log: kit.open(),
    pace: new ReadPace(kit.clock),
    open: wire.open,
  });
  const session = new Session({
    host: "web1",
    port,
    detector: options.detector ?? detector,
    audit: { note: (event) => ({ ...event, seq: audit.push(event), at: kit.clock.now() }) },
    clock: kit.clock,
    encoding: options.encoding ?? "utf-8",
    breakMs: 300,
    idleTimeout: 30 * 60_000,
    status: () => ({ host: "web1" }) as HostStatus,
    escape: "^]",
    filter: options.filter ?? "safe",
    ...(options.onDetach ? { onDetach: options.onDetach } : {}),
    ...(options.visits ? { visits: options.visits } : {}),
  });
  await session.start();
  await kit.clock.advance(0);
  return { ...kit, kit, wire, detector, audit, port, session };
}

export const request = (changes: Partial<AttachRequest> = {}): AttachRequest => ({
  host: "web1",
  mode: "write",
  reason: "",
  replayLines: 200,
  filter: "safe",
  columns: 80,
  rows: 24,
  ...changes,
});

/** A person who reads everything at once. */
export class Reader {
  readonly events: AttachEvent[] = [];
  readonly #done: Promise<void>;

  constructor(attachment: Attachment) {
    this.#done = (async () => {
      for await (const event of attachment.events) this.events.push(event);
    })();
  }

  get ended(): Promise<void> {
    return this.#done;
  }

  /** Live bytes so far. */
  get text(): string {
    return this.#bytes(false);
  }

  get replay(): string {
    return this.#bytes(true);
  }

  /** What was told of the seat and otherwise. */
  get told(): string[] {
    return this.events.flatMap((event) =>
      event.is === "seat" || event.is === "notice" ? [event.text] : [],
    );
  }

  #bytes(replay: boolean): string {
    const parts = this.events.flatMap((event) =>
      event.is === "bytes" && event.replay === replay ? [event.bytes] : [],
    );
    return Buffer.concat(parts).toString();
  }
}

/** Waits until something is so, letting real I/O and the emulator go on. */
export async function until(what: () => boolean): Promise<void> {
  for (let turn = 0; !what(); turn++) {
    if (turn > 2000) throw new Error("it never came about");
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A wide character whose right half is gone is a blank on a terminal; the emulator keeps it where lines do not wrap. */
function rowOf(line: IBufferLine | undefined): string {
  const cells = Array.from({ length: line?.length ?? 0 }, (_, column) => line?.getCell(column));
  return cells
    .map((cell, column) => {
      const isHalf = cell?.getWidth() === 2 && cells[column + 1]?.getWidth() !== 0;
      return cell?.getWidth() === 0 ? "" : isHalf ? " " : cell?.getChars() || " ";
    })
    .join("");
}

/** What a terminal shows after these bytes. */
export async function shown(bytes: string, columns = 80, rows = 24) {
  const terminal = new headless.Terminal({
    cols: columns,
    rows,
    allowProposedApi: true,
    logLevel: "off",
  });
  await new Promise<void>((resolve) => terminal.write(Buffer.from(bytes), resolve));
  const { active } = terminal.buffer;
  const lines = Array.from({ length: rows }, (_, row) =>
    rowOf(active.getLine(active.baseY + row)).trimEnd(),
  );
  return { lines, row: active.cursorY, column: active.cursorX, type: active.type, terminal };
}
