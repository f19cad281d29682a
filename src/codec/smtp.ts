/**
 * The client's side of SMTP (RFC 5321): commands out, replies in. A reply is one line "250 text", or several "250-text"
 * that end with such a line. What is data is dot-stuffed here (4.5.2), and no command can hold a line's end.
 */
import { utf8 } from "../lib/bytes.ts";
import type { Codec } from "./codec.ts";
import { LineCutter } from "./line-cutter.ts";

/** Longest line of a reply; RFC 5321 allows 512 bytes (4.5.3.1.5). */
export const MAX_SMTP_LINE_BYTES = 4096;
/** Most lines of one reply. */
export const MAX_SMTP_LINES = 100;

/** What a server said. */
export type SmtpEvent =
  | { readonly is: "reply"; readonly code: number; readonly lines: readonly string[] }
  | { readonly is: "violation"; readonly what: string };

/** A client of a mail server. */
export class SmtpCodec implements Codec<SmtpEvent> {
  readonly #lines = new LineCutter(MAX_SMTP_LINE_BYTES);
  #reply: { readonly code: number; readonly lines: string[] } | undefined;
  #output = "";

  /** Bytes and lines of what is unfinished: before TLS begins, there must be none. */
  get held(): number {
    return this.#lines.held + (this.#reply?.lines.length ?? 0);
  }

  /** Queues a command for `takeOutput`. A line's end in it would be another command: it becomes a blank. */
  say(command: string): void {
    this.#output += `${command.replace(/[\r\n\0]+/g, " ")}\r\n`;
  }

  /** Queues a message: line ends become CR LF, a dot at the beginning of a line is doubled, and a dot alone ends it. */
  sayData(message: string): void {
    const lines = message.replace(/(?:\r?\n)+$/, "").split(/\r\n|\r|\n/);
    const stuffed = lines.map((line) => (line.startsWith(".") ? `.${line}` : line));
    this.#output += `${stuffed.join("\r\n")}\r\n.\r\n`;
  }

  takeOutput(): Uint8Array {
    const output = utf8(this.#output);
    this.#output = "";
    return output;
  }

  receive(bytes: Uint8Array): SmtpEvent[] {
    return this.#lines
      .receive(bytes)
      .map((line) => this.#take(line))
      .filter((event) => event !== undefined);
  }

  #take(line: string | undefined): SmtpEvent | undefined {
    const [, digits, mark, text = ""] = /^([2-5]\d\d)(?:([ -])(.*))?$/.exec(line ?? "") ?? [];
    const code = Number(digits);
    if (digits === undefined || (this.#reply && this.#reply.code !== code)) {
      this.#reply = undefined;
      return { is: "violation", what: (line ?? "a line that is too long").slice(0, 200) };
    }
    this.#reply ??= { code, lines: [] };
    if (this.#reply.lines.length < MAX_SMTP_LINES) this.#reply.lines.push(text);
    if (mark === "-") return undefined;
    const { lines } = this.#reply;
    this.#reply = undefined;
    return { is: "reply", code, lines };
  }
}
