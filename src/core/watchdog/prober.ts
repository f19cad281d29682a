import type { ProbeReport } from "./probe.ts";
import type { HostParts, WatchedHost } from "./watchdog-parts.ts";
import { askConsole } from "./watchdog-view.ts";

type Found = Awaited<ReturnType<typeof askConsole>>;

/** Asks one host, one probe at a time. */
export class Prober {
  readonly #host: WatchedHost;
  readonly #parts: HostParts;
  #under = new AbortController();
  #rebootRead = false;

  constructor(host: WatchedHost, parts: HostParts) {
    this.#host = host;
    this.#parts = parts;
  }

  /** Ends the probe under way: it proves nothing. */
  stop(why: string): void {
    this.#under.abort(new Error(why));
  }

  /** The case is over: in the next one, "Rebooting in N seconds" is looked for again. */
  forget(): void {
    this.#rebootRead = false;
  }

  /** What was found; undefined where another probe has begun meanwhile. `person` lends the seat for it. */
  async ask(person?: string): Promise<(ProbeReport & Found) | undefined> {
    this.stop("another probe begins");
    const mine = new AbortController();
    this.#under = mine;
    const order = { host: this.#host, parts: this.#parts, signal: mine.signal, person };
    const found = await askConsole({ ...order, readReboot: !this.#rebootRead });
    this.#rebootRead = true;
    return this.#under === mine ? found : undefined;
  }
}
