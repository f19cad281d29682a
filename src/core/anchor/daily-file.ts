import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../../lib/clock.ts";
import { orAborted } from "../../lib/or-aborted.ts";
import { syncNames } from "../../lib/sync-names.ts";

const NEWLINE = 10;

/** Writes that were begun and have not ended, by folder: a disk that hangs holds one thread, and not all of them. */
const hanging = new Set<string>();

/** Appends lines to the file of the day (UTC) in a folder; on the disk when it resolves. */
export async function appendDaily(
  folder: string,
  lines: readonly string[],
  { clock, signal }: { readonly clock: Pick<Clock, "now">; readonly signal: AbortSignal },
): Promise<void> {
  if (hanging.has(folder)) throw new Error("the disk has not ended what was written before");
  hanging.add(folder);
  const day = new Date(clock.now()).toISOString().slice(0, 10);
  const work = append(folder, join(folder, `${day}.anchors`), lines).finally(() =>
    hanging.delete(folder),
  );
  await orAborted(work, signal);
}

async function append(folder: string, path: string, lines: readonly string[]): Promise<void> {
  const file = await open(path, "a+", 0o640);
  try {
    const { size } = await file.stat();
    // What a full disk cut short stays as it is, on a line of its own.
    const begin = size === 0 || (await lastByte(file, size)) === NEWLINE ? "" : "\n";
    await file.writeFile(`${begin}${lines.map((line) => `${line}\n`).join("")}`);
    await file.sync();
    if (size === 0) await syncNames(folder);
  } finally {
    await file.close();
  }
}

async function lastByte(file: FileHandle, size: number): Promise<number | undefined> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  return bytesRead === 1 ? buffer[0] : undefined;
}
