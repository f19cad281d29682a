import type { Site, SiteEvent } from "../core/site/site.ts";
import type { Clock, Millis } from "../lib/clock.ts";

/** Prints the daemon's events with the time since the start, and waits for some of them. */
export class DemoStory {
  readonly #say: (line: string) => void;
  readonly #clock: Clock;
  readonly #began: Millis;
  readonly #waiting = new Map<(event: SiteEvent) => boolean, () => void>();
  #stopped = false;

  constructor(site: Site, say: (line: string) => void, clock: Clock, signal: AbortSignal) {
    this.#say = say;
    this.#clock = clock;
    this.#began = clock.monotonic();
    void this.#follow(site).catch((thrown: unknown) => {
      if (!this.#stopped && !signal.aborted) say(`the daemon's events ended: ${String(thrown)}`);
    });
  }

  tell(text: string): void {
    const at = ((this.#clock.monotonic() - this.#began) / 1000).toFixed(1).padStart(6);
    this.#say(`${at} s  ${text}`);
  }

  until(is: (event: SiteEvent) => boolean): Promise<void> {
    return new Promise((resolve) => this.#waiting.set(is, resolve));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
  }

  async #follow(site: Site): Promise<void> {
    for await (const event of site.events({ hosts: [], follow: true })) {
      if (this.#stopped) return;
      if (event.host !== undefined) this.tell(`${event.host.padEnd(5)} ${event.text}`);
      for (const [is, resolve] of this.#waiting) {
        if (!is(event)) continue;
        this.#waiting.delete(is);
        resolve();
      }
    }
  }
}
