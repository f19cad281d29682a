/**
 * Keeps one anchor supplied: every so often the newest checkpoint of each log that it does not have, after the public
 * keys that it needs to read them.
 *
 *   round: newest checkpoints ─► those that it lacks ─► in parts: sent ─► written down in its file
 *                                                        └ failed: again later, longer apart each time
 *
 * What waits is what the logs have and the file has not: nothing is queued, so nothing can overflow or be lost by a kill.
 * Whoever reads consoles or seals them is never waited for, and waits for nobody here.
 */
import { type Checkpoint, formatCheckpoint, formatKey } from "../../codec/checkpoint.ts";
import type { AnchorEntry } from "../../config/anchor-entry.ts";
import type { Clock, Millis, Timer } from "../../lib/clock.ts";
import { formatDuration, minutes } from "../../lib/durations.ts";
import { messageOf } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import { replaceFileAside } from "../../lib/replace-file.ts";
import type { Audit } from "../audit/audit.ts";
import { BACK_OFF, DOWN_AFTER } from "../notify/channel-limits.ts";
import { type AnchorState, anchorFile, readAnchorState } from "../seal/anchored.ts";
import { newestCheckpoints, publicKeys } from "./newest-checkpoints.ts";

/** Checkpoints that are sent in one go; what is delivered is written down after each. */
const PART = 200;
const STATE_MODE = 0o640;

/** What a sender needs of its surroundings. */
export interface AnchorParts {
  readonly state: string;
  readonly clock: Clock;
  readonly audit: Pick<Audit, "note">;
  /** Sends once; throws what went wrong. */
  readonly send: (
    entry: AnchorEntry,
    lines: readonly string[],
    signal: AbortSignal,
  ) => Promise<void>;
}

/** What is known of an anchor, with the number of failures in a row that is not worth writing down. */
type Known = AnchorState & { readonly told?: boolean };

/** Sends to one anchor, from `start` to `stop`. */
export class AnchorSender {
  readonly #entry: AnchorEntry;
  readonly #parts: AnchorParts;
  readonly #ending = new AbortController();
  #known: Known;
  #failures = 0;
  #timer: Timer | undefined;
  #round: Promise<void> = Promise.resolve();

  constructor(entry: AnchorEntry, parts: AnchorParts) {
    this.#entry = entry;
    this.#parts = parts;
    this.#known = readAnchorState(parts.state, entry.name) ?? none("");
  }

  start(): void {
    this.#again(0);
  }

  /** Resolves when the round that is under way has ended. */
  idle(): Promise<void> {
    return this.#round;
  }

  /** What is under way is given up: it counts as not sent. */
  async stop(): Promise<void> {
    this.#ending.abort(new Error("oob ends"));
    this.#timer?.cancel();
    await this.#round;
  }

  #again(after: Millis): void {
    if (this.#ending.signal.aborted) return;
    this.#timer = this.#parts.clock.after(after, () => {
      this.#round = this.#run();
    });
  }

  async #run(): Promise<void> {
    let next = this.#entry.every;
    try {
      const sent = await this.#sendNew();
      if (sent) await this.#worked();
    } catch (thrown) {
      // The end of oob is no failure of the anchor.
      if (!this.#ending.signal.aborted) await this.#failed(thrown);
      next = BACK_OFF[Math.min(this.#failures, BACK_OFF.length) - 1] ?? minutes(10);
    }
    this.#again(next);
  }

  /** false: there was nothing to send, which proves nothing. */
  async #sendNew(): Promise<boolean> {
    const { state, clock, send } = this.#parts;
    const { signal } = this.#ending;
    const found = await newestCheckpoints(state, signal);
    // After the checkpoints: a key is in the list before it signs.
    const keys = await publicKeys(state);
    const [first] = keys;
    if (!first) return false;
    if (this.#known.site !== first.site) this.#known = none(first.site);
    const lacking = found.filter((point) => point.site === first.site && !this.#has(point));
    for (let at = 0; at < lacking.length; at += PART) {
      const part = lacking.slice(at, at + PART);
      // The last one that it knows goes with each part: a receiver that begins later learns whom to believe.
      const fresh = keys.filter(({ number }) => number >= this.#known.keys);
      const lines = [...fresh.map(formatKey), ...part.map(formatCheckpoint)];
      signal.throwIfAborted();
      await send(this.#entry, lines, signal);
      await this.#delivered(part, keys.length, clock.now());
    }
    return lacking.length > 0;
  }

  #has({ log, entries, hash }: Checkpoint): boolean {
    const { logs } = this.#known;
    const point = Object.hasOwn(logs, log) ? logs[log] : undefined;
    return point?.entries === entries && point.hash === hash;
  }

  async #delivered(
    points: readonly Checkpoint[],
    keys: number,
    deliveredAt: Millis,
  ): Promise<void> {
    const fresh = points.map(({ log, segment, entries, offset, at, hash }) => [
      log,
      { segment, entries, offset, at, hash, deliveredAt },
    ]);
    const logs = { ...this.#known.logs, ...Object.fromEntries(fresh) };
    this.#known = { ...this.#known, keys, logs, deliveredAt };
    await this.#write();
  }

  async #worked(): Promise<void> {
    this.#failures = 0;
    const { failingSince, why: _why, told, ...known } = this.#known;
    if (failingSince === undefined) return;
    this.#known = known;
    await this.#write();
    if (!told) return;
    const stood = formatDuration(Math.max(0, this.#parts.clock.now() - failingSince));
    this.#note("anchor.restored", `takes checkpoints again, after ${stood}`);
  }

  async #failed(thrown: unknown): Promise<void> {
    const why = printable(messageOf(thrown), 500);
    const { failingSince = this.#parts.clock.now(), told = false } = this.#known;
    this.#failures++;
    const tell = !told && this.#failures >= DOWN_AFTER;
    this.#known = { ...this.#known, failingSince, why, ...((told || tell) && { told: true }) };
    if (tell) this.#note("anchor.failed", `takes no checkpoints: ${why}`);
    await this.#write().catch(() => undefined);
  }

  #note(type: string, text: string): void {
    const { name } = this.#entry;
    const data = { anchor: name };
    try {
      this.#parts.audit.note({ type, by: "oob", text: `anchor "${name}" ${text}`, data });
    } catch {
      // The trail cannot be written: it says so itself.
    }
  }

  /** Where it cannot be written, what was delivered is sent again after a restart: receivers know it already. */
  async #write(): Promise<void> {
    const text = `${JSON.stringify(this.#known)}\n`;
    const path = anchorFile(this.#parts.state, this.#entry.name);
    await replaceFileAside(path, [Buffer.from(text)], STATE_MODE);
  }
}

const none = (site: string): Known => ({ v: 1, site, keys: 0, logs: {} });
