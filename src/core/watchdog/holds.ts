import fs from "node:fs";
import { join } from "node:path";
import type { Clock, Millis, Timer } from "../../lib/clock.ts";
import { messageOf, OobError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import { replaceFile } from "../../lib/replace-file.ts";
import type { Audit } from "../audit/audit.ts";
import type { Hold } from "../site/site.ts";

/** How a hold stands in the file: `for` bounds what a wrong wall clock can make of it. */
interface Stored extends Hold {
  readonly for: Millis;
}

interface Standing {
  readonly hold: Hold;
  readonly expires: Millis;
  readonly timer: Timer;
}

/** A timer of Node holds 2^31 - 1 ms; 24 days of hold are enough. */
const MAX_HOLD: Millis = 24 * 86_400_000;

/**
 * Hosts that nobody acts upon for a while. On disk before it is answered; ends by the monotonic clock, so that a step
 * of the wall clock neither ends nor prolongs it. A file that cannot be read holds every host.
 */
export class Holds {
  readonly #path: string;
  readonly #clock: Clock;
  readonly #audit: Audit;
  readonly #standing = new Map<string, Standing>();
  readonly #listeners = new Set<(host: string) => void>();
  #unreadable: Hold | undefined;

  constructor(dir: string, clock: Clock, audit: Audit) {
    this.#path = join(dir, "holds.json");
    this.#clock = clock;
    this.#audit = audit;
    this.#load();
  }

  /** The hold that stands on a host now. */
  of(host: string): Hold | undefined {
    if (this.#unreadable) return this.#unreadable;
    const standing = this.#standing.get(host);
    return standing && standing.expires > this.#clock.monotonic() ? standing.hold : undefined;
  }

  /** Called with the host whenever a hold was set, released or has ended. Returns the way to stop. */
  follow(listener: (host: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async set(hosts: readonly string[], by: string, forMs: Millis, reason: string): Promise<void> {
    if (!(forMs > 0 && forMs <= MAX_HOLD))
      throw new OobError(
        "USAGE",
        `Cannot hold ${hosts.join(", ")}: the time must be up to 24 days`,
      );
    const hold = { by, until: this.#clock.now() + forMs, reason: printable(reason, 200) };
    for (const host of hosts) this.#stand(host, hold, forMs);
    this.#save();
    for (const host of hosts) {
      const text = `held until ${new Date(hold.until).toISOString()}: ${hold.reason}`;
      await this.#audit.commit({ host, type: "hold.set", by, text, data: { ...hold } });
      this.#tell(host);
    }
  }

  /** Ends holds; returns the hosts that had one. */
  async release(hosts: readonly string[], by: string): Promise<readonly string[]> {
    const had = hosts.filter((host) => this.of(host) !== undefined);
    for (const host of hosts) this.#drop(host);
    this.#unreadable = undefined;
    this.#save();
    for (const host of had) {
      await this.#audit.commit({ host, type: "hold.release", by, text: "hold released" });
      this.#tell(host);
    }
    return had;
  }

  close(): void {
    for (const { timer } of this.#standing.values()) timer.cancel();
    this.#listeners.clear();
  }

  #stand(host: string, hold: Hold, forMs: Millis): void {
    this.#drop(host);
    const timer = this.#clock.after(forMs, () => {
      this.#standing.delete(host);
      this.#audit.note({ host, type: "hold.end", by: "oob", text: "hold ended" });
      this.#tell(host);
    });
    this.#standing.set(host, { hold, expires: this.#clock.monotonic() + forMs, timer });
  }

  #drop(host: string): void {
    this.#standing.get(host)?.timer.cancel();
    this.#standing.delete(host);
  }

  #tell(host: string): void {
    for (const listener of this.#listeners) listener(host);
  }

  #load(): void {
    try {
      if (!fs.existsSync(this.#path)) return;
      const stored: unknown = JSON.parse(fs.readFileSync(this.#path, "utf8"));
      if (typeof stored !== "object" || stored === null) throw new Error("it is no object");
      for (const [host, hold] of Object.entries(stored)) {
        if (!isStored(hold)) throw new Error(`the hold of "${host}" is incomplete`);
        // After a restart only the wall clock knows; it may not make the hold longer than it was.
        const left = Math.min(hold.until - this.#clock.now(), hold.for);
        if (left > 0)
          this.#stand(host, { by: hold.by, until: hold.until, reason: hold.reason }, left);
      }
    } catch (thrown) {
      this.#unreadable = {
        by: "oob",
        until: Number.MAX_SAFE_INTEGER,
        reason: `the file of holds "${this.#path}" cannot be read: ${messageOf(thrown)}`,
      };
    }
  }

  #save(): void {
    const now = this.#clock.monotonic();
    const stored: Record<string, Stored> = {};
    for (const [host, { hold, expires }] of this.#standing)
      stored[host] = { ...hold, for: expires - now };
    try {
      replaceFile(this.#path, `${JSON.stringify(stored, undefined, 1)}\n`);
    } catch (cause) {
      throw new OobError(
        "LOG_UNWRITABLE",
        `Cannot keep the hold in "${this.#path}": ${messageOf(cause)}`,
        { cause },
      );
    }
  }
}

function isStored(value: unknown): value is Stored {
  if (typeof value !== "object" || value === null) return false;
  const { by, until, reason, for: length } = value as Record<string, unknown>;
  return (
    typeof by === "string" &&
    typeof until === "number" &&
    typeof reason === "string" &&
    typeof length === "number"
  );
}
