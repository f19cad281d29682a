/**
 * The receiving end of XMODEM, XMODEM-1K and YMODEM.
 *
 *   asking ─SOH, STX─► collecting ─whole and good─► waiting ─EOT, EOT─► done
 *                          └─ damaged ─► draining ─quiet─► NAK ─► waiting
 *
 * YMODEM asks again behind the file, and ends at a block 0 without a name. One file is taken, never a second one.
 */
import type { Millis } from "../lib/clock.ts";
import type { Codec } from "./codec.ts";
import {
  ACK,
  CALL_OFF,
  CAN,
  type Check,
  checkLength,
  checkOf,
  EOT,
  LONG_BLOCK,
  MAX_TRIES,
  NAK,
  SHORT_BLOCK,
  SILENT_AFTER,
  SOH,
  STX,
  WANT_CRC,
} from "./xmodem.ts";

/** So often the sender is asked to begin. */
const ASK_EVERY: Millis = 3000;
/** Senders that know no CRC wait for a NAK. */
const ASKS_FOR_CRC = 4;
/** Bytes of one block come closer together than this. */
const BLOCK_GAP: Millis = 2000;
/** After a damaged block the line has to be quiet before another one is asked for. */
const DRAINED: Millis = 300;
/** A sender that says nothing for so long is reminded. */
const REMIND_AFTER: Millis = 10_000;

/** Most that is kept between calls: one block with its head and check. */
export const MAX_HELD_BYTES = 2 + LONG_BLOCK + 2;

/** What is told of a transfer. */
export type ReceiverEvent =
  /** YMODEM: name (as the host writes it: hostile) and size of the file, where it says one. */
  | { readonly is: "file"; readonly name: string; readonly size?: number }
  | { readonly is: "data"; readonly bytes: Uint8Array }
  | { readonly is: "again"; readonly tries: number }
  | { readonly is: "done" }
  | { readonly is: "failed"; readonly why: string };

type Place = "asking" | "waiting" | "collecting" | "draining" | "ended";

/** A file on its way in. */
export class XmodemReceiver implements Codec<ReceiverEvent> {
  readonly #batch: boolean;
  #place: Place = "asking";
  #check: Check = "crc";
  #output: number[] = [];
  readonly #block = new Uint8Array(MAX_HELD_BYTES);
  #length = 0;
  #wanted = 0;
  /** Number of the block that comes next. */
  #next: number;
  /** Bytes of the file that are still to come, where its size is known. */
  #left: number | undefined;
  #begun = false;
  #fileEnded = false;
  #asks = 0;
  #tries = 0;
  #ends = 0;
  #cancels = 0;
  #now: Millis = 0;
  #deadline: Millis | undefined;
  #silentAt: Millis | undefined;

  /** `batch`: YMODEM, with name and size before the file. */
  constructor({ batch }: { readonly batch: boolean }) {
    this.#batch = batch;
    this.#next = batch ? 0 : 1;
  }

  /** Bytes kept from earlier input. */
  get held(): number {
    return this.#length;
  }

  /** When `tick` wants to be called. */
  get nextTick(): Millis | undefined {
    return this.#place === "ended" ? undefined : (this.#deadline ?? this.#now);
  }

  receive(bytes: Uint8Array, now: Millis = this.#now): ReceiverEvent[] {
    const events = this.tick(now);
    for (const byte of bytes) if (this.#place !== "ended") this.#take(byte, events);
    return events;
  }

  tick(now: Millis): ReceiverEvent[] {
    this.#now = Math.max(this.#now, now);
    const events: ReceiverEvent[] = [];
    this.#silentAt ??= this.#now + SILENT_AFTER;
    this.#deadline ??= this.#now;
    if (this.#place === "ended" || this.#now < this.#deadline) return events;
    if (this.#now >= this.#silentAt)
      this.#fail(events, this.#begun ? "the host fell silent" : "the host sent nothing");
    else if (this.#place === "asking") this.#ask();
    else if (this.#place === "draining") this.#say(NAK, "waiting", REMIND_AFTER);
    else this.#refuse(events);
    return events;
  }

  takeOutput(): Uint8Array {
    if (this.#output.length === 0) return NOTHING;
    const output = Uint8Array.from(this.#output);
    this.#output = [];
    return output;
  }

  /** Ends it from here: the sender is told. */
  callOff(): void {
    if (this.#place === "ended") return;
    this.#output.push(...CALL_OFF);
    this.#end();
  }

  #take(byte: number, events: ReceiverEvent[]): void {
    switch (this.#place) {
      case "collecting":
        this.#deadline = this.#now + BLOCK_GAP;
        this.#block[this.#length++] = byte;
        if (this.#length === this.#wanted) this.#collected(events);
        return;
      case "draining":
        this.#deadline = this.#now + DRAINED;
        return;
      case "asking":
      case "waiting":
        this.#between(byte, events);
        return;
      case "ended":
    }
  }

  /** A byte between blocks. */
  #between(byte: number, events: ReceiverEvent[]): void {
    this.#cancels = byte === CAN ? this.#cancels + 1 : 0;
    if (this.#cancels === 2) {
      this.#end();
      events.push({ is: "failed", why: "the host called it off" });
    } else if (byte === SOH || byte === STX) {
      this.#place = "collecting";
      this.#length = 0;
      this.#wanted = 2 + (byte === STX ? LONG_BLOCK : SHORT_BLOCK) + checkLength(this.#check);
      this.#deadline = this.#now + BLOCK_GAP;
    } else if (byte === EOT && this.#fileEnded) this.#output.push(ACK);
    else if (byte === EOT && this.#begun) this.#ended(events);
  }

  #collected(events: ReceiverEvent[]): void {
    const length = this.#length;
    this.#length = 0;
    const [number = 0, inverse = 0] = this.#block;
    const data = this.#block.slice(2, length - checkLength(this.#check));
    const check = checkOf(data, this.#check);
    const whole = check.every((byte, n) => byte === this.#block[2 + data.length + n]);
    if (!whole || (number ^ inverse) !== 0xff) {
      this.#place = "draining";
      this.#deadline = this.#now + DRAINED;
      this.#count(events);
      return;
    }
    this.#silentAt = this.#now + SILENT_AFTER;
    if (number === this.#next) this.#accept(data, events);
    // Its acknowledgement was lost: once more, so that the sender goes on.
    else if (this.#begun && number === ((this.#next - 1) & 0xff)) this.#acknowledge(number);
    else this.#fail(events, `block ${number} came where block ${this.#next} belongs`);
  }

  #accept(data: Uint8Array, events: ReceiverEvent[]): void {
    this.#tries = 0;
    this.#ends = 0;
    const isHeader = this.#batch && (!this.#begun || this.#fileEnded);
    if (isHeader) {
      this.#header(data, events);
      return;
    }
    this.#begun = true;
    const number = this.#next;
    this.#next = (this.#next + 1) & 0xff;
    const bytes = this.#left === undefined ? data : data.subarray(0, this.#left);
    if (this.#left !== undefined) this.#left -= bytes.length;
    if (bytes.length > 0) events.push({ is: "data", bytes });
    this.#acknowledge(number);
  }

  #header(data: Uint8Array, events: ReceiverEvent[]): void {
    const [name = "", facts = ""] = Buffer.from(data).toString("latin1").split("\0");
    if (name === "") {
      this.#output.push(ACK);
      this.#end();
      events.push(this.#fileEnded ? { is: "done" } : { is: "failed", why: "the host has no file" });
      return;
    }
    if (this.#fileEnded) {
      this.#fail(events, "the host sends a second file");
      return;
    }
    const [, digits] = /^(\d{1,15})(?: |$)/.exec(facts) ?? [];
    this.#left = digits === undefined ? undefined : Number(digits);
    this.#begun = true;
    this.#next = 1;
    events.push({ is: "file", name, ...(this.#left === undefined ? {} : { size: this.#left }) });
    this.#acknowledge(0);
  }

  /** The block has come. Behind a header the file is asked for. */
  #acknowledge(number: number): void {
    this.#say(ACK, "waiting", REMIND_AFTER);
    if (this.#batch && this.#next === 1 && number === 0) this.#output.push(WANT_CRC);
  }

  /** End of the file: the first EOT may be noise, a sender says it again. */
  #ended(events: ReceiverEvent[]): void {
    this.#ends += 1;
    if (this.#ends === 1) {
      this.#say(NAK, "waiting", REMIND_AFTER);
      return;
    }
    if ((this.#left ?? 0) > 0) {
      this.#fail(events, `${this.#left} bytes of the file are missing at its end`);
      return;
    }
    this.#output.push(ACK);
    if (!this.#batch) {
      this.#end();
      events.push({ is: "done" });
      return;
    }
    this.#fileEnded = true;
    this.#next = 0;
    this.#asks = 0;
    this.#place = "asking";
    this.#deadline = this.#now;
    this.#ask();
  }

  #ask(): void {
    this.#asks += 1;
    const plain = !this.#batch && this.#asks > ASKS_FOR_CRC;
    this.#check = plain ? "sum" : "crc";
    this.#say(plain ? NAK : WANT_CRC, "asking", ASK_EVERY);
  }

  #refuse(events: ReceiverEvent[]): void {
    this.#length = 0;
    if (this.#count(events)) this.#say(NAK, "waiting", REMIND_AFTER);
  }

  /** One more failure; false: too many. */
  #count(events: ReceiverEvent[]): boolean {
    this.#tries += 1;
    events.push({ is: "again", tries: this.#tries });
    if (this.#tries < MAX_TRIES) return true;
    this.#fail(events, `no whole block came in ${MAX_TRIES} tries`);
    return false;
  }

  #say(byte: number, place: Place, within: Millis): void {
    this.#output.push(byte);
    this.#place = place;
    this.#deadline = this.#now + within;
  }

  #fail(events: ReceiverEvent[], why: string): void {
    this.#output.push(...CALL_OFF);
    this.#end();
    events.push({ is: "failed", why });
  }

  #end(): void {
    this.#place = "ended";
    this.#deadline = undefined;
    this.#length = 0;
  }
}

const NOTHING = new Uint8Array(0);
