import type { Millis } from "../../lib/clock.ts";

/** Both clocks have to go on together for this long before they are believed. */
const TRUST_MILLIS = 5000;
/** A line waits in the kernel and on the wire: the stamp is older than the moment at which it comes. */
const LATE_SECONDS = 5;
/** A stamp that is further off than this, and than a hundredth of the time since the last good one, is not the host's. */
const STRAY_SECONDS = 30;

/**
 * The clock in a host's own time stamps, against wall time. Text of another host, of a virtual machine or of another day
 * carries another clock. Where no time passes (bytes read from a file) nothing is believed, and nothing strays.
 */
export class HostClock {
  #stamp = 0;
  #at: Millis | undefined;
  #trusted = false;
  /** Another clock that came up where nothing runs that could show one: the host's own, if it goes on in step. */
  #jumped: HostClock | undefined;

  copy(): HostClock {
    const copy = new HostClock();
    copy.#stamp = this.#stamp;
    copy.#at = this.#at;
    copy.#trusted = this.#trusted;
    copy.#jumped = this.#jumped?.copy();
    return copy;
  }

  forget(): void {
    this.#at = undefined;
    this.#trusted = false;
    this.#jumped = undefined;
  }

  /**
   * A stamp came. `own`: nothing runs that could show another's, so a clock that jumped may be the host's, whose timer is
   * not stable. It is followed once it has gone on in step; one line alone moves no clock.
   */
  note(stamp: number, at: Millis, own: boolean): void {
    if (this.strays(stamp, at) !== undefined) {
      if (own) this.#noteJump(stamp, at);
      return;
    }
    if (this.#at === undefined || (!this.#trusted && stamp < this.#stamp)) {
      this.#stamp = stamp;
      this.#at = at;
      return;
    }
    const passed = at - this.#at;
    const off = Math.abs(this.#off(stamp, at));
    if (!this.#trusted) {
      this.#trusted = passed >= TRUST_MILLIS && off <= LATE_SECONDS;
      return;
    }
    if (off > STRAY_SECONDS) return;
    this.#stamp = stamp;
    this.#at = at;
    this.#jumped = undefined;
  }

  #noteJump(stamp: number, at: Millis): void {
    const jumped = this.#jumped;
    if (jumped === undefined || Math.abs(jumped.#off(stamp, at)) > LATE_SECONDS) {
      this.#jumped = new HostClock();
      this.#jumped.note(stamp, at, false);
      return;
    }
    jumped.note(stamp, at, false);
    if (!jumped.#trusted) return;
    this.#stamp = stamp;
    this.#at = at;
    this.#jumped = undefined;
  }

  /** Whether a stamp that comes now is of another clock: ahead of the host's own, or behind it. */
  strays(stamp: number, at: Millis): "ahead" | "behind" | undefined {
    if (!this.#trusted || this.#at === undefined) return undefined;
    const off = this.#off(stamp, at);
    if (Math.abs(off) <= Math.max(STRAY_SECONDS, (at - this.#at) / 100_000)) return undefined;
    return off > 0 ? "ahead" : "behind";
  }

  #off(stamp: number, at: Millis): number {
    return stamp - this.#stamp - (at - (this.#at ?? at)) / 1000;
  }
}
