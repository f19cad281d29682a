import type { Clock, Millis } from "../../lib/clock.ts";
import { OobError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import type { SiteEvent } from "../site/site.ts";
import type { Audit, NewEvent } from "./audit.ts";
import {
  AuditFile,
  type DiskWrite,
  hashLine,
  MAX_RECORD_BYTES,
  NO_PREVIOUS,
} from "./audit-file.ts";
import { auditLines } from "./audit-lines.ts";

/** How often a follower looks for records that other processes wrote. */
const FOLLOW_EVERY: Millis = 1000;
const MAX_TEXT = 4096;

/** Opens the trail in `dir`, makes it if there is none, and marks what a kill left unfinished. */
export function openAuditTrail(dir: string, clock: Clock, write?: DiskWrite): Audit {
  return new AuditTrail(dir, clock, write);
}

class AuditTrail implements Audit {
  readonly #dir: string;
  readonly #clock: Clock;
  readonly #file: AuditFile;
  readonly #wake = new Set<() => void>();
  readonly #listeners = new Set<(event: SiteEvent) => void>();
  readonly #closing = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #queued: Promise<void> | undefined;
  #writable = true;
  #lost = 0;
  #changes = 0;

  constructor(dir: string, clock: Clock, write?: DiskWrite) {
    this.#dir = dir;
    this.#clock = clock;
    this.#file = new AuditFile(dir, write);
  }

  get writable(): boolean {
    return this.#writable;
  }

  async commit(event: NewEvent): Promise<SiteEvent> {
    let written: SiteEvent;
    try {
      written = this.#write(event, true);
      await this.#sync();
      this.#writable = true;
    } catch (thrown) {
      this.#writable = false;
      throw thrown;
    }
    return this.#told(written);
  }

  note(event: NewEvent): SiteEvent {
    return this.#told(this.#noted(event));
  }

  #noted(event: NewEvent): SiteEvent {
    try {
      const written = this.#write(event, false);
      this.#writable = true;
      return written;
    } catch {
      // The story is not worth the blocks that are kept for intents. What is lost is counted, and told once it can be.
      this.#lost++;
      if (!this.#file.hasSpare) this.#writable = false;
      return { seq: 0, at: this.#clock.now(), ...event };
    }
  }

  hear(listen: (event: SiteEvent) => void): () => void {
    this.#listeners.add(listen);
    return () => this.#listeners.delete(listen);
  }

  #told(event: SiteEvent): SiteEvent {
    for (const listen of this.#listeners) listen(event);
    return event;
  }

  async *read(query: Parameters<Audit["read"]>[0]): AsyncIterable<SiteEvent> {
    const position = { from: 0, last: 0 };
    for (;;) {
      const seen = this.#changes;
      for await (const event of this.#newer(position)) {
        if (isWanted(event, query)) yield event;
      }
      if (!query.follow || this.#closing.signal.aborted || query.signal?.aborted) return;
      await this.#more(seen);
    }
  }

  async *#newer(position: { from: number; last: number }): AsyncGenerator<SiteEvent> {
    for await (const { line, end } of auditLines(this.#dir, position.from)) {
      position.from = end ?? position.from;
      const event = eventOf(line);
      if (!event || event.seq <= position.last) continue;
      position.last = event.seq;
      yield event;
    }
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    this.#changed();
    await this.#sync();
    this.#file.close();
  }

  #write(event: NewEvent, mayUseSpare: boolean): SiteEvent {
    if (this.#closing.signal.aborted) throw closed(this.#dir);
    const torn = this.#file.takeTornBytes();
    if (torn > 0)
      this.#mark("audit.torn", `${torn} bytes of an unfinished record were set aside`, mayUseSpare);
    const lost = this.#lost;
    if (lost > 0 && !mayUseSpare) {
      this.#mark("audit.gap", `${lost} notes could not be written`, false);
      this.#lost -= lost;
    }
    return this.#append(event, mayUseSpare);
  }

  #changed(): void {
    this.#changes++;
    for (const wake of this.#wake) wake();
  }

  #mark(type: string, text: string, mayUseSpare: boolean): void {
    this.#append({ type, by: "oob", text }, mayUseSpare);
  }

  #append(event: NewEvent, mayUseSpare: boolean): SiteEvent {
    let written: SiteEvent | undefined;
    this.#file.append((end) => {
      written = {
        seq: end.seq + 1,
        at: this.#clock.now(),
        ...event,
        text: printable(event.text, MAX_TEXT),
      };
      const line = JSON.stringify({ ...written, prev: end.prev });
      if (Buffer.byteLength(line) < MAX_RECORD_BYTES) return line;
      written = { ...written, data: { cut: true } };
      return JSON.stringify({ ...written, prev: end.prev });
    }, mayUseSpare);
    this.#changed();
    if (!written)
      throw new OobError("INTERNAL", "Cannot write the audit trail: no record was built");
    return written;
  }

  /** Commits that come while one fdatasync runs share the next one. */
  #sync(): Promise<void> {
    this.#queued ??= this.#running
      .catch(() => undefined)
      .then(() => {
        this.#queued = undefined;
        this.#running = this.#file.sync();
        return this.#running;
      });
    return this.#queued;
  }

  /** Waits for records newer than the state that was `seen` before reading. */
  async #more(seen: number): Promise<void> {
    if (this.#changes !== seen) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        timer.cancel();
        this.#wake.delete(done);
        resolve();
      };
      const timer = this.#clock.after(FOLLOW_EVERY, done);
      this.#wake.add(done);
    });
  }
}

/** What checking a trail found. `consistent` is all that a chain on one disk can prove. */
export interface TrailCheck {
  readonly records: number;
  readonly consistent: boolean;
  /** First record that does not fit, counted from 1, and why. */
  readonly problem?: { readonly record: number; readonly why: string };
  /** Hash of the last record: keep it elsewhere, and a trail cut short shows. */
  readonly head: string;
}

/** Checks numbers and hashes of a trail from its first record. */
export async function verifyAuditTrail(dir: string): Promise<TrailCheck> {
  let records = 0;
  let last = 0;
  let head = NO_PREVIOUS;
  for await (const { line, spare } of auditLines(dir, 0)) {
    const record = recordOf(line);
    if (spare && record && typeof record.seq === "number" && record.seq <= last) continue;
    records++;
    const why = misfit(record, last, head);
    if (why) return { records, consistent: false, problem: { record: records, why }, head };
    last++;
    head = hashLine(line);
  }
  return { records, consistent: true, head };
}

function misfit(record: Record<string, unknown> | undefined, last: number, head: string) {
  if (!record) return "it is no record";
  if (record.seq !== last + 1) return `its number is ${String(record.seq)}, expected ${last + 1}`;
  return record.prev === head ? undefined : "it does not continue the record before it";
}

function recordOf(line: Uint8Array): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(line).toString("utf8"));
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function eventOf(line: Uint8Array): SiteEvent | undefined {
  const record = recordOf(line);
  if (!record) return undefined;
  const { seq, at, host, type, by, text, data } = record;
  if (typeof seq !== "number" || typeof at !== "number" || typeof type !== "string")
    return undefined;
  if (typeof by !== "string" || typeof text !== "string") return undefined;
  return {
    seq,
    at,
    type,
    by,
    text,
    ...(typeof host === "string" ? { host } : {}),
    ...(isRecord(data) ? { data } : {}),
  };
}

function isWanted(event: SiteEvent, query: Parameters<Audit["read"]>[0]): boolean {
  if (query.since !== undefined && event.at < query.since) return false;
  // "power" asks for "power.intent" and its like as well.
  if (query.type && event.type !== query.type && !event.type.startsWith(`${query.type}.`))
    return false;
  return query.hosts.length === 0 || (event.host !== undefined && query.hosts.includes(event.host));
}

const closed = (dir: string) =>
  new OobError("AUDIT_UNWRITABLE", `Cannot write the audit trail "${dir}": it was closed`);
