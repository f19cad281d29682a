import { EXIT, exitCodeNamed, worstExit } from "./exit-codes.ts";

interface Ending {
  readonly host: string;
  readonly result?: "done" | "failed" | "refused" | "unknown";
  readonly error?: { readonly code: string };
}

/** Collects how it ended for each host. A host of which no end was heard has the `presumed` one. */
export class Outcomes {
  readonly #codes = new Map<string, number>();

  constructor(hosts: readonly string[], presumed: number = EXIT.unknown) {
    for (const host of hosts) this.#codes.set(host, presumed);
  }

  add({ host, result, error }: Ending): void {
    switch (result) {
      case undefined:
        return;
      case "done":
        this.#codes.set(host, EXIT.done);
        return;
      case "refused":
        // A lack of rights is told apart from a guard's veto.
        this.#codes.set(host, error?.code === "NOT_PERMITTED" ? EXIT.notPermitted : EXIT.refused);
        return;
      case "unknown":
        this.#codes.set(host, EXIT.unknown);
        return;
      case "failed":
        this.#codes.set(host, error === undefined ? EXIT.failed : exitCodeNamed(error.code));
        return;
    }
  }

  get exitCode(): number {
    return worstExit([...this.#codes.values()]);
  }

  /** Hosts whose end was not heard, or not known. */
  get unknown(): string[] {
    return [...this.#codes].filter(([, code]) => code === EXIT.unknown).map(([host]) => host);
  }
}
