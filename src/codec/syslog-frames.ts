/**
 * The receiving side of syslog over a stream: "LENGTH MESSAGE", one behind the other (RFC 5425 4.3, RFC 6587 3.4.1). What
 * is no frame cannot be counted on any further: it is told once, and all that follows on this connection is passed over.
 */
import { concatBytes } from "../lib/bytes.ts";

/** What RFC 5425 4.3.1 wants every receiver to take. */
export const MAX_FRAME_BYTES = 8192;
const BLANK = 32;
const ZERO = 48;
const NINE = 57;

export type SyslogFrameEvent =
  | { readonly is: "message"; readonly text: string }
  | { readonly is: "violation"; readonly why: string };

/** Takes frames apart. */
export class SyslogFrames {
  #length = 0;
  #pieces: Uint8Array[] = [];
  #held = 0;
  #inMessage = false;
  #isBroken = false;

  /** Bytes of the unfinished message. */
  get held(): number {
    return this.#held;
  }

  receive(bytes: Uint8Array): SyslogFrameEvent[] {
    const events: SyslogFrameEvent[] = [];
    for (let at = 0; at < bytes.length && !this.#isBroken; ) {
      if (this.#inMessage) at += this.#take(bytes.subarray(at), events);
      else this.#digit(bytes[at++] ?? 0, events);
    }
    return events;
  }

  #digit(byte: number, events: SyslogFrameEvent[]): void {
    // RFC 5425: MSG-LEN begins with a digit that is not 0.
    if (byte >= ZERO && byte <= NINE && (this.#length > 0 || byte > ZERO)) {
      this.#length = this.#length * 10 + byte - ZERO;
      if (this.#length > MAX_FRAME_BYTES) this.#broken("a frame is too long", events);
    } else if (byte === BLANK && this.#length > 0) this.#inMessage = true;
    else this.#broken("octets are not counted", events);
  }

  #take(bytes: Uint8Array, events: SyslogFrameEvent[]): number {
    const piece = bytes.slice(0, this.#length - this.#held);
    this.#pieces.push(piece);
    this.#held += piece.length;
    if (this.#held === this.#length) {
      events.push({ is: "message", text: decoder.decode(concatBytes(this.#pieces)) });
      this.#pieces = [];
      this.#held = 0;
      this.#length = 0;
      this.#inMessage = false;
    }
    return piece.length;
  }

  #broken(why: string, events: SyslogFrameEvent[]): void {
    this.#isBroken = true;
    events.push({ is: "violation", why });
  }
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
