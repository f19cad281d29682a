/*
 * What waits, on disk: "<state>/notify/queue.json", replaced whole. Written beside everything else, never waited for by
 * who reads consoles. Until it is written the audit trail has the news: `seq` says up to where they are in this file.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clock, Millis, Timer } from "../../lib/clock.ts";
import { seconds } from "../../lib/durations.ts";
import { messageOf } from "../../lib/errors.ts";
import { replaceFileAside } from "../../lib/replace-file.ts";
import type { Waiting } from "./alert-made.ts";
import type { Digests } from "./open-digests.ts";

/** A full disk is tried again. */
const RETRY: Millis = seconds(10);

/** One channel's part. */
export interface StoredChannel {
  readonly waiting: readonly Waiting[];
  /** Threads that went through it, and when last. */
  readonly threads: Readonly<Record<string, Millis>>;
  /** Digests that went out and are not over. */
  readonly digests?: Digests;
  readonly sent: number;
  readonly lastSentAt?: Millis;
  readonly failingSince?: Millis;
  readonly why?: string;
  readonly hint?: string;
}

/** The whole file. */
export interface StoredQueue {
  readonly v: 1;
  /** All events up to this one are in the queues, or told. */
  readonly seq: number;
  readonly channels: Readonly<Record<string, StoredChannel>>;
}

const pathOf = (state: string): string => join(state, "notify", "queue.json");

/** What the last process left; undefined where there is nothing, or nothing that can be read. `lost`: what is not read. */
export async function readQueue(
  state: string,
  lost: (what: string) => void = () => {},
): Promise<StoredQueue | undefined> {
  const path = pathOf(state);
  try {
    const stored = JSON.parse(await readFile(path, "utf8")) as Partial<StoredQueue> | null;
    const { v, seq, channels } = stored ?? {};
    if (v !== 1 || typeof seq !== "number" || typeof channels !== "object")
      throw new Error("it is not of this version");
    const whole = Object.entries(channels).filter(([, one]) => isChannel(one));
    if (whole.length < Object.keys(channels).length) lost(`"${path}": a channel makes no sense`);
    return { v, seq, channels: Object.fromEntries(whole) };
  } catch (thrown) {
    const isNew = thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT";
    if (!isNew) lost(`"${path}": ${messageOf(thrown)}`);
    return undefined;
  }
}

/** Our own file, replaced whole: its shape tells whether it is of this version. */
function isChannel({ waiting, threads, sent }: Partial<StoredChannel>): boolean {
  const isWaiting = ({ alert, seq }: Partial<Waiting>) =>
    typeof alert?.thread === "string" && Array.isArray(alert.news) && typeof seq === "number";
  return (
    Array.isArray(waiting) &&
    waiting.every(isWaiting) &&
    typeof threads === "object" &&
    typeof sent === "number"
  );
}

/** Messages as they are written: each is with every change, and changes only by becoming another. */
const written = new WeakMap<Waiting, Buffer>();

/** The file in pieces. A full queue is megabytes: what stands as it stood is neither made nor copied again. */
export function queuePieces({ v, seq, channels }: StoredQueue): Buffer[] {
  const pieces: Buffer[] = [];
  const add = (text: string) => pieces.push(Buffer.from(text));
  add(`{"v":${v},"seq":${seq},"channels":{`);
  for (const [n, [name, { waiting, ...rest }]] of Object.entries(channels).entries()) {
    const head = JSON.stringify(rest).slice(0, -1);
    add(`${n > 0 ? "," : ""}${JSON.stringify(name)}:${head},"waiting":[`);
    for (const [at, one] of waiting.entries()) {
      if (at > 0) add(",");
      const piece = written.get(one) ?? Buffer.from(JSON.stringify(one));
      written.set(one, piece);
      pieces.push(piece);
    }
    add("]}");
  }
  add("}}\n");
  return pieces;
}

/** Keeps the file as the queues are. */
export class QueueFile {
  readonly #path: string;
  readonly #clock: Clock;
  readonly #now: () => StoredQueue;
  readonly #trouble: (text: string) => void;
  #writing: Promise<void> | undefined;
  #dirty = false;
  #retry: Timer | undefined;
  #troubled = false;

  constructor(
    state: string,
    clock: Clock,
    now: () => StoredQueue,
    trouble: (text: string) => void,
  ) {
    this.#path = pathOf(state);
    this.#clock = clock;
    this.#now = now;
    this.#trouble = trouble;
  }

  /** Something changed. */
  changed(): void {
    this.#dirty = true;
    if (this.#retry) return;
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
    });
  }

  /** Resolves when what is under way is written. */
  async written(): Promise<void> {
    await this.#writing;
  }

  /** Resolves when all of it is on disk, or cannot be. */
  async close(): Promise<void> {
    this.#noRetry();
    if (this.#dirty) this.changed();
    await this.#writing;
    this.#noRetry();
  }

  #noRetry(): void {
    this.#retry?.cancel();
    this.#retry = undefined;
  }

  async #write(): Promise<void> {
    while (this.#dirty) {
      this.#dirty = false;
      try {
        await replaceFileAside(this.#path, queuePieces(this.#now()));
        this.#troubled = false;
      } catch (thrown) {
        this.#dirty = true;
        if (!this.#troubled)
          this.#trouble(`what waits cannot be written down: ${messageOf(thrown)}`);
        this.#troubled = true;
        this.#retry = this.#clock.after(RETRY, () => {
          this.#retry = undefined;
          this.changed();
        });
        return;
      }
    }
  }
}
