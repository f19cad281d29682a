/**
 * Times for lines that have none: they come at line speed, and where the host's own clock shows that more time went by
 * ("[ 1234.567890]" of Linux and NetBSD), that much later. A clock that jumps back began anew, or stands in a quotation.
 */
import type { Millis } from "../../lib/clock.ts";
import { hours } from "../../lib/durations.ts";

/** 115200 baud, 8N1. */
const BYTES_PER_SECOND = 11_520;
/** A host that says that more than this went by at once is not believed: every second of it is played. */
const LONGEST_LEAP: Millis = hours(31 * 24);
const HOST_CLOCK = /^\[ {0,7}(\d{1,8}\.\d{3})\d{0,6} ?\]/;
const CLOCK_BYTES = 24;
const OPENS = 0x5b;

/** Says when each line came, as far as can be known. */
export class AssumedTime {
  #at: Millis;
  #bytes = 0;
  /** The host's clock as it was shown last, and when that was. */
  #clock: { readonly shown: Millis; readonly at: Millis } | undefined;

  constructor(from: Millis) {
    this.#at = from;
  }

  get now(): Millis {
    return this.#at + Math.round((this.#bytes * 1000) / BYTES_PER_SECOND);
  }

  /** It is known to be this late by now. Time never goes back. */
  passes(at: Millis): void {
    this.#at = Math.max(this.now, at);
    this.#bytes = 0;
  }

  /** When a line begins to come. */
  takes(line: Uint8Array): Millis {
    if (line[0] === OPENS) this.#hostClock(line.subarray(0, CLOCK_BYTES));
    const at = this.now;
    this.#bytes += line.length;
    return at;
  }

  #hostClock(beginning: Uint8Array): void {
    const [, text] = HOST_CLOCK.exec(Buffer.from(beginning).toString("latin1")) ?? [];
    if (text === undefined) return;
    const before = this.#clock;
    const shown = Math.round(Number(text) * 1000);
    const leap = before === undefined ? 0 : shown - before.shown;
    if (before !== undefined && leap > 0 && leap <= LONGEST_LEAP) this.passes(before.at + leap);
    this.#clock = { shown, at: this.now };
  }
}
