import type { Clock, Millis, Timer } from "../../lib/clock.ts";
import { seconds } from "../../lib/durations.ts";
import type { PortState } from "../port/console-port.ts";

/** A link that ended sooner never worked: a server that is full accepts and hangs up, every few seconds. */
const LASTED: Millis = seconds(15);
/** Such links in a row that are told of. */
const TOLD = 3;

interface UpAndDownParts {
  readonly clock: Clock;
  /** To the people at the console. */
  readonly notice: (text: string) => void;
  /** Into the audit trail. */
  readonly note: (type: string, text: string, data: Readonly<Record<string, unknown>>) => void;
}

/** Tells people and the audit trail when a console comes and goes, each once. */
export class UpAndDown {
  readonly #parts: UpAndDownParts;
  #toldDown: string | undefined;
  #upAt: Millis = 0;
  /** Links in a row that did not last. */
  #short = 0;
  #stays: Timer | undefined;

  constructor(parts: UpAndDownParts) {
    this.#parts = parts;
  }

  /** true: nobody was connected for a while, and the host went on without us. */
  tell(state: PortState, before: PortState): boolean {
    const { notice, note } = this.#parts;
    const wasDown = this.#toldDown !== undefined;
    if (state.is !== "up") this.#stays?.cancel();
    if (state.is === "opening" && state.progress !== "") notice(state.progress);
    if (state.is === "up") {
      this.#toldDown = undefined;
      this.#up(`console up: ${state.label}`);
      return wasDown;
    }
    if (state.is === "idle" && before.is !== "closed") {
      this.#toldDown = state.why;
      notice(`console closed: ${state.why}; a key calls again`);
      note("console.idle", `console closed: ${state.why}`, { wasUp: before.is === "up" });
    }
    // Each further attempt fails for the same reason: once is enough.
    if (state.is !== "down" || this.#toldDown === state.why) return false;
    this.#down(state.why, before.is === "up");
    return false;
  }

  #up(text: string): void {
    const { clock, notice, note } = this.#parts;
    this.#upAt = clock.monotonic();
    const tell = () => {
      notice(text);
      note("console.up", text, {});
    };
    if (this.#short < TOLD) tell();
    else this.#stays = clock.after(LASTED, tell);
  }

  #down(why: string, wasUp: boolean): void {
    const { clock, notice, note } = this.#parts;
    this.#toldDown = why;
    if (wasUp) this.#short = clock.monotonic() - this.#upAt < LASTED ? this.#short + 1 : 0;
    if (this.#short > TOLD) return;
    const flaps = this.#short === TOLD ? "; it comes and goes: told when it stays up" : "";
    notice(`console down: ${why}; it is opened again by itself${flaps}`);
    note("console.down", `console down: ${why}${flaps}`, { wasUp });
  }
}
