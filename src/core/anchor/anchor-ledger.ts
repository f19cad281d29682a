/**
 * Where checkpoints of other machines are kept, append-only, and where a log that is not what it was is found out:
 *
 *   line ─► key or checkpoint in it? ─► signed by a key that follows from the first one known? ─► more entries than before?
 *             no: passed over              no: alarm, not kept                                      no: alarm, and kept
 *
 * A line is on the disk before it counts. Everything that a stranger can make grow has a bound.
 */
import fs from "node:fs";
import { join } from "node:path";
import { type KeyRecord, readSealLine, type SealLine } from "../../codec/checkpoint.ts";
import type { Clock, Millis } from "../../lib/clock.ts";
import { minutes } from "../../lib/durations.ts";
import { messageOf, OobError } from "../../lib/errors.ts";
import { keyName } from "../seal/key-list.ts";
import { appendLines } from "./append-lines.ts";
import { type LedgerWord, SiteLedger } from "./site-ledger.ts";

const MAX_SITES = 1000;
const MAX_LOGS = 10_000;
/** A file's name has at most 255 bytes, ".anchor" among them. */
const MAX_LOG_NAME = 240;
/** The same alarm of the same log is told again only after this; what came between is counted. */
const ALARM_AGAIN: Millis = minutes(10);
const MAX_ALARMS_HELD = 20_000;
const SITE = /^[0-9a-f]{16}$/;
const END = ".anchor";

/** What a person is told. */
export interface AnchorAlarm {
  /** "web1@0123456789abcdef", or a site alone. */
  readonly origin: string;
  readonly text: string;
}

/** What came of lines. */
export interface Received {
  /** Checkpoints that are new, that were there already, and lines that are damaged or none of ours. */
  readonly kept: number;
  readonly known: number;
  readonly damaged: number;
  readonly alarms: readonly AnchorAlarm[];
  /** Sites that were never seen before: "…, first key known ed25519:…". */
  readonly news: readonly string[];
}

/** A line with something of ours. */
type Ours = Extract<SealLine, { is: "key" | "checkpoint" }>;

/** What is taken in, and waits to be written: text by path. */
type Take = { -readonly [Name in keyof Received]: Received[Name] } & {
  readonly alarms: AnchorAlarm[];
  readonly news: string[];
  readonly fresh: Map<string, string>;
};

interface LedgerOptions {
  readonly folder: string;
  readonly clock: Pick<Clock, "now" | "monotonic">;
  /** First keys of the sites that are believed; without them the first key that comes of a site is. */
  readonly keys?: readonly string[];
}

/** Checkpoints of other machines. */
export class AnchorLedger {
  readonly #options: LedgerOptions;
  readonly #sites = new Map<string, SiteLedger>();
  readonly #told = new Map<string, { readonly at: Millis; more: number }>();
  #logs = 0;
  #siteCount = 0;

  /** Throws ANCHOR_FAILED where the folder cannot be used. */
  constructor(options: LedgerOptions) {
    this.#options = options;
    try {
      fs.mkdirSync(options.folder, { recursive: true, mode: 0o750 });
      this.#count();
    } catch (cause) {
      throw unusable(options.folder, cause);
    }
  }

  /** Takes lines in. All that is new of them is on the disk when it returns. Throws ANCHOR_FAILED: nothing counts then. */
  take(lines: readonly string[]): Received {
    const take: Take = { kept: 0, known: 0, damaged: 0, alarms: [], news: [], fresh: new Map() };
    try {
      for (const text of lines) {
        const found = readSealLine(text);
        if (found.is === "damaged") take.damaged++;
        else if (found.is !== "nothing") this.#take(found, take);
      }
      flush(take.fresh);
    } catch (cause) {
      // What is in memory may be ahead of the disk now.
      this.#sites.clear();
      this.#told.clear();
      throw unusable(this.#options.folder, cause);
    }
    const { fresh: _, ...received } = take;
    return received;
  }

  #take(found: Ours, take: Take): void {
    const about = found.is === "key" ? found.record : found.checkpoint;
    const ledger = this.#site(about.site);
    const isNew = !ledger.isKnown;
    const path = found.is === "key" ? ledger.keyPath : ledger.pathOf(found.checkpoint.log);
    // One with as many entries is looked for in the file: what came before has to be there.
    if (take.fresh.has(path)) flush(take.fresh);
    const word = found.is === "key" ? this.#key(found, ledger) : this.#checkpoint(found, ledger);
    if (!ledger.isKnown) this.#sites.delete(about.site);
    if (word.is === "known") take.known++;
    // Before the line: once that is on the disk it is known, and alarms no more.
    if (word.is === "alarm") this.#write(this.#alarm(about, word), take);
    if (word.is === "known" || (word.is === "alarm" && !word.keep)) return;
    take.fresh.set(path, `${found.line}\n`);
    if (found.is === "checkpoint") take.kept++;
    else if (isNew) take.news.push(newsOf(found.record));
  }

  #key({ record }: Extract<Ours, { is: "key" }>, ledger: SiteLedger): LedgerWord {
    if (ledger.isKnown) return ledger.key(record);
    const named = this.#options.keys?.includes(keyName(record)) ?? true;
    if (!named) return refused("site", "its first key is not one of those that were given");
    if (this.#siteCount >= MAX_SITES) return refused("bound", `more than ${MAX_SITES} sites`);
    const word = ledger.key(record);
    if (ledger.isKnown) this.#siteCount++;
    return word;
  }

  #checkpoint(
    { checkpoint, line }: Extract<Ours, { is: "checkpoint" }>,
    ledger: SiteLedger,
  ): LedgerWord {
    const { log } = checkpoint;
    if (!ledger.isKnown) return refused("site", "a checkpoint of a site of which no key is known");
    if (log.length > MAX_LOG_NAME) return refused("bound", "the name of a log is too long");
    const isNew = !ledger.has(log);
    if (isNew && this.#logs >= MAX_LOGS) return refused("bound", `more than ${MAX_LOGS} logs`);
    const word = ledger.checkpoint(checkpoint, line);
    if (isNew && word.is === "kept") this.#logs++;
    return word;
  }

  #site(site: string): SiteLedger {
    const held = this.#sites.get(site) ?? new SiteLedger(join(this.#options.folder, site));
    this.#sites.set(site, held);
    return held;
  }

  #count(): void {
    const { folder } = this.#options;
    const sites = fs.readdirSync(folder).filter((name) => SITE.test(name));
    this.#siteCount = sites.length;
    for (const site of sites)
      this.#logs += fs.readdirSync(join(folder, site)).filter((name) => name.endsWith(END)).length;
  }

  /** One that was told a moment ago only counts. */
  #alarm(about: About, { kind, text, keep }: Extract<LedgerWord, { is: "alarm" }>): AnchorAlarm[] {
    const now = this.#options.clock.monotonic();
    const origin = originOf(about);
    // Of what a stranger makes up there is no end, names of logs too: what nobody signed is one for each site.
    const signed = keep ? `${kind} ${origin}` : `${kind} ${about.site}`;
    const key = kind === "site" || kind === "bound" ? kind : signed;
    const before = this.#told.get(key);
    if (before && now - before.at < ALARM_AGAIN) {
      before.more++;
      return [];
    }
    if (this.#told.size >= MAX_ALARMS_HELD) this.#told.clear();
    this.#told.set(key, { at: now, more: 0 });
    const more = before && before.more > 0 ? `; ${before.more} more like it since the last` : "";
    return [{ origin, text: `${text}${more}` }];
  }

  #write(alarms: readonly AnchorAlarm[], { alarms: all, fresh }: Take): void {
    if (alarms.length === 0) return;
    all.push(...alarms);
    const at = new Date(this.#options.clock.now()).toISOString();
    const lines = alarms.map(({ origin, text }) => `${at} ALARM ${origin}: ${text}\n`);
    const path = join(this.#options.folder, "alarms");
    fresh.set(path, (fresh.get(path) ?? "") + lines.join(""));
  }
}

const refused = (kind: string, text: string): LedgerWord => ({
  ...{ is: "alarm", kind, text, keep: false },
});

/** What a line is about: a log, or a site. */
interface About {
  readonly site: string;
  readonly log?: string;
}

const originOf = (about: About): string =>
  about.log === undefined ? about.site : `${about.log}@${about.site}`;

const newsOf = (record: KeyRecord): string =>
  `site ${record.site}, first key known ${keyName(record)} (number ${record.number})`;

/** In the order in which the files were first written to. */
function flush(fresh: Map<string, string>): void {
  for (const [path, text] of fresh) appendLines(path, text);
  fresh.clear();
}

const unusable = (folder: string, cause: unknown): OobError =>
  new OobError("ANCHOR_FAILED", `Cannot keep checkpoints in "${folder}": ${messageOf(cause)}`, {
    cause,
    hint: "Make room, or mend the disk; what was not kept is not acknowledged",
  });
