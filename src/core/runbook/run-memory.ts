import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { messageOf, OobError } from "../../lib/errors.ts";
import { replaceFile } from "../../lib/replace-file.ts";
import type { MemoryHands } from "../../sdk/runbook.ts";

const MAX_BYTES = 8 * 1024 * 1024;

/** What runbooks remember of a host: on disk when the whole run has ended well. */
export class RunMemory {
  readonly #folder: string | undefined;
  readonly #fresh = new Map<string, string>();

  /** undefined: nothing is kept. */
  constructor(folder: string | undefined) {
    this.#folder = folder;
  }

  of(runbook: string): MemoryHands {
    return {
      recall: async () => {
        const fresh = this.#fresh.get(runbook);
        return fresh === undefined ? this.#read(runbook) : JSON.parse(fresh);
      },
      remember: async (value) => {
        const text = JSON.stringify(value);
        if (text === undefined || Buffer.byteLength(text) > MAX_BYTES)
          throw new OobError(
            "RUNBOOK_INVALID",
            `Cannot remember this for ${runbook}: ${text === undefined ? "it is no JSON" : "it is more than 8 MiB"}`,
          );
        this.#fresh.set(runbook, text);
      },
    };
  }

  /** The run has ended well. */
  keep(): void {
    if (this.#folder === undefined) return;
    for (const [runbook, text] of this.#fresh) replaceFile(this.#path(this.#folder, runbook), text);
  }

  async #read(runbook: string): Promise<unknown> {
    if (this.#folder === undefined) return undefined;
    const path = this.#path(this.#folder, runbook);
    try {
      return JSON.parse(await readFile(path, "utf8"));
    } catch (thrown) {
      if (thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT") return undefined;
      throw new OobError(
        "RUNBOOK_FAILED",
        `Cannot read what ${runbook} remembers in "${path}": ${messageOf(thrown)}`,
        { hint: "Remove the file: all that it would find is then new" },
      );
    }
  }

  #path(folder: string, runbook: string): string {
    return join(folder, "memory", `${encodeURIComponent(runbook)}.json`);
  }
}
