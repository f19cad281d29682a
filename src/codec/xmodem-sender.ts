/**
 * The sending end of XMODEM, XMODEM-1K and YMODEM.
 *
 *   start ─C, C or NAK─► [header ─ACK─► headerTaken ─C─►] block … ─ACK of the last─► eot ─ACK─► done
 *                                                        YMODEM: eot ─ACK─► closing ─C─► last ─ACK─► done
 *
 * A letter C is text, too: "ready to receive C" is no receiver. One that stands alone on its line with nothing behind it
 * for a while begins a transfer, or two of them that came apart with nothing between; what begins too early would be
 * typed into whatever stands there.
 */
import { concatBytes, utf8 } from "../lib/bytes.ts";
import type { Millis } from "../lib/clock.ts";
import type { Codec } from "./codec.ts";
import {
  ACK,
  CALL_OFF,
  CAN,
  type Check,
  EOT,
  encodeBlock,
  LONG_BLOCK,
  MAX_TRIES,
  NAK,
  SHORT_BLOCK,
  SILENT_AFTER,
  WANT_CRC,
} from "./xmodem.ts";

/** Text goes on faster than this; receivers ask again later (U-Boot after 2 seconds, lrzsz after 10). */
export const ASKED_QUIET: Millis = 1000;
/** A receiver that asks again for the first block has not got it; before this time it has asked before it came. */
const ASKED_AGAIN: Millis = 3000;
/**
 * A receiver that has acknowledged every block and says no more has ended: lrzsz's rx does not answer to EOT (measured).
 * One that has not seen the EOT asks within 10 seconds. EOT is Ctrl-D: it is never sent again unasked, to a shell.
 */
const CLOSED_WITHIN: Millis = 11_000;
/** YMODEM: the file is taken and closed, only the good-bye is open. */
const GOODBYE_WITHIN: Millis = 3000;

/** What is told of a transfer. */
export type SenderEvent =
  | { readonly is: "started"; readonly check: Check }
  /** Bytes of the file that the other end has. */
  | { readonly is: "progress"; readonly bytes: number }
  | { readonly is: "again"; readonly tries: number }
  | { readonly is: "done" }
  | { readonly is: "failed"; readonly why: string };

/** What to send, and how. */
export interface SenderOptions {
  readonly bytes: Uint8Array;
  /** Blocks of 1,024 bytes where the receiver asks for CRC. */
  readonly long: boolean;
  /** YMODEM: the name that goes before the file. */
  readonly name?: string;
}

const LF = 10;
const CR = 13;

type Place = "start" | "header" | "headerTaken" | "block" | "eot" | "closing" | "last" | "ended";

/** A file on its way out. */
export class XmodemSender implements Codec<SenderEvent> {
  readonly #options: SenderOptions;
  #place: Place = "start";
  #check: Check = "crc";
  #output: Uint8Array[] = [];
  /** What the other end has to acknowledge. */
  #pending: Uint8Array = new Uint8Array(0);
  #number = 0;
  /** Bytes acknowledged, and bytes in the block under way. */
  #sent = 0;
  #length = 0;
  #tries = 0;
  /** When a C was seen that may be a receiver's, and that stood alone on its line. */
  #askedAt: Millis | undefined;
  #aloneAt: Millis | undefined;
  #last = LF;
  #sentAt: Millis = 0;
  #cancels = 0;
  #now: Millis = 0;
  #deadline: Millis | undefined;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /** When `tick` wants to be called. */
  get nextTick(): Millis | undefined {
    if (this.#place === "ended") return undefined;
    const asked =
      this.#aloneAt === undefined ? Number.POSITIVE_INFINITY : this.#aloneAt + ASKED_QUIET;
    return Math.min(this.#deadline ?? this.#now, asked);
  }

  receive(bytes: Uint8Array, now: Millis = this.#now): SenderEvent[] {
    const events = this.tick(now);
    for (const byte of bytes) if (this.#place !== "ended") this.#take(byte, events);
    return events;
  }

  tick(now: Millis): SenderEvent[] {
    this.#now = Math.max(this.#now, now);
    const events: SenderEvent[] = [];
    this.#deadline ??= this.#now + SILENT_AFTER;
    if (this.#place === "ended") return events;
    if (this.#aloneAt !== undefined && this.#now >= this.#aloneAt + ASKED_QUIET)
      this.#start("crc", events);
    if (this.#now < this.#deadline) return events;
    if (this.#place === "eot" || this.#place === "closing" || this.#place === "last")
      this.#end(events, { is: "done" });
    else {
      const what = this.#place === "start" ? "nobody asked for the file" : "the host fell silent";
      this.#fail(events, what);
    }
    return events;
  }

  takeOutput(): Uint8Array {
    return concatBytes(this.#output.splice(0));
  }

  /** Ends it from here: the other end is told. */
  callOff(): void {
    if (this.#place === "ended") return;
    this.#output.push(CALL_OFF);
    this.#place = "ended";
  }

  #take(byte: number, events: SenderEvent[]): void {
    this.#cancels = byte === CAN ? this.#cancels + 1 : 0;
    if (this.#cancels === 2) {
      this.#end(events, { is: "failed", why: "the host called it off" });
      return;
    }
    switch (this.#place) {
      case "start":
        this.#asked(byte, events);
        return;
      case "headerTaken":
        if (byte === WANT_CRC || byte === NAK) this.#sendBlock(events);
        return;
      case "closing":
        if (byte === WANT_CRC || byte === NAK) this.#sayGoodbye();
        return;
      case "eot":
        // lrzsz's rb does not answer to EOT, but asks for the next file (measured).
        if (byte === WANT_CRC && this.#options.name !== undefined) this.#sayGoodbye();
        else this.#answered(byte, events);
        return;
      case "header":
      case "block":
      case "last":
        this.#answered(byte, events);
        return;
      case "ended":
    }
  }

  /** Before the first block: does this byte mean that a receiver waits? */
  #asked(byte: number, events: SenderEvent[]): void {
    const alone = this.#last === LF || this.#last === CR;
    this.#last = byte;
    if (byte === NAK) this.#start("sum", events);
    else if (byte !== WANT_CRC) {
      this.#askedAt = undefined;
      this.#aloneAt = undefined;
    } else if (this.#now - (this.#askedAt ?? this.#now) >= ASKED_QUIET) this.#start("crc", events);
    else {
      this.#askedAt ??= this.#now;
      if (alone) this.#aloneAt ??= this.#now;
    }
  }

  #start(check: Check, events: SenderEvent[]): void {
    this.#aloneAt = undefined;
    this.#check = check;
    events.push({ is: "started", check });
    const { name, bytes } = this.#options;
    if (name === undefined) this.#sendBlock(events);
    else this.#send("header", encodeBlock(0, header(name, bytes.length), check, 0));
  }

  #answered(byte: number, events: SenderEvent[]): void {
    const first = this.#place === "header" || (this.#place === "block" && this.#sent === 0);
    const again = byte === WANT_CRC && first && this.#now - this.#sentAt >= ASKED_AGAIN;
    if (byte === NAK || again) this.#sendAgain(events);
    else if (byte === ACK) this.#acknowledged(events);
  }

  #acknowledged(events: SenderEvent[]): void {
    const place = this.#place;
    if (place === "header") this.#wait("headerTaken", SILENT_AFTER);
    else if (place === "block") {
      this.#sent += this.#length;
      events.push({ is: "progress", bytes: this.#sent });
      this.#sendBlock(events);
    } else if (place === "eot" && this.#options.name !== undefined)
      this.#wait("closing", CLOSED_WITHIN);
    else this.#end(events, { is: "done" });
  }

  /** The next block, or the end of the file. */
  #sendBlock(events: SenderEvent[]): void {
    const { bytes, long } = this.#options;
    if (this.#sent >= bytes.length) {
      this.#send("eot", Uint8Array.of(EOT), CLOSED_WITHIN);
      return;
    }
    const room = long && this.#check === "crc" ? LONG_BLOCK : SHORT_BLOCK;
    const data = bytes.subarray(this.#sent, this.#sent + room);
    this.#length = data.length;
    this.#number += 1;
    this.#send("block", encodeBlock(this.#number, data, this.#check));
    if (this.#sent === 0) events.push({ is: "progress", bytes: 0 });
  }

  #sayGoodbye(): void {
    this.#send("last", encodeBlock(0, new Uint8Array(0), this.#check, 0), GOODBYE_WITHIN);
  }

  #send(place: Place, bytes: Uint8Array, within: Millis = SILENT_AFTER): void {
    this.#pending = bytes;
    this.#tries = 1;
    this.#output.push(bytes);
    this.#sentAt = this.#now;
    this.#wait(place, within);
  }

  #sendAgain(events: SenderEvent[]): void {
    this.#tries += 1;
    // To an EOT many receivers say NAK once, so that noise does not end a file.
    if (this.#place !== "eot") events.push({ is: "again", tries: this.#tries });
    if (this.#tries > MAX_TRIES) {
      this.#fail(events, `the host did not take one block in ${MAX_TRIES} tries`);
      return;
    }
    this.#output.push(this.#pending);
    this.#sentAt = this.#now;
    this.#deadline = this.#now + (this.#place === "eot" ? CLOSED_WITHIN : SILENT_AFTER);
  }

  #wait(place: Place, within: Millis): void {
    this.#place = place;
    this.#deadline = this.#now + within;
  }

  #fail(events: SenderEvent[], why: string): void {
    // Where nobody asked, nobody is there to be told: it would be typed into whatever stands there.
    if (this.#place !== "start") this.#output.push(CALL_OFF);
    this.#end(events, { is: "failed", why });
  }

  #end(events: SenderEvent[], event: SenderEvent): void {
    this.#place = "ended";
    this.#deadline = undefined;
    events.push(event);
  }
}

/** Block 0: the name, a NUL, the size in digits, a NUL. */
function header(name: string, size: number): Uint8Array {
  const facts = utf8(`\0${size}\0`);
  return concatBytes([utf8(name).subarray(0, LONG_BLOCK - facts.length), facts]);
}
