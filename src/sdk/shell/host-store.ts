import { randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import type { Found } from "../../codec/console-text.ts";
import { utf8 } from "../../lib/bytes.ts";
import type { Clock, Millis } from "../../lib/clock.ts";
import { seconds } from "../../lib/durations.ts";
import type { OobError } from "../../lib/errors.ts";
import { frameCommand, MAX_TYPED_BYTES } from "../command-frame.ts";
import { appendAll } from "./append-all.ts";
import { type FetchProgress, fetchOutput, MAX_CAPTURE_BYTES } from "./fetch-output.ts";
import { type GuardedShell, MAX_TRIES } from "./guarded-shell.ts";
import type { HostTools } from "./host-tools.ts";
import { shellWord, withoutChatter } from "./piece-command.ts";
import { findTools } from "./put-file.ts";
import {
  KIT_DAMAGED,
  KIT_FULL,
  type KitReport,
  kitReport,
  kitRun,
  kitRunFile,
  shownBytes,
  storeKit,
} from "./store-kit.ts";

const GONE = 41;
const BEGINS_WITHIN: Millis = seconds(15);
/** A command longer than this is put into a file first. */
const MAX_WORD = MAX_TYPED_BYTES - 150;
/** In memory first: nothing wears out, nothing keeps a file system busy, and a reboot takes it away. */
const IN_MEMORY = ["/run", "/dev/shm", "/dev"];
const ON_DISK = ["/tmp", "/var/tmp"];

/** Remembers on this side what was left on a host, so that the next run takes it away. */
export interface Leftovers {
  readonly folders: readonly string[];
  add(folders: readonly string[]): void;
  remove(folders: readonly string[]): void;
}

/** What a command printed, and how it ended. */
export interface StoredOutput {
  readonly status: number;
  readonly bytes: Uint8Array;
}

/** What running a command may take. */
export interface RunLimits {
  readonly within: Millis;
  readonly progress: FetchProgress;
  /** Its time is over: throws what is said of it. `begun`: the host was seen to begin. */
  readonly late: (begun: boolean) => Promise<OobError>;
}

/**
 * A folder of ours on a host, in which commands are run once and keep what they printed until it has come over whole.
 * The folder is made by mkdir with mode 700 under a name that nobody can guess, and goes with close().
 */
export class HostStore {
  readonly folder: string;
  readonly inMemory: boolean;
  readonly tools: HostTools;
  readonly #shell: GuardedShell;
  readonly #clock: Clock;
  readonly #leftovers: Leftovers;
  readonly #gzip: boolean;
  #count = 0;

  private constructor(
    parts: { shell: GuardedShell; clock: Clock; leftovers: Leftovers },
    folder: string,
    tools: HostTools,
    gzip: boolean,
  ) {
    this.#shell = parts.shell;
    this.#clock = parts.clock;
    this.#leftovers = parts.leftovers;
    this.folder = folder;
    this.inMemory = IN_MEMORY.some((root) => folder.startsWith(`${root}/`));
    this.tools = tools;
    this.#gzip = gzip;
  }

  /** Takes away what runs before left, and makes the folder. A text says what the host has not got for it. */
  static async open(
    shell: GuardedShell,
    clock: Clock,
    leftovers: Leftovers,
  ): Promise<HostStore | string> {
    const tools = await findTools(shell);
    if (tools === undefined)
      return "it cannot prove what comes: neither cksum nor md5sum nor SHA-256";
    // One by one: a typed line has room for a few, and what cannot go now is tried again.
    for (const left of leftovers.folders) {
      const { status } = await shell.run(removal(left), tools.proof);
      if (status === 0) leftovers.remove([left]);
    }
    const name = `oob-${randomBytes(6).toString("hex")}`;
    // Known before it exists: a crash in between leaves nothing that nobody knows of.
    const places = [...IN_MEMORY, ...ON_DISK].map((root) => `${root}/${name}`);
    leftovers.add(places);
    const roots = [...IN_MEMORY, ...ON_DISK].join(" ");
    const make = `umask 077;for d in ${roots};do x=$d/${name};{ [ -d $x ]||mkdir -m 700 $x;}&&: >$x/k&&echo "in $x" &&break;done 2>/dev/null;[ "$(printf ok|gzip -c|gzip -dc)" = ok ] 2>/dev/null&&echo "have gzip";:`;
    const { folder, gzip } = await shell.until(
      () => shell.runOnce(make),
      ({ output }) => madeFolder(output, name),
    );
    leftovers.remove(places.filter((place) => place !== folder));
    if (folder === undefined) return `none of ${roots} can be written to`;
    const store = new HostStore({ shell, clock, leftovers }, folder, tools, gzip);
    await store.#place("k", utf8(storeKit(tools, gzip)));
    await shell.until(
      () => shell.runOnce(`sh ${folder}/k v`),
      ({ output }) => (withoutChatter(output).includes(`kit ${folder}\n`) ? true : undefined),
    );
    return store;
  }

  /** Runs a command or a script, once, and fetches what it printed. */
  async run(script: string, limits: RunLimits): Promise<StoredOutput> {
    const number = ++this.#count;
    let typed = kitRun(this.folder, number, script, this.tools);
    const plain = !/\p{Cc}/u.test(script) && this.tools.decode !== undefined;
    if (!plain || typed.length > MAX_WORD) {
      await this.#place(`${number}.c`, utf8(script.endsWith("\n") ? script : `${script}\n`));
      typed = kitRunFile(this.folder, number, this.tools);
    }
    const report = await this.#report(typed, limits);
    if (report.status === undefined)
      throw this.#shell.failed("it was broken off, or the host has no room for what it printed");
    const most = Math.max(report.bytes, report.packedBytes);
    if (most > MAX_CAPTURE_BYTES)
      throw this.#shell.failed(`it printed ${most} bytes`, {
        hint: "Filter it on the host",
      });
    const shown = report.packedBytes === report.bytes ? shownBytes(report, this.tools) : undefined;
    const source = { folder: this.folder, number, report, tools: this.tools };
    const bytes = shown ?? (await fetchOutput(this.#shell, source, limits.progress));
    // What is small goes with the folder.
    if (shown === undefined) await this.#shell.runOnce(`sh ${this.folder}/k d ${number}`);
    return { status: report.status, bytes };
  }

  /** Takes the folder away, and puts the kernel's level back where that was not done. */
  async close(): Promise<void> {
    const { status } = await this.#shell.run(removal(this.folder), this.tools.proof);
    if (status === 0) this.#leftovers.remove([this.folder]);
  }

  /** The host went down, and what it had in memory with it. */
  forget(): void {
    if (this.inMemory) this.#leftovers.remove([this.folder]);
  }

  /** Runs it once: asked again, the host only says once more how it ended. */
  async #report(command: string, limits: RunLimits): Promise<KitReport> {
    const end = this.#clock.monotonic() + limits.within;
    const { typed, begin, end: ends } = frameCommand(command);
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const found = await this.#ask(typed, begin, ends, end);
      if (found === "late" || found === "never begun") throw await limits.late(found === "late");
      const status = Number(found?.match[1]);
      if (status === KIT_FULL) throw this.#shell.failed("the host has no room for what it prints");
      const report = found?.lost === 0 ? kitReport(found.before, this.tools) : undefined;
      if (report !== undefined) return report;
      await this.#beforeAgain(found === undefined, status);
    }
    throw this.#shell.failed(`how it ended came damaged ${MAX_TRIES} times`, {
      hint: "The line loses bytes: check its speed and flow control",
    });
  }

  async #beforeAgain(unseen: boolean, status: number): Promise<void> {
    if (unseen || status === KIT_DAMAGED) this.#shell.slower();
    else this.#shell.resent += 1;
    if (unseen) await this.#shell.recover();
    else if (status !== KIT_DAMAGED) await this.#demandKit();
  }

  /** Undefined: a prompt stands there, and no mark was seen. */
  async #ask(
    typed: string,
    begin: RegExp,
    ends: RegExp,
    end: Millis,
  ): Promise<Found | "late" | "never begun" | undefined> {
    const shell = this.#shell;
    const left = () => Math.max(0, end - this.#clock.monotonic());
    shell.forget();
    await shell.type(typed);
    // A host is not interrupted that may be at work: only where its prompt stands, it is asked again.
    const begun = await shell.hearing(begin, Math.min(BEGINS_WITHIN, left()), left());
    if (begun === undefined && !shell.promptStands()) {
      // The end of the line was lost on its way, or the mark on its way back.
      await shell.type("\r");
      const late = await shell.hearing(ends, left(), left());
      if (late !== undefined) return { ...late, lost: 1 };
      return shell.promptStands() ? undefined : "never begun";
    }
    if (begun === undefined) return undefined;
    const found = await shell.hearing(ends, left(), left());
    if (found !== undefined || shell.promptStands()) return found;
    return "late";
  }

  /** Where the folder has gone, asking again is in vain. */
  async #demandKit(): Promise<void> {
    const { status } = await this.#shell.run(
      `[ -s ${this.folder}/k ]||exit ${GONE}`,
      this.tools.proof,
    );
    if (status !== GONE) return;
    throw this.#shell.failed(
      `"${this.folder}" has gone: the host was rebooted, or somebody removed it`,
    );
  }

  /** Makes a file in the folder be this. */
  async #place(name: string, content: Uint8Array): Promise<void> {
    const { tools } = this;
    const path = `${this.folder}/${name}`;
    const packed = this.#gzip && tools.decode !== undefined;
    const on = packed ? `${path}.z` : path;
    await this.#demand(`umask 077;: >${shellWord(on)}`);
    const file = packed ? new Uint8Array(gzipSync(content, { level: 9 })) : content;
    const wish = { file, path: on, tools, spelling: undefined, progress: () => undefined };
    await appendAll(this.#shell, this.#shell.what, wish);
    if (packed) await this.#demand(`gzip -dc <${on} >${path}`);
  }

  async #demand(command: string): Promise<void> {
    const { status } = await this.#shell.run(command, this.tools.proof);
    if (status !== 0) throw this.#shell.failed(`"${this.folder}" cannot be written to any more`);
  }
}

/** Where the folder was made, if anywhere; undefined: what the host said came damaged. */
function madeFolder(
  output: string,
  name: string,
): { readonly folder: string | undefined; readonly gzip: boolean } | undefined {
  const text = withoutChatter(output);
  const [, folder] = new RegExp(`(?:^|\\n)in (/[a-z/]{1,20}/${name})\\n`).exec(text) ?? [];
  const gzip = text.includes("have gzip\n");
  if (folder === undefined && text.replace("have gzip\n", "").trim() !== "") return undefined;
  return { folder, gzip };
}

/** The level of the kernel's console that was in force, then all of the folder. */
const removal = (path: string): string =>
  `x=${shellWord(path)};[ ! -s "$x/q" ]||cat "$x/q" >/proc/sys/kernel/printk;rm -rf "$x"`;
