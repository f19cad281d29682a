import fs from "node:fs";
import { join } from "node:path";
import { replaceFile } from "../../lib/replace-file.ts";

const MAX_ACTS = 1000;

/**
 * Which acts of a run were finished, on disk as they are. A run that ends well takes the file away; what a run finds
 * here was finished by one that did not.
 */
export class ActsDone {
  readonly #path: string | undefined;
  readonly #before: ReadonlySet<string>;
  readonly #now = new Set<string>();

  /** `folder` undefined: nothing is kept. */
  constructor(folder: string | undefined, runbook: string) {
    this.#path = folder && join(folder, "acts", `${encodeURIComponent(runbook)}.json`);
    this.#before = new Set(this.#path === undefined ? [] : read(this.#path));
  }

  /** Whether the run before, which did not come to its end, had finished it. */
  has(runbook: string, what: string): boolean {
    return this.#before.has(key(runbook, what));
  }

  add(runbook: string, what: string): void {
    this.#now.add(key(runbook, what));
    if (this.#path === undefined || this.#now.size > MAX_ACTS) return;
    // What an earlier run had done stays done, also if this one ends before it comes to ask.
    const all = [...new Set([...this.#before, ...this.#now])];
    replaceFile(this.#path, `${JSON.stringify(all)}\n`);
  }

  /** The run has come to its end. */
  ended(): void {
    if (this.#path !== undefined) fs.rmSync(this.#path, { force: true });
  }
}

const key = (runbook: string, what: string): string => `${runbook}: ${what}`;

function read(path: string): readonly string[] {
  try {
    const stored: unknown = JSON.parse(fs.readFileSync(path, "utf8"));
    return Array.isArray(stored) ? stored.filter((one) => typeof one === "string") : [];
  } catch {
    // Nothing is known to be done: it is done again, which act() has to bear anyway.
    return [];
  }
}
