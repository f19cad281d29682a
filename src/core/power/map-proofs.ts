import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Millis } from "../../lib/clock.ts";
import { replaceFile } from "../../lib/replace-file.ts";
import type { MapClaim } from "../../sdk/power.ts";

/** Who proved it, when, and on which outlet. */
export interface ProofFacts {
  readonly by: string;
  readonly at: Millis;
  readonly outlet: string;
}

/**
 * Proofs that people have given, one file each, named after what it holds for: whatever differs (firmware, device,
 * what is written), there is no such file, and no proof.
 */
export class MapProofs {
  readonly #folder: string;

  constructor(state: string) {
    this.#folder = join(state, "pdu-maps");
  }

  /** What cannot be read proves nothing. */
  readonly has = (claim: MapClaim): boolean => {
    try {
      const { claim: kept } = JSON.parse(readFileSync(this.#path(claim), "utf8")) ?? {};
      return canonical(kept) === canonical(claim);
    } catch {
      return false;
    }
  };

  add(claim: MapClaim, facts: ProofFacts): void {
    replaceFile(this.#path(claim), `${JSON.stringify({ claim, ...facts }, undefined, 2)}\n`);
  }

  #path(claim: MapClaim): string {
    const digest = createHash("sha256").update(canonical(claim)).digest("hex");
    return join(this.#folder, `${digest.slice(0, 32)}.json`);
  }
}

function canonical(claim: MapClaim): string {
  const { family, device, model, firmware, table, writes } = claim;
  return JSON.stringify([family, device, model, firmware, table, writes]);
}
