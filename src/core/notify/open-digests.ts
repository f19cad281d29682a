import type { Millis } from "../../lib/clock.ts";
import type { Waiting } from "./alert-made.ts";

/** More than these nobody waits for: the oldest is left to people. */
const MAX_DIGESTS = 50;

/** Of each digest that went out, the threads that have no end yet. */
export type Digests = Readonly<Record<string, readonly string[]>>;

/** Ends digests: one is over when all that went into it is. */
export class OpenDigests {
  readonly #site: string;
  #open: Digests;

  constructor(site: string, stored: Digests = {}) {
    this.#site = site;
    this.#open = stored;
  }

  get stored(): Digests {
    return this.#open;
  }

  /** A message went out; gives what has to follow it. */
  sent({ alert, of, seq }: Waiting, now: Millis): readonly Waiting[] {
    if (of) {
      // What belongs to no incident and no channel has no end that is told.
      const threads = of.map((one) => one.thread);
      const lasting = threads.filter((one) => /^[^/]+\/(?:incident|channel)\//.test(one));
      if (lasting.length < threads.length) return [];
      const kept = Object.entries(this.#open).slice(-(MAX_DIGESTS - 1));
      this.#open = { ...Object.fromEntries(kept), [alert.thread]: lasting };
      return [];
    }
    if (alert.phase !== "resolved") return [];
    const ended: string[] = [];
    const left = Object.entries(this.#open).map(([digest, threads]) => {
      const rest = threads.filter((one) => one !== alert.thread);
      if (rest.length === 0) ended.push(digest);
      return [digest, rest] as const;
    });
    this.#open = Object.fromEntries(left.filter(([, rest]) => rest.length > 0));
    return ended.map((thread) => this.#end(thread, seq, now));
  }

  #end(thread: string, seq: number, now: Millis): Waiting {
    const title = "all alerts of an earlier digest are over";
    const words = { title, seen: [], news: [{ at: now, text: title }], commands: ["oob status"] };
    const kind = { phase: "resolved", severity: "info", first: false } as const;
    const alert = { key: `${thread}-end`, thread, site: this.#site, at: now, ...kind, ...words };
    return { alert, seq, since: now, tries: 0 };
  }
}
