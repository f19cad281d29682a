import type { PortState } from "../port/console-port.ts";

interface UpAndDownParts {
  /** To the people at the console. */
  readonly notice: (text: string) => void;
  /** Into the audit trail. */
  readonly note: (type: string, text: string, data: Readonly<Record<string, unknown>>) => void;
}

/** Tells people and the audit trail when a console comes and goes, each once. */
export class UpAndDown {
  readonly #parts: UpAndDownParts;
  #toldDown: string | undefined;

  constructor(parts: UpAndDownParts) {
    this.#parts = parts;
  }

  /** true: nobody was connected for a while, and the host went on without us. */
  tell(state: PortState, before: PortState): boolean {
    const { notice, note } = this.#parts;
    const wasDown = this.#toldDown !== undefined;
    if (state.is === "opening" && state.progress !== "") notice(state.progress);
    if (state.is === "up") {
      this.#toldDown = undefined;
      notice(`console up: ${state.label}`);
      note("console.up", `console up: ${state.label}`, {});
      return wasDown;
    }
    if (state.is === "idle" && before.is !== "closed") {
      this.#toldDown = state.why;
      notice(`console closed: ${state.why}; a key calls again`);
      note("console.idle", `console closed: ${state.why}`, { wasUp: before.is === "up" });
    }
    // Each further attempt fails for the same reason: once is enough.
    if (state.is !== "down" || this.#toldDown === state.why) return false;
    this.#toldDown = state.why;
    notice(`console down: ${state.why}; it is opened again by itself`);
    note("console.down", `console down: ${state.why}`, { wasUp: before.is === "up" });
    return false;
  }
}
