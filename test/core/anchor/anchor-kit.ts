import { createHash } from "node:crypto";
import { appendFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { checkpointText } from "../../../src/codec/checkpoint.ts";
import { DayKeys } from "../../../src/core/seal/day-keys.ts";
import { readText } from "../../../src/core/seal/key-file.ts";
import { keyFiles, sealFolder } from "../../../src/core/seal/seal-files.ts";
import { ManualClock } from "../../../src/lib/clock.ts";
import { NOON, newState } from "../log/log-kit.ts";

/** What may be said otherwise of a checkpoint. */
interface Said {
  readonly segment?: string;
  readonly hash?: string;
}

/** A site with real keys that signs whatever it is told to. */
export class SigningSite {
  readonly state = newState();
  readonly clock = new ManualClock(NOON);
  readonly #keys = new DayKeys(sealFolder(this.state), this.clock);

  /** A checkpoint signed with today's key, as a line without newline. */
  sign(log: string, entries: number, { segment = "20261122T101500Z", hash }: Said = {}): string {
    const { site, number: key, sign } = this.#keys.today();
    const value = hash ?? createHash("sha256").update(`${log} ${entries}`).digest("hex");
    const place = { log, site, segment, entries, offset: entries * 10 };
    const text = checkpointText({ ...place, at: this.clock.now(), hash: value, key });
    return `${text} ${sign(text)}`;
  }

  /** The same, added to the log's files. */
  checkpoint(log: string, entries: number, said: Said = {}): string {
    const line = this.sign(log, entries, said);
    const folder = join(this.state, "console", log);
    mkdirSync(folder, { recursive: true });
    appendFileSync(join(folder, `${said.segment ?? "20261122T101500Z"}.cp`), `${line}\n`);
    return line;
  }

  get site(): string {
    return this.#keys.today().site;
  }

  /** Lines of the list of keys. */
  get keys(): string[] {
    this.#keys.today();
    return (readText(keyFiles(sealFolder(this.state)).list) ?? "").split("\n").slice(0, -1);
  }
}
