import { OobError } from "../../lib/errors.ts";

/**
 * The last moment at which an order can be given up: right before its first command. Once one went out, nothing stops
 * the order any more.
 */
export class FirstCommand {
  readonly #refusal: OobError;
  readonly #signal: AbortSignal | undefined;
  #sent = false;

  constructor(cannot: string, signal: AbortSignal | undefined) {
    this.#refusal = new OobError("INTERRUPTED", `${cannot}: given up before anything moved`);
    this.#signal = signal;
  }

  /** Throws INTERRUPTED where the order was given up and nothing was sent. */
  look(): void {
    if (!this.#sent && this.#signal?.aborted) throw this.#refusal;
  }

  /** The same, right before a command is sent. */
  goesOut(): void {
    this.look();
    this.#sent = true;
  }

  /** Whether this is what an order throws that was given up. */
  refused(thrown: unknown): boolean {
    return thrown === this.#refusal;
  }
}
