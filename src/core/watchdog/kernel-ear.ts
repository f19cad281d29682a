import type { Millis } from "../../lib/clock.ts";
import { printable } from "../../lib/printable.ts";

/** Of what a kernel says when it is asked, so much is kept; the console's log has all of it. */
const MAX_KEPT_BYTES = 262_144;
const MAX_ROW_CHARS = 4096;

/** A row of the kernel: the stamp of printk, with its level before and its caller behind where the kernel is told to show them. */
export const STAMP = /^(?:<\d{1,2}>)?\[ {0,8}\d{1,9}\.\d{6}\](?:\[ {0,6}[TC]\d{1,7}\])?(?= |$)/;
/** systemd and others write to /dev/kmsg, and the kernel itself names the program that it lets run or kills. */
const OF_A_PROGRAM = /^[\w@.:/-]{1,60}\[\d{1,8}\]:? /;
/** A row that has only begun and may become one of the kernel's. */
const MAY_BECOME = /^(?:<\d{0,2}>?)?(?:\[ {0,8}\d{0,9}\.?\d{0,6}\]?(?:\[ {0,6}[TC]?\d{0,7}\]?)?)?$/;

/**
 * Listens while a kernel is asked by SysRq. Its own stamped lines are what was asked for, and tell neither of life nor of
 * death. Everything else comes from user space: somebody lives there.
 */
export class KernelEar {
  readonly #rows: string[] = [];
  #kept = 0;
  #row = "";
  #life: string | undefined;
  #heardAt: Millis | undefined;

  hears(chunk: Uint8Array, at: Millis): void {
    this.#heardAt = at;
    const parts = Buffer.from(chunk).toString("latin1").split(/\r?\n/);
    for (const [n, part] of parts.entries()) {
      this.#row = `${this.#row}${part.slice(0, MAX_ROW_CHARS)}`.slice(0, MAX_ROW_CHARS);
      if (n < parts.length - 1) this.#ends();
    }
    if (this.#row !== "\r") this.#judge(this.#row, true);
  }

  /** The first thing that came from user space. */
  get life(): string | undefined {
    return this.#life;
  }

  /** Monotonic time at which something came last. */
  get heardAt(): Millis | undefined {
    return this.#heardAt;
  }

  /** Whole rows, as far as they are kept. */
  get rows(): readonly string[] {
    return this.#rows;
  }

  #ends(): void {
    const row = this.#row.replace(/\r/g, "");
    this.#row = "";
    this.#judge(row, false);
    this.#kept += row.length;
    if (this.#kept <= MAX_KEPT_BYTES && row !== "") this.#rows.push(row);
  }

  #judge(row: string, begun: boolean): void {
    if (this.#life !== undefined || row.trim() === "") return;
    const [stamp] = STAMP.exec(row) ?? [];
    const rest = stamp === undefined ? row : row.slice(stamp.length).trimStart();
    const kernels = stamp !== undefined && !OF_A_PROGRAM.test(rest);
    if (kernels || (begun && MAY_BECOME.test(row))) return;
    this.#life = printable(row.trim(), 200);
  }
}
