import type { Rung } from "../../config/site-config.ts";
import type { WatchState } from "../policy/state.ts";
import type { KernelEar } from "./kernel-ear.ts";
import type { HostParts, WatchedHost } from "./watchdog-parts.ts";
import { climbRung } from "./watchdog-rung.ts";
import type { HostStory } from "./watchdog-story.ts";

/** Climbs one host's rungs, one at a time. */
export class Climber {
  readonly #host: WatchedHost;
  readonly #parts: HostParts;
  readonly #story: HostStory;
  #act = new AbortController();
  readonly #ending = new AbortController();

  constructor(host: WatchedHost, parts: HostParts, story: HostStory) {
    this.#host = host;
    this.#parts = parts;
    this.#story = story;
  }

  /** A rung is decided upon: what objects from here on calls it off. */
  begins(): void {
    this.#act = new AbortController();
  }

  callOff(why: string): void {
    this.#act.abort(new Error(why));
  }

  /** The watch ends. */
  stop(why: string): void {
    for (const one of [this.#act, this.#ending]) one.abort(new Error(why));
  }

  /** `listens`: to what a kernel says that is asked before the rung, until it has said all. Never throws. */
  climb(
    rung: Rung,
    { phase, seen }: WatchState,
    listens: (ear?: KernelEar) => void,
  ): ReturnType<typeof climbRung> {
    const acting = phase.is === "acting" ? phase : undefined;
    return climbRung({
      ...{ rung, person: acting?.approved?.by, second: acting?.approved?.second },
      ...{ host: this.#host, parts: this.#parts },
      ...{ incident: this.#story.incident, listens },
      beside: (work) => this.#story.run(work),
      seen: { class: seen.class, probeFailedAt: acting?.proof.probeFailedAt },
      signal: this.#act.signal,
      ending: this.#ending.signal,
      note: (type, text) => this.#story.note(type, text),
    });
  }
}
