import type { Millis } from "../../../lib/clock.ts";
import type { Evidence } from "../../../sdk/rule.ts";
import type { ProbeReport } from "../probe.ts";

const MAX_EVIDENCE = 64;
const MAX_PROBES = 4;

/** What a watch remembers for people who ask why: when evidence came, and what the last probes brought. Unix ms. */
export class Recollection {
  readonly #seen = new Map<number, Millis>();
  #probes: readonly (ProbeReport & { readonly at: Millis })[] = [];

  saw(evidence: readonly Evidence[], at: Millis): void {
    for (const one of evidence) this.#seen.set(one.at, at);
    for (const offset of this.#seen.keys()) {
      if (this.#seen.size <= MAX_EVIDENCE) return;
      this.#seen.delete(offset);
    }
  }

  asked(probe: ProbeReport, at: Millis): void {
    this.#probes = [...this.#probes, { ...probe, at }].slice(-MAX_PROBES);
  }

  /** When the evidence at this offset came; undefined: not while this process watched. */
  seenAt(offset: number): Millis | undefined {
    return this.#seen.get(offset);
  }

  /** The last probes, oldest first. */
  get probes(): readonly (ProbeReport & { readonly at: Millis })[] {
    return this.#probes;
  }
}
