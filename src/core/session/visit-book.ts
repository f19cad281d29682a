import fs from "node:fs";
import { dirname } from "node:path";
import type { Millis } from "../../lib/clock.ts";
import { printable } from "../../lib/printable.ts";
import { LOG_FILE_MODE, makeLogFolder } from "../log/log-folder.ts";

/** Who had the seat last. Times are Unix ms. */
export interface Visit {
  readonly who: string;
  readonly since: Millis;
  /** undefined: still there when it was written. */
  readonly until?: Millis;
  /** When a person typed last; where `until` is absent too, whoever was there may have typed until the process ended. */
  readonly typedAt?: Millis;
  /** "left", "was idle for 30m" */
  readonly how: string;
  /** A shell stood open then. */
  readonly shell?: { readonly root: boolean };
  /** What is done after the last writer has gone was not done yet. */
  readonly owed?: true;
  /** Place in the console's stream. */
  readonly offset: number;
}

/** The last visit to one console, kept in a file: who comes next may come to another process. */
export class VisitBook {
  readonly #path: string | undefined;
  #last: Visit | undefined;
  #read = false;

  /** Without a path it is kept in memory. */
  constructor(path?: string) {
    this.#path = path;
  }

  get last(): Visit | undefined {
    if (!this.#read) {
      this.#read = true;
      this.#last = readVisit(this.#path);
    }
    return this.#last;
  }

  /** A disk that takes nothing costs the memory of it, not the session. */
  write(visit: Visit): void {
    this.#read = true;
    this.#last = visit;
    if (this.#path === undefined) return;
    const fresh = `${this.#path}.new`;
    try {
      makeLogFolder(dirname(this.#path));
      fs.writeFileSync(fresh, `${JSON.stringify(visit)}\n`, { mode: LOG_FILE_MODE });
      fs.renameSync(fresh, this.#path);
    } catch {
      // Told already where it matters: the console's log cannot be written either.
    }
  }
}

function readVisit(path: string | undefined): Visit | undefined {
  if (path === undefined) return undefined;
  try {
    const { who, since, until, typedAt, how, shell, owed, offset } = JSON.parse(
      fs.readFileSync(path, "utf8"),
    );
    if (typeof who !== "string" || typeof how !== "string") return undefined;
    if (typeof since !== "number" || typeof offset !== "number") return undefined;
    const visit = { who: printable(who, 64), since, how: printable(how, 300), offset };
    return {
      ...visit,
      ...(typeof until === "number" ? { until } : {}),
      ...(typeof typedAt === "number" ? { typedAt } : {}),
      ...(owed === true ? { owed } : {}),
      ...(typeof shell?.root === "boolean" ? { shell: { root: shell.root } } : {}),
    };
  } catch {
    return undefined;
  }
}
