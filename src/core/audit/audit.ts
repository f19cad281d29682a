import type { Millis } from "../../lib/clock.ts";
import type { SiteEvent } from "../site/site.ts";

/** An event before it has its number, its time and its place in the chain. */
export type NewEvent = Omit<SiteEvent, "seq" | "at">;

/**
 * The audit trail: one JSON line a record, each carrying the hash of the line before. Append-only; survives kill -9
 * with at most its last, unfinished line lost, which the next start marks.
 */
export interface Audit {
  /** Resolves once the record is on disk (fdatasync). Throws AUDIT_UNWRITABLE. For intents and outcomes. */
  commit(event: NewEvent): Promise<SiteEvent>;
  /** Written now, on disk at the next group sync. For the story. */
  note(event: NewEvent): SiteEvent;
  /** Tells of every event from now on, also of one that could not be written. Until the function given is called. */
  hear?(listen: (event: SiteEvent) => void): () => void;
  /** false once a write failed and none has succeeded since. */
  readonly writable: boolean;
  /** Records of the trail, oldest first; with `follow`, also those to come. */
  read(query: {
    readonly hosts: readonly string[];
    readonly since?: Millis;
    readonly type?: string;
    readonly follow: boolean;
    /** Ends a followed trail within a second. */
    readonly signal?: AbortSignal;
  }): AsyncIterable<SiteEvent>;
  close(): Promise<void>;
}
