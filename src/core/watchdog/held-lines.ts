import type { WatchState } from "../policy/state.ts";
import type { WatchedHost } from "./watchdog-parts.ts";

/**
 * Consoles on demand that the watchdog keeps open: where it may act and suspects a host, the line is not hung up under
 * it, and is called again where it was lost. It calls nobody whom it does not suspect.
 */
export class HeldLines {
  readonly #held = new Map<WatchedHost, () => void>();

  look(watches: Iterable<{ readonly host: WatchedHost; readonly state: WatchState }>): void {
    for (const { host, state } of watches) {
      const held = this.#held.get(host);
      const { mode } = host.entry.watch;
      const { is } = state.phase;
      const acts = mode === "act" || mode === "ask";
      const wanted = acts && (is === "suspect" || is === "acting" || is === "watching");
      if (wanted && !held) {
        const release = host.console.demand?.hold();
        if (release) this.#held.set(host, release);
      } else if (held && !wanted) {
        this.#held.delete(host);
        held();
      }
    }
  }

  stop(): void {
    for (const release of this.#held.values()) release();
    this.#held.clear();
  }
}
