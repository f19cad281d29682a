/**
 * A site's mirror of advisory feeds, a folder on our own box: OSV records one a file (its archives unpacked), Debian's
 * security tracker, FreeBSD's VuXML. A file is known by what stands in it, not by its name; what is none of these is told.
 */
import { createReadStream } from "node:fs";
import { open, readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { type Advisory, readDebianTracker, readOsv, readVuln } from "../codec/advisories.ts";
import { JsonMembers } from "../codec/json-members.ts";
import type { Millis } from "../lib/clock.ts";
import { messageOf, OobError } from "../lib/errors.ts";

const MAX_FILES = 500_000;
const MAX_DEPTH = 5;
/** Enough of a file to see what it is. */
const HEAD_BYTES = 64 * 1024;
const MAX_OSV_BYTES = 16 * 1024 * 1024;
const MAX_VULN_TEXT = 4 * 1024 * 1024;

/** A kind of feed that is in the folder. */
export interface Feed {
  readonly kind: "OSV" | "Debian tracker" | "VuXML";
  readonly files: number;
  /** When the newest of its files was written, Unix ms. */
  readonly newest: Millis;
}

/** What a folder of feeds says of some packages. */
export interface FeedReading {
  readonly feeds: readonly Feed[];
  readonly advisories: readonly Advisory[];
  /** Files that look like a feed and are none that is known, or that are damaged. */
  readonly unknown: readonly string[];
  /** Ecosystems that are spoken of at all: "Debian:12", "codename:bookworm", "FreeBSD". */
  readonly ecosystems: ReadonlySet<string>;
}

interface Reading {
  readonly wanted: (name: string) => boolean;
  readonly feeds: Map<Feed["kind"], { files: number; newest: Millis }>;
  readonly advisories: Advisory[];
  readonly unknown: string[];
  readonly ecosystems: Set<string>;
  files: number;
}

/** Reads the feeds, keeping what is said of wanted names. */
export async function readFeeds(
  folder: string,
  wanted: (name: string) => boolean,
): Promise<FeedReading> {
  const reading: Reading = {
    wanted,
    feeds: new Map(),
    advisories: [],
    unknown: [],
    ecosystems: new Set(),
    files: 0,
  };
  try {
    await readFolder(folder, MAX_DEPTH, reading);
  } catch (thrown) {
    if (thrown instanceof OobError) throw thrown;
    throw new OobError(
      "RUNBOOK_FAILED",
      `Cannot read the feeds in "${folder}": ${messageOf(thrown)}`,
      {
        cause: thrown,
      },
    );
  }
  const feeds = [...reading.feeds].map(([kind, feed]) => ({ kind, ...feed }));
  const { advisories, unknown, ecosystems } = reading;
  return { feeds, advisories, unknown, ecosystems };
}

async function readFolder(folder: string, depth: number, reading: Reading): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && depth > 0) await readFolder(path, depth - 1, reading);
    else if (/\.(?:json|xml|zip|gz|bz2|xz|tar|zst)$/i.test(entry.name))
      await readOne(path, reading);
  }
}

async function readOne(path: string, reading: Reading): Promise<void> {
  if (++reading.files > MAX_FILES)
    throw new OobError(
      "RUNBOOK_FAILED",
      `Cannot read the feeds: there are more than ${MAX_FILES} files`,
    );
  const { size, mtimeMs } = await stat(path);
  const kind = kindOf(await headOf(path));
  const whole = kind !== undefined && (await READERS[kind](path, reading, size));
  if (!whole || kind === undefined) {
    reading.unknown.push(path);
    return;
  }
  const feed = reading.feeds.get(kind) ?? { files: 0, newest: 0 };
  reading.feeds.set(kind, { files: feed.files + 1, newest: Math.max(feed.newest, mtimeMs) });
}

async function headOf(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.toString("utf8", 0, bytesRead);
  } finally {
    await file.close();
  }
}

function kindOf(head: string): Feed["kind"] | undefined {
  if (/^\s*(?:<\?xml|<!|<vuxml)/.test(head)) return head.includes("<vuxml") ? "VuXML" : undefined;
  if (/^\s*\{\s*"[^"\n]{1,200}"\s*:\s*\{\s*"(?:CVE|TEMP)-/.test(head)) return "Debian tracker";
  return /^\s*\{/.test(head) && /"(?:affected|schema_version|withdrawn|modified)"\s*:/.test(head)
    ? "OSV"
    : undefined;
}

type Reader = (path: string, reading: Reading, size: number) => Promise<boolean>;

const READERS: Readonly<Record<Feed["kind"], Reader>> = {
  OSV: readOsvFile,
  "Debian tracker": readTracker,
  VuXML: readVuxml,
};

function keep(reading: Reading, advisories: readonly Advisory[]): void {
  for (const advisory of advisories) {
    reading.ecosystems.add(advisory.ecosystem);
    if (reading.wanted(advisory.name)) reading.advisories.push(advisory);
  }
}

async function readOsvFile(path: string, reading: Reading, size: number): Promise<boolean> {
  if (size > MAX_OSV_BYTES) return false;
  let record: unknown;
  try {
    record = JSON.parse(await readFile(path, "utf8"));
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return false;
    throw thrown;
  }
  const advisories = readOsv(record);
  keep(reading, advisories ?? []);
  return advisories !== undefined;
}

async function readTracker(path: string, reading: Reading): Promise<boolean> {
  // Which releases it speaks of is learnt from every package, and few of them are ours.
  let sample = 200;
  const members = new JsonMembers((name) => reading.wanted(name) || sample-- > 0);
  let whole = true;
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 18 })) {
    for (const member of members.receive(chunk as Uint8Array)) {
      if (member.is === "member") keep(reading, readDebianTracker(member.name, member.value));
      else if (member.is !== "end") whole = false;
    }
  }
  return whole && members.whole;
}

async function readVuxml(path: string, reading: Reading): Promise<boolean> {
  let text = "";
  let whole = true;
  for await (const chunk of createReadStream(path, { encoding: "utf8", highWaterMark: 1 << 18 })) {
    text += chunk as string;
    for (let end = text.indexOf("</vuln>"); end >= 0; end = text.indexOf("</vuln>")) {
      const begin = text.indexOf("<vuln ");
      if (begin >= 0 && begin < end) keep(reading, readVuln(text.slice(begin, end + 7)));
      text = text.slice(end + 7);
    }
    if (text.length > MAX_VULN_TEXT) {
      whole = false;
      text = "";
    }
  }
  return whole && text.includes("</vuxml>");
}
