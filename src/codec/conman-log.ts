/**
 * Log files of ConMan (0.2.7, by its manual page conman.conf(5) and by files that it wrote).
 *
 *   CRLF <ConMan> Console [web1] log opened at 2026-11-22 22:16:56 CET.CRLF     also "log at", every `timestamp`
 *   CRLF <ConMan> Console [web1] joined by <jana@desk> at 11-22 22:17.CRLF      also departed, connected, disconnected
 *   2026-11-22 22:17:00 text of the host                                       `logopts = "timestamp"`
 *
 * The line end before such a message is ConMan's own: the host's line goes on behind it. Times are local ones of the
 * console server's machine; their zone is only a name.
 */
import { latin1Text, momentOf, type RawLine, RawLines, type StampedPiece } from "./stamped-log.ts";

const DATE = String.raw`(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)`;
const STAMP = new RegExp(`^${DATE} `);
const NOTE = /^<ConMan> Console \[[^\]\r\n]{1,200}\] ([^\r\n]{1,400})\r{0,2}\n?$/;
const NOTE_TIME = new RegExp(`^log (?:opened |closed )?at ${DATE}(?: ([A-Z]{2,5}))?`);
/** Longer lines are no message of ConMan. */
const MAX_NOTE_BYTES = 640;
const PERSON = /^(joined|departed) by <([^>\r\n]{1,200})>/;
const LINK = /^(connected|disconnected)\b/;

/** Of the lines of a log with time stamps, so many begin with one: the others are cut off, or ConMan's own. */
const MOSTLY = 0.5;

/** Whether the beginning of a file looks like such a log, and whether its lines have time stamps. */
export function readsAsConmanLog(beginning: string): { readonly stamped: boolean } | undefined {
  const lines = beginning.split("\n").filter((line) => line.trim() !== "");
  const stamped = lines.filter((line) => STAMP.test(line)).length > lines.length * MOSTLY;
  const named = lines.some((line) => NOTE.test(line));
  return named || stamped ? { stamped } : undefined;
}

/** Takes such a log apart: what the host said, and when. */
export class ConmanLog {
  readonly #stamped: boolean;
  readonly #lines = new RawLines();
  /** A line end that may be ConMan's own. */
  #end: (StampedPiece & { is: "bytes" }) | undefined;

  /** `stamped`: its lines begin with time stamps. Elsewhere a date there is the host's own. */
  constructor({ stamped }: { readonly stamped: boolean }) {
    this.#stamped = stamped;
  }

  /** Bytes kept for the next call. */
  get held(): number {
    return this.#lines.held + (this.#end?.bytes.length ?? 0);
  }

  receive(chunk: Uint8Array): StampedPiece[] {
    return this.#lines.receive(chunk).flatMap((line) => this.#take(line));
  }

  /** What the file ends with. */
  end(): StampedPiece[] {
    const rest = this.#lines.rest();
    const pieces = rest ? this.#take(rest) : [];
    const end = this.#end;
    this.#end = undefined;
    return end ? [...pieces, end] : pieces;
  }

  #take({ bytes, offset, begins }: RawLine): StampedPiece[] {
    const text = begins ? latin1Text(bytes.subarray(0, MAX_NOTE_BYTES)) : "";
    const note = NOTE.exec(text);
    if (note) {
      this.#end = undefined;
      return notesOf(note[1] ?? "");
    }
    const before = this.#end;
    const stamp = this.#stamped ? STAMP.exec(text) : null;
    const from = stamp?.[0].length ?? 0;
    const at = stamp && momentOf(stamp.slice(1).map(Number), false);
    const to = bytes.length - lineEnd(bytes.subarray(from));
    this.#end = to < bytes.length ? piece(bytes, to, bytes.length, offset) : undefined;
    return [
      ...(before ? [before] : []),
      ...(typeof at === "number" ? [{ is: "time", at } as const] : []),
      ...(to > from ? [piece(bytes, from, to, offset)] : []),
    ];
  }
}

const piece = (bytes: Uint8Array, from: number, to: number, offset: number) =>
  ({ is: "bytes", bytes: bytes.slice(from, to), offset: offset + from }) as const;

/** Length of CR LF at the end. */
function lineEnd(bytes: Uint8Array): number {
  if (bytes.at(-1) !== 10) return 0;
  return bytes.at(-2) === 13 ? 2 : 1;
}

function notesOf(text: string): StampedPiece[] {
  const [, year, month, day, hour, minute, second, zone] = NOTE_TIME.exec(text) ?? [];
  if (year !== undefined) {
    const isUtc = zone === "UTC" || zone === "GMT";
    const at = momentOf([year, month, day, hour, minute, second].map(Number), isUtc);
    return at === undefined
      ? []
      : [
          { is: "time", at },
          { is: "note", text },
        ];
  }
  const [, came, who] = PERSON.exec(text) ?? [];
  if (who !== undefined) return [{ is: "person", who, came: came === "joined" }];
  const [, link] = LINK.exec(text) ?? [];
  if (link !== undefined) return [{ is: "link", up: link === "connected", text }];
  return [{ is: "note", text }];
}
