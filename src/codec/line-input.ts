/**
 * Lines that a person types over a wire without a terminal driver in between, as on a dial-in call: echo, backspace,
 * Ctrl-U, Ctrl-C, Ctrl-D. Nothing of an unfinished line is kept beyond `MAX_TYPED_LINE`.
 */
import { concatBytes, latin1 } from "../lib/bytes.ts";
import type { Codec } from "./codec.ts";

/** Longest line that is taken; what is typed beyond it rings the bell. */
export const MAX_TYPED_LINE = 256;

const [ETX, EOT, BEL, BS, LF, CR, NAK, DEL] = [3, 4, 7, 8, 10, 13, 21, 127];

/** What a person typed. */
export type LineInputEvent =
  | { readonly is: "line"; readonly text: string }
  /** Ctrl-C, or Ctrl-D on an empty line. */
  | { readonly is: "interrupt" }
  | { readonly is: "end" };

/** Typed bytes as lines, with the echo that belongs to them. */
export class LineInput implements Codec<LineInputEvent> {
  /** false: what is typed is a secret, and not even its length is shown. */
  echo = true;
  #line: number[] = [];
  #output: Uint8Array[] = [];
  #afterCr = false;

  get held(): number {
    return this.#line.length;
  }

  /** Forgets what was typed of a line: a question is over. */
  clear(): void {
    this.#line = [];
  }

  receive(bytes: Uint8Array): LineInputEvent[] {
    const events: LineInputEvent[] = [];
    for (const byte of bytes) {
      const afterCr = this.#afterCr;
      this.#afterCr = byte === CR;
      if (byte === LF && afterCr) continue;
      const event = this.#byte(byte);
      if (event) events.push(event);
    }
    return events;
  }

  takeOutput(): Uint8Array {
    const output = concatBytes(this.#output);
    this.#output = [];
    return output;
  }

  #byte(byte: number): LineInputEvent | undefined {
    switch (byte) {
      case CR:
      case LF:
        return this.#end({
          is: "line",
          text: new TextDecoder().decode(Uint8Array.from(this.#line)),
        });
      case ETX:
        return this.#end({ is: "interrupt" });
      case EOT:
        return this.#line.length === 0 ? this.#end({ is: "end" }) : undefined;
      case BS:
      case DEL:
        if (this.#line.pop() !== undefined) this.#show("\b \b");
        return undefined;
      case NAK:
        this.#show("\b \b".repeat(this.#line.length));
        this.#line = [];
        return undefined;
      default:
        this.#take(byte);
        return undefined;
    }
  }

  #take(byte: number): void {
    if (byte < 0x20) return;
    if (this.#line.length >= MAX_TYPED_LINE) {
      this.#show(String.fromCharCode(BEL));
      return;
    }
    this.#line.push(byte);
    if (this.echo) this.#output.push(Uint8Array.of(byte));
  }

  #end(event: LineInputEvent): LineInputEvent {
    this.#line = [];
    // The line end is shown, also of a secret: the person sees that it was taken.
    this.#output.push(latin1("\r\n"));
    return event;
  }

  #show(text: string): void {
    if (this.echo && text !== "") this.#output.push(latin1(text));
  }
}
