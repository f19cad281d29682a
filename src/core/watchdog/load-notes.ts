import type { Audit } from "../audit/audit.ts";
import type { Incident } from "../incident/incident.ts";
import { WATCHDOG } from "./watchdog-parts.ts";

interface Watched {
  readonly host: { readonly entry: { readonly name: string } };
  readonly incident: Incident | undefined;
}

/**
 * Tells in a host's incident what its outlets' loads say, each time that it is something else. For the person who reads
 * it: the watchdog decides without.
 */
export class LoadNotes {
  readonly #audit: Pick<Audit, "note">;
  readonly #loadOf: ((host: string) => string | undefined) | undefined;
  /** What was told last, by incident. */
  readonly #told = new Map<string, { readonly incident: number; readonly kind: string }>();

  constructor(audit: Pick<Audit, "note">, loadOf?: (host: string) => string | undefined) {
    this.#audit = audit;
    this.#loadOf = loadOf;
  }

  look(watches: Iterable<Watched>): void {
    for (const { host, incident } of watches) {
      const { name } = host.entry;
      const text = incident && this.#loadOf?.(name);
      if (incident === undefined || text === undefined) continue;
      // A plateau gets longer from reading to reading: that is no news.
      const kind = text.replace(/\d+(?:\.\d+)?/g, "");
      const { id } = incident.record;
      const before = this.#told.get(name);
      if (before?.incident === id && before.kind === kind) continue;
      this.#told.set(name, { incident: id, kind });
      const data = { incident: id };
      this.#audit.note({ host: name, type: "watch.load", by: WATCHDOG, text, data });
      incident.tell("watch.load", text);
    }
  }
}
