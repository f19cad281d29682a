import type { Millis } from "../../lib/clock.ts";
import type { Evidence } from "../../sdk/rule.ts";
import type { Detector, Opinion } from "../detect/opinion.ts";

const NONE: readonly Evidence[] = [];

/**
 * A detector at its place in a console's stream: it counts from the first byte that it saw, people and the log count
 * from the stream's beginning. A fault in a rule costs no byte and closes no console.
 */
export class PlacedDetector {
  readonly #detector: Detector;
  readonly #failed: (error: unknown) => void;
  #from = 0;
  #opinion: { readonly seen: Opinion; readonly placed: Opinion } | undefined;
  #saidFailed = false;

  constructor(detector: Detector, failed: (error: unknown) => void) {
    this.#detector = detector;
    this.#failed = failed;
  }

  /** Offset of the first byte to be seen. Before the first `see`. */
  beginAt(offset: number): void {
    this.#from = offset;
  }

  see(chunk: Uint8Array, at: Millis): readonly Evidence[] {
    try {
      const seen = this.#detector.see(chunk, at);
      return seen.length === 0 ? NONE : seen.map((one) => this.#placed(one));
    } catch (error) {
      // Said once: the next chunk may well fail for the same reason.
      if (!this.#saidFailed) this.#failed(error);
      this.#saidFailed = true;
      return NONE;
    }
  }

  typed(bytes: Uint8Array): void {
    this.#detector.typed(bytes);
  }

  expectBoot(): void {
    this.#detector.expectBoot?.();
  }

  gap(): void {
    this.#detector.gap();
  }

  get opinion(): Opinion {
    const seen = this.#detector.opinion;
    if (this.#opinion?.seen !== seen) {
      const evidence = seen.evidence.map((one) => this.#placed(one));
      this.#opinion = { seen, placed: { ...seen, since: seen.since + this.#from, evidence } };
    }
    return this.#opinion.placed;
  }

  #placed(evidence: Evidence): Evidence {
    const from = this.#from;
    return { ...evidence, at: evidence.at + from, offset: evidence.offset + from };
  }
}
