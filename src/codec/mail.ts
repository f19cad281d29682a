/**
 * Messages of text as mail carries them: RFC 5322 with RFC 2047 words in the head, RFC 2045 quoted-printable below.
 * Seven-bit, no line longer than 78, and nothing that stands in a text can become a header.
 */
import { utf8 } from "../lib/bytes.ts";

const MAX_LINE = 76;
/** Bytes in an encoded word: base64 of them and its frame stay under 75 characters (RFC 2047, 2). */
const WORD_BYTES = 39;

/** A message of plain text. */
export interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  /** Unix ms. */
  readonly at: number;
  /** "key@site", without brackets. */
  readonly id: string;
  /** The message that this one follows. */
  readonly inReplyTo?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly lines: readonly string[];
}

/** The whole message, lines ended by CR LF. */
export function mailText(mail: Mail): string {
  const { from, to, subject, at, id, inReplyTo, headers = {}, lines } = mail;
  const root = inReplyTo === undefined ? [] : [bracketed(inReplyTo)];
  const head = [
    ["Date", new Date(at).toUTCString().replace("GMT", "+0000")],
    ["From", from],
    ["To", to.join(",\r\n ")],
    ["Subject", encodedText(subject)],
    ["Message-ID", bracketed(id)],
    ...root.flatMap((one) => [
      ["In-Reply-To", one],
      ["References", one],
    ]),
    ["MIME-Version", "1.0"],
    ["Content-Type", "text/plain; charset=utf-8"],
    ["Content-Transfer-Encoding", "quoted-printable"],
    ["Auto-Submitted", "auto-generated"],
    ...Object.entries(headers).map(([name, value]) => [name, encodedText(value)]),
  ];
  const fields = head.map(([name, value]) => `${name}: ${value}`);
  return `${[...fields, "", ...lines.map(quotedPrintable)].join("\r\n")}\r\n`;
}

/** What stands before and behind the "@" of an address that is plain enough to be used unquoted. */
export const MAIL_ADDRESS =
  /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~][A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{0,63}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?$/;

/** Left of the "@" nothing but what an atom may hold; other characters become "-". */
const bracketed = (id: string): string => `<${id.replace(/[^A-Za-z0-9@._-]/g, "-").slice(0, 200)}>`;

/** A header's text: as it is where it is short and plain, in encoded words otherwise. */
function encodedText(text: string): string {
  if (/^[ -~]{0,60}$/.test(text) && !text.includes("=?")) return text;
  const words: string[] = [];
  let piece = "";
  const end = () => {
    if (piece !== "") words.push(`=?utf-8?B?${base64(utf8(piece))}?=`);
    piece = "";
  };
  for (const letter of text.replace(/[\r\n\0]+/g, " ")) {
    if (utf8(piece + letter).length > WORD_BYTES) end();
    piece += letter;
  }
  end();
  return words.join("\r\n ");
}

const base64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes));

/** One line of text, in as many lines as it takes. */
export function quotedPrintable(line: string): string {
  const pieces: string[] = [];
  let piece = "";
  const bytes = utf8(line.replace(/[\r\n]+/g, " "));
  for (const [at, byte] of bytes.entries()) {
    const last = at === bytes.length - 1;
    const plain = byte > 32 && byte < 127 && byte !== 61;
    const blank = byte === 32 && !last;
    const text =
      plain || blank
        ? String.fromCharCode(byte)
        : `=${byte.toString(16).toUpperCase().padStart(2, "0")}`;
    if (piece.length + text.length > MAX_LINE - 1) {
      pieces.push(`${piece}=`);
      piece = "";
    }
    piece += text;
  }
  return [...pieces, piece].join("\r\n");
}
