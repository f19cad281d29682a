/**
 * The two lines of text that prove a log, each with a signature over everything before its last blank:
 *
 *   oob-checkpoint-v1 ORIGIN SEGMENT ENTRIES OFFSET TIME HASH KEY SIGNATURE
 *   oob-key-v1 SITE NUMBER TIME PUBLIC-KEY SIGNATURE
 *
 * There is one text for each meaning: decimal numbers without leading zeros, hexadecimal in small letters, one blank
 * between fields. (Base64 has unused bits: of 1,667 flipped bits in a prototype's checkpoints, 42 went unnoticed.)
 */

const CHECKPOINT = "oob-checkpoint-v1";
const KEY = "oob-key-v1";
/** A folder's name has at most 255 bytes. */
const MAX_NAME = 255;
const NUMBER = "(0|[1-9][0-9]{0,15})";
const hex = (digits: number) => `([0-9a-f]{${digits}})`;

const CHECKPOINT_LINE = new RegExp(
  `^${CHECKPOINT} (([\\w.!~*'()%-]{1,${MAX_NAME}})@([0-9a-f]{16})) (\\d{8}T\\d{6}Z) ${NUMBER} ${NUMBER} ${NUMBER} ${hex(64)} ${NUMBER} ${hex(128)}$`,
);
const KEY_LINE = new RegExp(`^${KEY} ${hex(16)} ${NUMBER} ${NUMBER} ${hex(64)} ${hex(128)}$`);
/** Longest line of either kind. */
export const MAX_SEAL_LINE = 700;

/** What a checkpoint says: so far this log had come. */
export interface CheckpointFacts {
  /** Name of the log's folder. */
  readonly log: string;
  /** Which site: the first 16 digits of the SHA-256 of its first public key. */
  readonly site: string;
  /** Name of the segment in which it was made. */
  readonly segment: string;
  /** How many entries the log had, over all segments. */
  readonly entries: number;
  /** Place in the console's stream behind the last of them. */
  readonly offset: number;
  /** When it was made, Unix ms. */
  readonly at: number;
  /** Chain value of the last entry, hexadecimal. */
  readonly hash: string;
  /** Number of the key that signed. */
  readonly key: number;
}

/** A signed checkpoint; `signature` is hexadecimal. */
export interface Checkpoint extends CheckpointFacts {
  readonly signature: string;
}

/** What a line of the list of keys says. The first is signed by itself, each other by the one before it. */
export interface KeyFacts {
  readonly site: string;
  readonly number: number;
  /** From when on it signs, Unix ms. */
  readonly at: number;
  /** Ed25519 public key, hexadecimal. */
  readonly key: string;
}

/** A signed line of the list of keys. */
export interface KeyRecord extends KeyFacts {
  readonly signature: string;
}

/** The text that a checkpoint's signature is over. */
export function checkpointText(facts: CheckpointFacts): string {
  const { log, site, segment, entries, offset, at, hash, key } = facts;
  return `${CHECKPOINT} ${log}@${site} ${segment} ${entries} ${offset} ${at} ${hash} ${key}`;
}

/** A checkpoint as it stands in files, without the newline. */
export function formatCheckpoint(checkpoint: Checkpoint): string {
  return `${checkpointText(checkpoint)} ${checkpoint.signature}`;
}

/** Reads a line; undefined where it is not exactly the text of a checkpoint. */
export function parseCheckpoint(line: string): Checkpoint | undefined {
  if (line.length > MAX_SEAL_LINE) return undefined;
  const [, , log, site, segment, entries, offset, at, hash, key, signature] =
    CHECKPOINT_LINE.exec(line) ?? [];
  if (log === undefined || site === undefined || segment === undefined) return undefined;
  if (hash === undefined || signature === undefined) return undefined;
  const numbers = { entries: Number(entries), offset: Number(offset), at: Number(at) };
  const checkpoint = { log, site, segment, ...numbers, hash, key: Number(key), signature };
  return formatCheckpoint(checkpoint) === line ? checkpoint : undefined;
}

/** Where a checkpoint begins in a line that has something before it, as a receiver of syslog writes it; -1: nowhere. */
export function checkpointBegin(line: string): number {
  return line.indexOf(`${CHECKPOINT} `);
}

/** The text that a key's signature is over. */
export function keyText({ site, number, at, key }: KeyFacts): string {
  return `${KEY} ${site} ${number} ${at} ${key}`;
}

/** A key as it stands in the list, without the newline. */
export function formatKey(record: KeyRecord): string {
  return `${keyText(record)} ${record.signature}`;
}

/** Reads a line of the list of keys; undefined where it is not exactly the text of one. */
export function parseKey(line: string): KeyRecord | undefined {
  if (line.length > MAX_SEAL_LINE) return undefined;
  const [, site, number, at, key, signature] = KEY_LINE.exec(line) ?? [];
  if (site === undefined || key === undefined || signature === undefined) return undefined;
  const record = { site, number: Number(number), at: Number(at), key, signature };
  return formatKey(record) === line ? record : undefined;
}

/** What a line holds that came from elsewhere, with anything before it. `damaged`: it begins as one of ours, and is none. */
export type SealLine =
  | { readonly is: "checkpoint"; readonly checkpoint: Checkpoint; readonly line: string }
  | { readonly is: "key"; readonly record: KeyRecord; readonly line: string }
  | { readonly is: "damaged" }
  | { readonly is: "nothing" };

/** Finds a checkpoint or a key in a line. */
export function readSealLine(text: string): SealLine {
  const [at, keyAt] = [checkpointBegin(text), text.indexOf(`${KEY} `)];
  if (at < 0 && keyAt < 0) return { is: "nothing" };
  const line = text.slice(at < 0 ? keyAt : at).trimEnd();
  const checkpoint = parseCheckpoint(line);
  if (checkpoint) return { is: "checkpoint", checkpoint, line };
  const record = parseKey(line);
  return record ? { is: "key", record, line } : { is: "damaged" };
}
