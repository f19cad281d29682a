/**
 * What outlets drew, on disk: `<state>/load/<pdu>/2026-11-22.jsonl`, one line a reading.
 *
 *   {"at":1763829600000,"outlets":{"3":["on",1.31,284],"name:db1":["off"]}}
 *
 * A line begins with its newline: what a kill or a full disk has cut short spoils itself and no other line. Nothing is
 * synced, a day's file has a bound, days go when their time is over. Outlets stand under the reference by which the
 * configuration names them: a host that moves to another outlet does not inherit the history of that one.
 */
import { createReadStream } from "node:fs";
import { mkdir, open, readdir, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Clock, Millis } from "../../lib/clock.ts";
import { OobError } from "../../lib/errors.ts";
import type { PowerState } from "../../sdk/power.ts";

const DAY: Millis = 86_400_000;
const MAX_DAY_BYTES = 16 * 1024 * 1024;
const FILE = /^(\d{4}-\d\d-\d\d)\.jsonl$/;

/** What one outlet drew. What it does not measure is absent. */
export interface Draw {
  readonly state: PowerState;
  readonly amps?: number;
  readonly watts?: number;
}

/** One reading: draws by the outlets' references. */
export interface LoadReading {
  readonly at: Millis;
  readonly draws: ReadonlyMap<string, Draw>;
}

/** The folder of loads. */
export class LoadBook {
  readonly #folder: string;
  readonly #keepDays: number;
  readonly #clock: Clock;
  readonly #maxBytes: number;
  readonly #days = new Map<string, string>();

  constructor(
    state: string,
    keepDays: number,
    { clock, maxBytes = MAX_DAY_BYTES }: { readonly clock: Clock; readonly maxBytes?: number },
  ) {
    this.#folder = join(state, "load");
    this.#keepDays = keepDays;
    this.#clock = clock;
    this.#maxBytes = maxBytes;
  }

  /** Appends a reading. Throws where the disk does not take it, and LOG_UNWRITABLE where the day's file is full. */
  async append(pdu: string, draws: LoadReading["draws"]): Promise<void> {
    const at = this.#clock.now();
    const day = dayOf(at);
    const folder = join(this.#folder, pdu);
    if (this.#days.get(pdu) !== day) {
      await mkdir(folder, { recursive: true, mode: 0o750 });
      await this.#prune(pdu);
      this.#days.set(pdu, day);
    }
    const path = join(folder, `${day}.jsonl`);
    const bytes = Buffer.from(`\n${lineOf(at, draws)}`);
    const file = await open(path, "a", 0o640);
    try {
      const { size } = await file.stat();
      if (size + bytes.length > this.#maxBytes)
        throw new OobError("LOG_UNWRITABLE", `Cannot keep loads in "${path}": it is full`);
      await file.write(bytes);
    } finally {
      await file.close();
    }
  }

  /**
   * Readings of a PDU from `since` on, in the order in which they were written. Lines that are none are left out. When it
   * has ended, or was broken off, no file is open any more.
   */
  async *read(pdu: string, since: Millis): AsyncGenerator<LoadReading> {
    const first = dayOf(since);
    for (const [name, day] of await this.#files(pdu)) {
      if (day < first) continue;
      const input = createReadStream(join(this.#folder, pdu, name));
      // A file that is removed meanwhile ends the reading of it, and of nothing else.
      input.on("error", () => input.destroy());
      const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
      const closed = new Promise<void>((resolve) => input.once("close", () => resolve()));
      try {
        for await (const line of lines) {
          const reading = readingOf(line);
          if (reading !== undefined && reading.at >= since) yield reading;
        }
      } finally {
        input.destroy();
        await closed;
      }
    }
  }

  /** Removes what is too old, of PDUs that are gone, too. Never throws: what cannot be removed is left. */
  async pruneAll(): Promise<void> {
    for (const pdu of await readdir(this.#folder).catch(() => [])) {
      await this.#prune(pdu);
      await rmdir(join(this.#folder, pdu)).catch(() => undefined);
    }
  }

  async #prune(pdu: string): Promise<void> {
    const oldest = dayOf(this.#clock.now() - this.#keepDays * DAY);
    for (const [name, day] of await this.#files(pdu))
      if (day < oldest) await rm(join(this.#folder, pdu, name)).catch(() => undefined);
  }

  /** Names and days, oldest first. */
  async #files(pdu: string): Promise<readonly (readonly [string, string])[]> {
    const names = await readdir(join(this.#folder, pdu)).catch(() => []);
    return names
      .sort((one, other) => (one < other ? -1 : 1))
      .flatMap((name) => {
        const day = FILE.exec(name)?.[1];
        return day === undefined ? [] : [[name, day] as const];
      });
  }
}

const dayOf = (at: Millis): string => new Date(at).toISOString().slice(0, 10);

function lineOf(at: Millis, draws: LoadReading["draws"]): string {
  const outlets = [...draws].map(([reference, { state, amps, watts }]) => {
    const values = watts === undefined ? (amps === undefined ? [] : [amps]) : [amps ?? null, watts];
    return [reference, [state, ...values]];
  });
  return JSON.stringify({ at, outlets: Object.fromEntries(outlets) });
}

/** A line that a kill has cut short, or that somebody has edited, is none. */
function readingOf(line: string): LoadReading | undefined {
  if (line === "") return undefined;
  try {
    const { at, outlets } = Object(JSON.parse(line)) as Record<string, unknown>;
    if (typeof at !== "number" || typeof outlets !== "object" || outlets === null) return undefined;
    const draws = Object.entries(outlets).flatMap(([reference, value]) => {
      const draw = drawOf(value);
      return draw === undefined ? [] : [[reference, draw] as const];
    });
    return { at, draws: new Map(draws) };
  } catch {
    return undefined;
  }
}

function drawOf(value: unknown): Draw | undefined {
  if (!Array.isArray(value)) return undefined;
  const [state, amps, watts]: readonly unknown[] = value;
  if (state !== "on" && state !== "off" && state !== "unknown") return undefined;
  return {
    state,
    ...(typeof amps === "number" && { amps }),
    ...(typeof watts === "number" && { watts }),
  };
}
