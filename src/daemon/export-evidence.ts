/** For `oob log export`: a folder, and an image of it, that `oob log verify` proves on another machine. */
import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { access, chmod, link, mkdir, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import type { ExportedLog } from "../core/seal/export-log.ts";
import { exportLogs } from "../core/seal/export-log.ts";
import { checkManifest } from "../core/seal/export-manifest.ts";
import type { Millis } from "../lib/clock.ts";
import { messageOf, OobError } from "../lib/errors.ts";
import { writeImage } from "./export-image.ts";

/** What is exported, and where to. */
export interface ExportWish {
  readonly to: string;
  readonly since?: Millis | undefined;
  readonly until?: Millis | undefined;
  /** An image beside the folder, too. */
  readonly worm: boolean;
  /** When this is. */
  readonly at: Millis;
  readonly signal: AbortSignal;
}

/** What was exported. */
export interface Exported {
  readonly folder: string;
  readonly logs: readonly ExportedLog[];
  readonly files: number;
  readonly image?: { readonly path: string; readonly bytes: number; readonly files: number };
}

/** Copies logs into a new folder, reads all of it back, and makes the image. Replaces nothing; throws TRANSFER_FAILED. */
export async function exportEvidence(
  logs: readonly string[],
  keys: string,
  site: string,
  wish: ExportWish,
): Promise<Exported> {
  const to = resolve(wish.to);
  const image = `${to}.iso`;
  await refuseExisting(to);
  if (wish.worm) await refuseExisting(image);
  const fresh = `${to}.oob-${randomBytes(3).toString("hex")}`;
  try {
    await mkdir(fresh, { mode: 0o750 });
    const { since, until, signal, at } = wish;
    const iso = (time: Millis | undefined) =>
      time === undefined ? null : new Date(time).toISOString();
    const facts = { site, exportedAt: iso(at), since: iso(since), until: iso(until) };
    const done = await exportLogs({ logs, keys, to: fresh, since, until, facts, signal });
    const { problems, files } = await checkManifest(fresh, signal);
    if (problems.length > 0) throw new Error(`read back, ${problems[0]}`);
    const made = wish.worm ? await makeImage(fresh, image, signal) : undefined;
    await refuseExisting(to);
    await rename(fresh, to);
    return {
      ...{ folder: to, logs: done, files },
      ...(made && { image: { path: image, ...made } }),
    };
  } catch (cause) {
    await remove(fresh);
    if (cause instanceof OobError || signalled(wish)) throw cause;
    throw new OobError("TRANSFER_FAILED", `Cannot export to "${to}": ${messageOf(cause)}`, {
      cause,
    });
  }
}

const signalled = ({ signal }: ExportWish): boolean => signal.aborted;

/** Whole or not at all, and nothing that appeared meanwhile is replaced. */
async function makeImage(folder: string, image: string, signal: AbortSignal) {
  const fresh = `${image}.oob-${randomBytes(3).toString("hex")}`;
  try {
    const made = await writeImage(folder, fresh, signal);
    await chmod(fresh, 0o440);
    await link(fresh, image);
    return made;
  } finally {
    await rm(fresh, { force: true });
  }
}

async function refuseExisting(path: string): Promise<void> {
  const isThere = await access(path, constants.F_OK).then(
    () => true,
    () => false,
  );
  if (isThere)
    throw new OobError("GUARD_REFUSED", `Cannot export to "${path}": it exists`, {
      hint: "Give another name: an export replaces nothing",
    });
  const above = dirname(path);
  await readdir(above).catch((cause: unknown) => {
    throw new OobError("USAGE", `Cannot export to "${path}": ${messageOf(cause)}`, {
      cause,
      hint: `Make "${above}" first; "${basename(path)}" in it is made here`,
    });
  });
}

async function remove(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}

/** Folders of the logs in an export. */
export async function exportedLogs(folder: string): Promise<readonly string[]> {
  const found = await readdir(join(folder, "console"), { withFileTypes: true }).catch(() => []);
  return found
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(folder, "console", name))
    .sort((a, b) => a.localeCompare(b));
}
