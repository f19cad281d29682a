import type { PowerState } from "../sdk/power.ts";
import { EXIT, exitCodeNamed, worstExit } from "./exit-codes.ts";

interface Ending {
  readonly host: string;
  readonly result?: "done" | "failed" | "refused" | "unknown";
  readonly error?: { readonly code: string };
  /** Power as read at the end. */
  readonly state?: PowerState;
}

/** Collects how it ended for each host. A host of which no end was heard has the `presumed` one. */
export class Outcomes {
  readonly #codes = new Map<string, number>();

  constructor(hosts: readonly string[], presumed: number = EXIT.unknown) {
    for (const host of hosts) this.#codes.set(host, presumed);
  }

  add(ending: Ending): void {
    const { host, result, error } = ending;
    switch (result) {
      case undefined:
        return;
      case "done":
        this.#codes.set(host, EXIT.done);
        return;
      case "refused":
        this.#codes.set(host, refusalCode(error?.code));
        return;
      case "unknown":
        this.#codes.set(host, EXIT.unknown);
        return;
      case "failed":
        this.#codes.set(host, failureCode(ending));
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

/** A lack of rights and a wrong outlet are told apart from a guard's veto. */
function refusalCode(code: string | undefined): number {
  const apart = code === "NOT_PERMITTED" || code === "OUTLET_UNKNOWN";
  return apart ? exitCodeNamed(code) : EXIT.refused;
}

/** A failure after which the state is known is no unknown outcome, whatever its error is called. */
function failureCode({ error, state }: Ending): number {
  const code = error === undefined ? EXIT.failed : exitCodeNamed(error.code);
  const known = error?.code !== "POWER_UNKNOWN" || state === "on" || state === "off";
  return code === EXIT.unknown && known ? EXIT.failed : code;
}
