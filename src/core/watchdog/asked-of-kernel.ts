import type { Millis } from "../../lib/clock.ts";
import type { Evidence } from "../../sdk/rule.ts";
import { isStart, kindOf } from "../policy/classes.ts";
import type { Seen } from "../policy/state.ts";
import type { KernelEar } from "./kernel-ear.ts";

/** What a kernel says because it was asked by SysRq: neither a sign of life nor of death. */
export class AskedOfKernel {
  #ear: KernelEar | undefined;
  #from = 0;
  #to = 0;

  /** A kernel is asked from here on: what it says is heard by this. Without an ear: it has said all. */
  listens(ear: KernelEar | undefined, offset: number): void {
    if (!ear) {
      this.ends(offset);
      return;
    }
    this.#ear = ear;
    this.#from = offset;
    this.#to = Number.POSITIVE_INFINITY;
  }

  /** What it was asked for is done; up to here it was its answer. */
  ends(offset: number): void {
    this.#ear = undefined;
    this.#to = Math.min(this.#to, offset);
  }

  /** Whether these bytes are nothing but its answer. From the first sign of user space on, nothing is. */
  isAnswer(chunk: Uint8Array, offset: number, now: Millis): boolean {
    if (!this.#ear) return false;
    this.#ear.hears(chunk, now);
    if (this.#ear.life !== undefined) this.ends(offset);
    return this.#ear !== undefined;
  }

  /** Whether a start is among these, which nobody asked for; what the new kernel says is its own. */
  isEndedBy(evidence: readonly Evidence[]): boolean {
    const start = evidence.find((one) => isStart(one.class));
    if (!this.#ear || !start) return false;
    this.ends(start.at);
    return true;
  }

  /** Whether evidence of trouble stands in its answer: a kernel that is asked for its tasks shows their traces. */
  holds(seen: Seen): boolean {
    if (!seen.proven || seen.at < this.#from || seen.at >= this.#to) return false;
    const kind = kindOf(seen);
    return kind === "trouble" || kind === "note" || (kind === "alive" && seen.state === "warning");
  }
}
