/*
 * What a receiver of checkpoints keeps of one site: "<folder>/<site>/keys", and "<log>.anchor" for each of its logs. Lines
 * are only ever added. A file is what `oob log verify --anchor` reads.
 */
import fs from "node:fs";
import { join } from "node:path";
import {
  type Checkpoint,
  checkpointText,
  type KeyRecord,
  keyText,
  parseCheckpoint,
  parseKey,
} from "../../codec/checkpoint.ts";
import { signatureCheck, siteOf } from "../seal/ed25519.ts";
import { readText } from "../seal/key-file.ts";
import { readIfThere } from "../seal/read-files.ts";

/** Of a file, to learn how far a log had come: some two hundred lines. */
const TAIL_BYTES = 64 * 1024;
const CHUNK = 1 << 20;

/** What came of a line: `text` says why of an alarm. */
export type LedgerWord =
  | { readonly is: "kept" | "known" }
  | { readonly is: "alarm"; readonly kind: string; readonly text: string; readonly keep: boolean };

interface Origin {
  readonly last: Pick<Checkpoint, "entries" | "key"> | undefined;
  /** Most entries that it ever had. */
  readonly most: number;
}

const KNOWN: LedgerWord = { is: "known" };
const KEPT: LedgerWord = { is: "kept" };
const alarm = (kind: string, text: string, keep = false): LedgerWord => ({
  is: "alarm",
  kind,
  text,
  keep,
});

/** One site: its keys, and how far its logs had come. */
export class SiteLedger {
  readonly #folder: string;
  readonly #keys = new Map<
    number,
    { readonly key: string; readonly check: ReturnType<typeof signatureCheck> }
  >();
  readonly #origins = new Map<string, Origin>();
  #lastKey = 0;

  constructor(folder: string) {
    this.#folder = folder;
    for (const line of (readText(this.keyPath) ?? "").split("\n")) {
      const record = parseKey(line);
      if (record && (this.#lastKey === 0 || this.#follows(record))) this.#learn(record);
    }
  }

  get keyPath(): string {
    return join(this.#folder, "keys");
  }

  /** Whether any of its keys is known. */
  get isKnown(): boolean {
    return this.#lastKey > 0;
  }

  pathOf(log: string): string {
    return join(this.#folder, `${log}.anchor`);
  }

  /** Whether it has this log already. */
  has(log: string): boolean {
    return fs.existsSync(this.pathOf(log));
  }

  /** A key of the site's list. The first that ever comes is believed. */
  key(record: KeyRecord): LedgerWord {
    const { number, key, site } = record;
    const known = this.#keys.get(number);
    if (known)
      return known.key === key ? KNOWN : alarm("key", `there is another key number ${number}`);
    if (this.#lastKey === 0) {
      if (number === 1 && (site !== siteOf(key) || !signedBy(key, record)))
        return alarm("key", "its first key is not signed by itself");
      this.#learn(record);
      return KEPT;
    }
    // From before the first that was believed.
    if (number < this.#lastKey) return KNOWN;
    if (number > this.#lastKey + 1)
      return alarm(
        "lost",
        `key ${number} came, and key ${this.#lastKey + 1} did not: lines were lost. Give it the site's list of keys`,
      );
    if (!this.#follows(record))
      return alarm("key", `key ${number} is not signed by key ${this.#lastKey}`);
    this.#learn(record);
    return KEPT;
  }

  /** A checkpoint of one of its logs. */
  checkpoint(point: Checkpoint, line: string): LedgerWord {
    const { log, key, signature, entries } = point;
    const known = this.#keys.get(key);
    if (!known)
      return alarm(
        "lost",
        `it is signed by key ${key}, which is not known. Give it the site's list of keys`,
      );
    if (!known.check(checkpointText(point), signature))
      return alarm("signature", `it is not signed by key ${key}`);
    const origin = this.#origin(log);
    const { last, most } = origin;
    if (last && entries <= most) {
      const found = this.#find(log, point, line);
      if (found === "same") return KNOWN;
      this.#origins.set(log, { last: point, most });
      return found === "other"
        ? alarm("fork", `there are two logs with ${entries} entries: their hashes differ`, true)
        : alarm("back", `it went backwards: ${entries} entries, and ${most} were known`, true);
    }
    this.#origins.set(log, { last: point, most: Math.max(most, entries) });
    if (last && key < last.key)
      return alarm(
        "old-key",
        `it is signed by key ${key}, and key ${last.key} signed before`,
        true,
      );
    return KEPT;
  }

  #origin(log: string): Origin {
    const held = this.#origins.get(log);
    if (held) return held;
    const { tail } = readIfThere(this.pathOf(log), TAIL_BYTES) ?? { tail: Buffer.alloc(0) };
    const points = tail
      .toString("latin1")
      .split("\n")
      .flatMap((line) => parseCheckpoint(line) ?? []);
    const most = Math.max(0, ...points.map(({ entries }) => entries));
    const origin = { last: points.at(-1), most };
    this.#origins.set(log, origin);
    return origin;
  }

  /** Whether this checkpoint, or another with as many entries, is in the file already. */
  #find(log: string, { entries, hash }: Checkpoint, line: string): "same" | "other" | "none" {
    let found: "other" | "none" = "none";
    for (const one of linesOf(this.pathOf(log))) {
      if (one === line) return "same";
      if (!one.includes(` ${entries} `)) continue;
      const point = parseCheckpoint(one);
      if (point?.entries !== entries) continue;
      if (point.hash === hash) return "same";
      found = "other";
    }
    return found;
  }

  #follows(record: KeyRecord): boolean {
    const { number } = record;
    const before = this.#keys.get(this.#lastKey);
    return (
      number === this.#lastKey + 1 && (before?.check(keyText(record), record.signature) ?? false)
    );
  }

  #learn({ number, key }: KeyRecord): void {
    this.#keys.set(number, { key, check: signatureCheck(key) });
    this.#lastKey = number;
  }
}

function signedBy(key: string, record: KeyRecord): boolean {
  return signatureCheck(key)(keyText(record), record.signature);
}

/** The lines of a file, however long it is. */
function* linesOf(path: string): Generator<string> {
  const fd = fs.openSync(path, "r");
  try {
    const chunk = Buffer.alloc(CHUNK);
    let rest = "";
    for (;;) {
      const got = fs.readSync(fd, chunk, 0, CHUNK, null);
      if (got === 0) break;
      const lines = (rest + chunk.toString("latin1", 0, got)).split("\n");
      rest = lines.pop() ?? "";
      yield* lines;
    }
  } finally {
    fs.closeSync(fd);
  }
}
