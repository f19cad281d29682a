/**
 * Keys that sign checkpoints: one a day. The old key signs the new public key and is then erased, so that whoever takes
 * this machine cannot sign for the days before.
 *
 *   day.key.new written ─► its public key, signed by the old one, appended to `keys` ─► day.key overwritten, unlinked
 *     ─► day.key.new renamed to day.key                        each step on the disk before the next; any may be the last
 *
 * Several processes share the keys: none keeps a private key in memory beyond one signature, and a change is made under
 * a lock. What a file system, a snapshot or a backup keeps of the erased file is beyond us.
 */
import fs from "node:fs";
import { type KeyRecord, keyText, parseKey } from "../../codec/checkpoint.ts";
import type { Clock, Millis } from "../../lib/clock.ts";
import { hours } from "../../lib/durations.ts";
import { messageOf, OobError } from "../../lib/errors.ts";
import { withFileLock, withFileLockMeanwhile } from "../audit/audit-lock.ts";
import { isFull } from "../log/log-disk.ts";
import { newKey, readKey, type SigningKey, siteOf } from "./ed25519.ts";
import {
  appendFile,
  type DiskSteps,
  doAtOnce,
  doMeanwhile,
  eraseFile,
  readText,
  syncFolder,
  writeFile,
} from "./key-file.ts";
import { keyFiles } from "./seal-files.ts";

const DAY: Millis = hours(24);
const MAY_GO_BACK: Millis = hours(1);
/** A change that failed and took long (a lock that is held, a slow disk) takes no more than this part of the time. */
const REST_FACTOR = 100;

/** Today's key, for one signature. */
export interface DayKey {
  readonly site: string;
  readonly number: number;
  readonly sign: (text: string) => string;
}

/** The first and the last key of the list. */
interface KeyList {
  readonly first: KeyRecord;
  readonly last: KeyRecord;
  /** It ends in a line that never came to the disk. */
  readonly torn: boolean;
}

/** The keys of a site. */
export class DayKeys {
  readonly #folder: string;
  readonly #files: ReturnType<typeof keyFiles>;
  readonly #clock: Clock;
  /** What a change failed of, and until when none is tried. */
  #failed: { readonly cause: unknown; readonly until: Millis } | undefined;
  /** A change under way: for all who ask meanwhile. */
  #changing: Promise<DayKey> | undefined;
  /** The list as last read: it is only ever appended to. */
  #known: (KeyList & { readonly size: number; readonly ino: number }) | undefined;

  constructor(folder: string, clock: Clock) {
    this.#folder = folder;
    this.#files = keyFiles(folder);
    this.#clock = clock;
  }

  /** The key of today, made where there is none yet; nothing else happens meanwhile. Throws LOG_UNWRITABLE. */
  today(): DayKey {
    try {
      return this.#current() ?? this.#changedAtOnce();
    } catch (cause) {
      throw unsealable(this.#folder, cause);
    }
  }

  /** The same in a process that reads consoles: they are not held up by the disk. */
  async todayMeanwhile(): Promise<DayKey> {
    try {
      return this.#current() ?? (await this.#changedOrRests());
    } catch (cause) {
      throw unsealable(this.#folder, cause);
    }
  }

  /** The first public key: what a person keeps elsewhere. Throws LOG_UNWRITABLE. */
  first(): KeyRecord {
    this.today();
    const { first } = this.#list() ?? {};
    if (first === undefined) throw unsealable(this.#folder, "the list of keys is gone");
    return first;
  }

  /** A clock that is put back a little at midnight, again and again, makes no new key each time. */
  #isOfToday({ at }: KeyRecord): boolean {
    const now = this.#clock.now();
    const isBack = now < at && at - now < MAY_GO_BACK;
    return isBack || Math.floor(at / DAY) === Math.floor(now / DAY);
  }

  /** undefined: a change is due, or under way. */
  #current(): DayKey | undefined {
    const list = this.#list();
    if (!list || list.torn || !this.#isOfToday(list.last)) return undefined;
    const key = this.#read(this.#files.today);
    return key?.public === list.last.key ? asDayKey(list, key) : undefined;
  }

  #changedAtOnce(): DayKey {
    this.#makeFolder();
    let done: DayKey | undefined;
    withFileLock(this.#files.lock, () => {
      done = doAtOnce(this.#change());
    });
    if (!done) throw new Error("no key was made");
    return done;
  }

  /** Each console asks for itself: one change serves them all, and one that took long and failed is not tried again at once. */
  #changedOrRests(): Promise<DayKey> {
    const began = this.#clock.monotonic();
    if (this.#failed && began < this.#failed.until) throw this.#failed.cause;
    this.#changing ??= this.#changed()
      .catch((cause: unknown) => {
        const now = this.#clock.monotonic();
        this.#failed = { cause, until: now + REST_FACTOR * (now - began) };
        throw cause;
      })
      .finally(() => {
        this.#changing = undefined;
      });
    return this.#changing;
  }

  async #changed(): Promise<DayKey> {
    this.#makeFolder();
    return await withFileLockMeanwhile(this.#files.lock, this.#clock, () =>
      doMeanwhile(this.#change()),
    );
  }

  #makeFolder(): void {
    fs.mkdirSync(this.#folder, { recursive: true, mode: 0o750 });
  }

  /** Makes the first key or the next, or ends a change that was cut short. */
  *#change(): DiskSteps<DayKey> {
    const { today, fresh, list: path } = this.#files;
    cutTornLine(path);
    const list = this.#list();
    const key = this.#read(today);
    const next = this.#read(fresh);
    if (!list) {
      if (key) throw new Error(`"${path}" is gone, and "${today}" is there`);
      return yield* this.#begin();
    }
    if (next?.public === list.last.key) {
      yield* this.#replace(today, fresh);
      return asDayKey(list, next);
    }
    if (key?.public !== list.last.key)
      throw new Error(`"${today}" is not the key of the last line of "${path}"`);
    if (this.#isOfToday(list.last)) return asDayKey(list, key);
    return yield* this.#next(list, key);
  }

  *#begin(): DiskSteps<DayKey> {
    yield* eraseFile(this.#files.fresh);
    const key = newKey();
    yield* writeFile(this.#files.fresh, key.pem);
    const facts = { site: siteOf(key.public), number: 1, at: this.#now(), key: key.public };
    return yield* this.#take(facts, key, key);
  }

  *#next(list: KeyList, old: SigningKey): DiskSteps<DayKey> {
    const key = newKey();
    yield* eraseFile(this.#files.fresh);
    yield* writeFile(this.#files.fresh, key.pem);
    const number = list.last.number + 1;
    const facts = { site: list.first.site, number, at: this.#now(), key: key.public };
    return yield* this.#take(facts, old, key);
  }

  *#take(
    facts: Omit<KeyRecord, "signature">,
    signer: SigningKey,
    key: SigningKey,
  ): DiskSteps<DayKey> {
    const text = keyText(facts);
    yield* appendFile(this.#files.list, `${text} ${signer.sign(text)}\n`);
    yield* this.#replace(this.#files.today, this.#files.fresh);
    return { site: facts.site, number: facts.number, sign: key.sign };
  }

  *#replace(old: string, fresh: string): DiskSteps {
    yield* eraseFile(old);
    fs.renameSync(fresh, old);
    yield* syncFolder(this.#folder);
  }

  /** Unix ms without a fraction; a clock before 1970 has none. */
  #now(): Millis {
    return Math.max(0, Math.floor(this.#clock.now()));
  }

  /** undefined: nothing is there, or it is no key. */
  #read(path: string): SigningKey | undefined {
    const text = readText(path);
    if (text === undefined) return undefined;
    try {
      return readKey(text);
    } catch {
      // Erased and not yet replaced, or cut short: what to do then stands in #change.
      return undefined;
    }
  }

  #list(): KeyList | undefined {
    const found = fs.statSync(this.#files.list, { throwIfNoEntry: false });
    if (!found || found.size === 0) return undefined;
    if (this.#known?.size === found.size && this.#known.ino === found.ino) return this.#known;
    const lines = readText(this.#files.list)?.split("\n") ?? [];
    const torn = lines.pop() !== "";
    if (lines.length === 0) return undefined;
    const first = parseKey(lines[0] ?? "");
    const last = parseKey(lines.at(-1) ?? "");
    if (!first || !last) throw new Error(`"${this.#files.list}" is damaged`);
    this.#known = { first, last, torn, size: found.size, ino: found.ino };
    return this.#known;
  }
}

function asDayKey({ first, last }: KeyList, key: SigningKey): DayKey {
  return { site: first.site, number: last.number, sign: key.sign };
}

/** A line whose end never reached the disk: its key was not used yet. */
function cutTornLine(path: string): void {
  const text = readText(path);
  if (text === undefined || text === "" || text.endsWith("\n")) return;
  fs.truncateSync(path, text.lastIndexOf("\n") + 1);
}

const lostKeys = (folder: string): string =>
  `Put its files back, or move "${folder}" away: then new keys begin, and checkpoints of the old ones count no more`;

const unsealable = (folder: string, cause: unknown): OobError =>
  new OobError(
    "LOG_UNWRITABLE",
    `Cannot sign checkpoints with the keys in "${folder}": ${messageOf(cause)}`,
    { cause, hint: isFull(cause) ? `Make room on the disk of "${folder}"` : lostKeys(folder) },
  );
