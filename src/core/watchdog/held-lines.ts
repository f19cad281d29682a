import type { WatchMode } from "../../config/site-config.ts";
import type { Millis } from "../../lib/clock.ts";
import { hours } from "../../lib/durations.ts";
import type { WatchState } from "../policy/state.ts";
import type { WatchedHost } from "./watchdog-parts.ts";

/** After this a person has been called, and can call the host. */
const LONGEST: Millis = hours(1);

/**
 * Consoles on demand that the watchdog keeps open: where it may act and suspects a host, the line is not hung up under
 * it, and is called again where it was lost. It calls nobody whom it does not suspect. A line costs money: none is kept
 * while hands are off, nor longer than a case is worth that nothing settles.
 */
export class HeldLines {
  readonly #held = new Map<WatchedHost, () => void>();

  look(
    watches: Iterable<{ readonly host: WatchedHost; readonly state: WatchState }>,
    now: Millis,
  ): void {
    for (const { host, state } of watches) {
      const held = this.#held.get(host);
      const wanted = isWanted(state, host.entry.watch.mode, now);
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

function isWanted({ phase, held }: WatchState, mode: WatchMode, now: Millis): boolean {
  if (mode !== "act" && mode !== "ask") return false;
  if (phase.is === "acting") return true;
  if (phase.is !== "suspect" && phase.is !== "watching") return false;
  return held === undefined && now - phase.case.began < LONGEST;
}
