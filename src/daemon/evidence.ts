/** For `oob log verify` and `anchor`: reads the logs' files, beside a running daemon or without one. */
import { existsSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { formatCheckpoint } from "../codec/checkpoint.ts";
import { bareConfig } from "../config/bare-config.ts";
import { loadConfig } from "../config/load-config.ts";
import type { Environment } from "../config/places.ts";
import type { SiteConfig } from "../config/site-config.ts";
import { listSegments, logFolder } from "../core/log/log-folder.ts";
import { openRegistry } from "../core/registry/registry.ts";
import { lastCheckpoint } from "../core/seal/checkpoint-file.ts";
import { checkManifest, isExport } from "../core/seal/export-manifest.ts";
import { keyFiles, sealFolder, sealPaths } from "../core/seal/seal-files.ts";
import { type SealVerdict, verifyLog } from "../core/seal/verify-log.ts";
import type { Millis } from "../lib/clock.ts";
import { messageOf, OobError } from "../lib/errors.ts";
import { type Exported, type ExportWish, exportEvidence, exportedLogs } from "./export-evidence.ts";

export type { ExportedLog } from "../core/seal/export-log.ts";
export type { SealVerdict } from "../core/seal/verify-log.ts";
export type { SealProblem } from "../core/seal/verify-segment.ts";

/** What a log is verified with. */
export interface VerifyWish {
  readonly since?: Millis | undefined;
  /** Text with checkpoints that were kept elsewhere. */
  readonly anchor?: string | undefined;
  /** The first public key. */
  readonly key?: string | undefined;
  readonly signal: AbortSignal;
}

/** A log's files. */
interface Place {
  readonly named: string;
  readonly folder: string;
  readonly log: string;
  readonly keys: string;
}

/** The logs of a site, or in folders, as evidence. */
export class Evidence {
  readonly #config: SiteConfig;

  private constructor(config: SiteConfig) {
    this.#config = config;
  }

  /** A folder that was exported needs no configuration: one that was not named has no say where it is broken. */
  static async open(config: string | undefined, env: Environment): Promise<Evidence> {
    try {
      return new Evidence(await loadConfig(config, env, openRegistry));
    } catch (thrown) {
      if (config !== undefined) throw thrown;
      return new Evidence(bareConfig(env));
    }
  }

  get hosts(): readonly string[] {
    return [...this.#config.hosts.keys()];
  }

  get groups(): SiteConfig["groups"] {
    return this.#config.groups;
  }

  /** Throws USAGE where there is no such log, NOT_PERMITTED where it may not be read. */
  async verify(named: string, wish: VerifyWish): Promise<SealVerdict> {
    const place = this.#place(named);
    return await readable(place, () => verifyLog({ ...place, ...wish }));
  }

  /** A folder that oob log export made: the logs in it, and what is not as its manifest says; undefined: it is none. */
  async exported(
    named: string,
    signal: AbortSignal,
  ): Promise<
    | {
        readonly logs: readonly string[];
        readonly problems: readonly string[];
        readonly files: number;
      }
    | undefined
  > {
    if (this.#config.hosts.has(named) || !(await isExport(named))) return undefined;
    const folder = resolve(named);
    return await readable({ named, folder }, async () => ({
      ...(await checkManifest(folder, signal)),
      logs: await exportedLogs(folder),
    }));
  }

  /** Copies logs with what proves them. Throws USAGE, GUARD_REFUSED, NOT_PERMITTED, TRANSFER_FAILED. */
  async export(named: readonly string[], wish: ExportWish): Promise<Exported> {
    const places = named.map((one) => this.#place(one));
    const [first] = places;
    if (first === undefined || places.some(({ keys }) => keys !== first.keys))
      throw new OobError("USAGE", "Cannot export logs of several sites at once", {
        hint: "Give each site a folder of its own",
      });
    const folders = places.map(({ folder }) => folder);
    return await readable(first, () =>
      exportEvidence(folders, first.keys, this.#config.site, wish),
    );
  }

  /** The newest checkpoint of a log, as a line; undefined: it has none. */
  async anchor(named: string): Promise<string | undefined> {
    const { folder, ...place } = this.#place(named);
    return await readable({ ...place, folder }, async () => {
      for (const stem of listSegments(folder).reverse()) {
        const { checkpoint } = lastCheckpoint(sealPaths(folder, stem).checkpoints);
        if (checkpoint) return formatCheckpoint(checkpoint);
      }
      return undefined;
    });
  }

  #place(named: string): Place {
    const { state, hosts } = this.#config;
    const isPath = !hosts.has(named) && existsSync(named);
    const folder = isPath ? resolve(named) : logFolder(state, named);
    if (!existsSync(folder))
      throw new OobError("USAGE", `Cannot find a log of "${named}": there is no "${folder}"`, {
        hint: hosts.has(named)
          ? "Its console was never opened here"
          : `Name a host, or a folder. Known hosts: ${[...hosts.keys()].slice(0, 12).join(", ")}`,
      });
    const beside = join(dirname(folder), basename(keyFiles("").list));
    // What was exported has its keys beside it; a state folder has them beside all logs.
    const isFile = statSync(beside, { throwIfNoEntry: false })?.isFile();
    const keys = isFile ? beside : keyFiles(sealFolder(dirname(dirname(folder)))).list;
    return { named, folder, log: basename(folder), keys };
  }
}

/** Reads a file that was named on the command line. Throws USAGE. */
export async function readNamed(what: string, path: string): Promise<string> {
  try {
    return await readFile(path, "latin1");
  } catch (cause) {
    throw new OobError("USAGE", `Cannot read the ${what} "${path}": ${messageOf(cause)}`, {
      cause,
    });
  }
}

async function readable<T>(
  { named, folder }: Pick<Place, "named" | "folder">,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== "EACCES" && code !== "EPERM") throw cause;
    throw new OobError("NOT_PERMITTED", `Cannot read the log of "${named}": ${messageOf(cause)}`, {
      cause,
      hint: `Its files are for owner and group of "${folder}"`,
    });
  }
}
