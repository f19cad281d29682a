/**
 * Log files of conserver (8.2.7, by its manual page conserver.cf(5) and by files that it wrote).
 *
 *   [-- MARK -- Sun Nov 22 22:17:00 2026]CRLF                     `timestamp 1h`: every hour, behind whatever stands
 *   [-- Console up -- ctime]CRLF  [-- Console down -- ctime]CRLF  always
 *   [-- jana@desk attached -- ctime]CRLF  detached, bumped         `timestamp 1ha`
 *   [-- break #0(1) sent -- `\z' -- ctime]CRLF                     `timestamp 1hb`
 *   [ctime]text of the host                                       `timestamp 1l`: before every line, or every nth
 *
 * Times are local ones of the console server's machine, without a zone.
 */
import { latin1Text, momentOf, type RawLine, RawLines, type StampedPiece } from "./stamped-log.ts";

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec";
const CTIME = String.raw`[A-Z][a-z]{2} ([A-Z][a-z]{2}) {1,2}(\d{1,2}) (\d\d):(\d\d):(\d\d) (?:([A-Z]{2,5}) )?(\d{4})`;
const NOTE = new RegExp(String.raw`\[-- ([^\r\n]{1,300}?) -- ${CTIME}\]\r{0,2}\n?$`);
const STAMP = new RegExp(String.raw`^\[${CTIME}\]`);

/** Whether the beginning of a file looks like such a log. */
export const readsAsConserverLog = (beginning: string): boolean =>
  new RegExp(String.raw`\[-- [^\r\n]{1,300}? -- ${CTIME}\]\r{0,2}(?:\n|$)`).test(beginning) ||
  new RegExp(String.raw`^\[${CTIME}\]`, "m").test(beginning);

/** Takes such a log apart: what the host said, and when. */
export class ConserverLog {
  readonly #lines = new RawLines();

  /** Bytes kept for the next call. */
  get held(): number {
    return this.#lines.held;
  }

  receive(chunk: Uint8Array): StampedPiece[] {
    return this.#lines.receive(chunk).flatMap(piecesOf);
  }

  /** What the file ends with. */
  end(): StampedPiece[] {
    const rest = this.#lines.rest();
    return rest ? piecesOf(rest) : [];
  }
}

function piecesOf({ bytes, offset, begins }: RawLine): StampedPiece[] {
  // Quick: most lines hold neither.
  if (!bytes.includes(0x5b)) return [{ is: "bytes", bytes, offset }];
  const text = latin1Text(bytes);
  const stamp = begins ? STAMP.exec(text) : null;
  const note = NOTE.exec(text);
  const from = stamp?.[0].length ?? 0;
  const to = note?.index ?? bytes.length;
  const pieces: StampedPiece[] = [...timeIn(stamp, 1)];
  if (to > from)
    pieces.push({ is: "bytes", bytes: bytes.subarray(from, to), offset: offset + from });
  return note ? [...pieces, ...timeIn(note, 2), noteOf(note[1] ?? "")] : pieces;
}

function timeIn(match: RegExpExecArray | null, first: number): StampedPiece[] {
  if (!match) return [];
  const [month = "", day, hour, minute, second, zone, year] = match.slice(first);
  const nth = MONTHS.indexOf(month) / 4 + 1;
  const isUtc = zone === "UTC" || zone === "GMT";
  const at = momentOf([year, nth, day, hour, minute, second].map(Number), isUtc);
  return at === undefined ? [] : [{ is: "time", at }];
}

function noteOf(text: string): StampedPiece {
  if (text === "Console up" || text === "Console down")
    return { is: "link", up: text === "Console up", text };
  const [, who, what] = /^(\S{1,200}) (attached|detached|bumped)\b/.exec(text) ?? [];
  if (who !== undefined) return { is: "person", who, came: what === "attached" };
  return { is: "note", text };
}
