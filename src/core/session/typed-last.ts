import type { Millis } from "../../lib/clock.ts";
import { printable } from "../../lib/printable.ts";

/** Who typed last, when, and when somebody else did before. Times are monotonic. */
export class TypedLast {
  #who = "";
  #at: Millis | undefined;
  #others: Millis | undefined;

  get at(): Millis | undefined {
    return this.#at;
  }

  by(who: string, at: Millis): void {
    this.#others = this.byOthers(who);
    this.#who = who;
    this.#at = at;
  }

  /** When somebody else than this person did. */
  byOthers(than: string): Millis | undefined {
    return this.#who === printable(than, 64) ? this.#others : this.#at;
  }
}
