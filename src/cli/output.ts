import type { Clock, Millis } from "../lib/clock.ts";
import { safeJson } from "../lib/safe-json.ts";
import type { Context, Sink } from "./context.ts";
import { type Piece, type Style, textOf } from "./piece.ts";
import { type Column, layOutTable } from "./table.ts";
import { wrapPieces } from "./wrap.ts";

const SGR: Readonly<Record<Style, string>> = {
  plain: "",
  bold: "1",
  dim: "2",
  red: "31",
  green: "32",
  yellow: "33",
  blue: "34",
};

/** After this long, people are told what is waited for. */
const SAY_WAITING_AFTER: Millis = 2000;

/**
 * Where results and talk go. Nothing that this class prints can hold a control character: every piece passes
 * `printable`, colour is added after it. (`raw` is for the one who has filtered, or was asked not to.)
 */
export class Output {
  /** Aborted once nobody reads stdout any more: streams end, but what acts on devices goes on. */
  readonly closed: AbortSignal;
  readonly columns: number | undefined;
  readonly #stdout: Sink;
  readonly #stderr: Sink;
  readonly #clock: Clock;
  readonly #colour: { readonly stdout: boolean; readonly stderr: boolean };

  constructor(context: Context, colour: "auto" | "always" | "never") {
    this.#stdout = context.stdout;
    this.#stderr = context.stderr;
    this.#clock = context.clock;
    this.columns = context.stdout.isTTY ? (context.stdout.columns ?? 80) : undefined;
    this.#colour = {
      stdout: wantsColour(colour, context, context.stdout),
      stderr: wantsColour(colour, context, context.stderr),
    };
    const closed = new AbortController();
    this.closed = closed.signal;
    context.stdout.on("error", () => closed.abort());
    context.stderr.on("error", () => {});
  }

  /** A line of the result. */
  line(...pieces: readonly Piece[]): void {
    for (const line of wrapPieces(pieces, this.columns)) this.#row(line);
  }

  /** A line for people that is not the result: progress, warnings, errors. */
  talk(...pieces: readonly Piece[]): void {
    const columns = this.#stderr.isTTY ? (this.#stderr.columns ?? 80) : undefined;
    for (const line of wrapPieces(pieces, columns))
      this.#stderr.write(`${this.#paint(line, this.#colour.stderr)}\n`);
  }

  /** One JSON value on one line. */
  json(value: unknown): void {
    this.raw(`${safeJson(value)}\n`);
  }

  table(columns: readonly Column[], rows: readonly (readonly Piece[])[]): void {
    for (const row of layOutTable(columns, rows, this.columns)) this.#row(row);
  }

  /** The table as it would be printed, for whoever draws it elsewhere. */
  tableText(
    columns: readonly Column[],
    rows: readonly (readonly Piece[])[],
    width = this.columns,
  ): string[] {
    return layOutTable(columns, rows, width).map((row) => this.#paint(row, this.#colour.stdout));
  }

  /** Bytes or text as they are. */
  raw(data: string | Uint8Array): void {
    if (!this.closed.aborted) this.#stdout.write(data);
  }

  /** Waits, and says what for if it takes long. */
  async waiting<T>(what: string, promise: Promise<T>): Promise<T> {
    const timer = this.#clock.after(SAY_WAITING_AFTER, () => this.talk(`waiting: ${what}`));
    try {
      return await promise;
    } finally {
      timer.cancel();
    }
  }

  #row(pieces: readonly Piece[]): void {
    this.raw(`${this.#paint(pieces, this.#colour.stdout)}\n`);
  }

  #paint(pieces: readonly Piece[], colour: boolean): string {
    return pieces
      .map((piece) => {
        const text = textOf(piece);
        const code = typeof piece === "string" ? "" : SGR[piece.style];
        return colour && code !== "" ? `\u001b[${code}m${text}\u001b[0m` : text;
      })
      .join("");
  }
}

function wantsColour(asked: "auto" | "always" | "never", context: Context, sink: Sink): boolean {
  if (asked !== "auto") return asked === "always";
  return sink.isTTY === true && !context.env.NO_COLOR && context.env.TERM !== "dumb";
}
