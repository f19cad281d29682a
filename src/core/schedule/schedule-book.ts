import fs from "node:fs";
import { join } from "node:path";
import type { Clock, Millis, Timer } from "../../lib/clock.ts";
import { seconds } from "../../lib/durations.ts";
import { messageOf } from "../../lib/errors.ts";
import { replaceFile } from "../../lib/replace-file.ts";
import type { ScheduledRun } from "../site/run-doors.ts";

/** What is known of one runbook at one host. */
export interface Planned {
  /** Due times up to this one are done with, or were missed. */
  readonly handled: Millis;
  /** The one under way. */
  readonly running?: Millis;
  readonly last?: ScheduledRun["last"];
}

/** Ends that come close together are written once. */
const SAVE_AFTER: Millis = seconds(1);

/** What has run by itself, and what was begun: on disk before anything begins, so that nothing is run twice. */
export class ScheduleBook {
  readonly #path: string;
  readonly #clock: Clock;
  readonly #trouble: (text: string) => void;
  #entries = new Map<string, Planned>();
  #timer: Timer | undefined;

  constructor(state: string, clock: Clock, trouble: (text: string) => void) {
    this.#path = join(state, "schedule.json");
    this.#clock = clock;
    this.#trouble = trouble;
  }

  /** Reads what a process before this one wrote. What cannot be read is told, and begins anew. */
  load(): void {
    try {
      const stored: unknown = JSON.parse(fs.readFileSync(this.#path, "utf8"));
      if (!isBook(stored)) throw new Error("it has not the form of a schedule");
      this.#entries = new Map(Object.entries(stored.entries).filter(([, one]) => isPlanned(one)));
    } catch (thrown) {
      const isGone = thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT";
      const what = `"${this.#path}" cannot be read: ${messageOf(thrown)}`;
      if (!isGone) this.#trouble(`what ran by itself before is not known, ${what}`);
    }
  }

  get(key: string): Planned | undefined {
    return this.#entries.get(key);
  }

  set(key: string, planned: Planned): void {
    this.#entries.set(key, planned);
  }

  /** Leaves out what the configuration no longer has. */
  keepOnly(keys: ReadonlySet<string>): void {
    for (const key of this.#entries.keys()) if (!keys.has(key)) this.#entries.delete(key);
  }

  /** On disk when it returns; false: it could not be written. */
  save(): boolean {
    this.#timer?.cancel();
    this.#timer = undefined;
    try {
      const entries = Object.fromEntries(this.#entries);
      replaceFile(this.#path, `${JSON.stringify({ v: 1, entries }, undefined, 1)}\n`);
      return true;
    } catch (thrown) {
      this.#trouble(`"${this.#path}" cannot be written: ${messageOf(thrown)}`);
      return false;
    }
  }

  saveSoon(): void {
    this.#timer ??= this.#clock.after(SAVE_AFTER, () => this.save());
  }

  close(): void {
    if (this.#timer) this.save();
  }
}

function isBook(value: unknown): value is { entries: Record<string, Planned> } {
  if (typeof value !== "object" || value === null || !("entries" in value)) return false;
  return typeof value.entries === "object" && value.entries !== null;
}

function isPlanned(value: unknown): value is Planned {
  if (typeof value !== "object" || value === null) return false;
  const { handled, running, last } = value as Record<string, unknown>;
  const isTime = typeof handled === "number" && (running ?? handled) === Number(running ?? handled);
  return isTime && (last === undefined || (typeof last === "object" && last !== null));
}
