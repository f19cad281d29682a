import { closeSync, fstatSync, ftruncateSync, openSync } from "node:fs";
import { type Checkpoint, MAX_SEAL_LINE, parseCheckpoint } from "../../codec/checkpoint.ts";
import { type Disk, writeAll } from "../log/log-disk.ts";
import { LOG_FILE_MODE } from "../log/log-folder.ts";
import { readIfThere } from "./read-files.ts";
import { sealPaths } from "./seal-files.ts";

/** How a file of checkpoints ends. */
interface LastCheckpoint {
  readonly checkpoint: Checkpoint | undefined;
  /** The last whole line is no checkpoint. */
  readonly damaged: boolean;
  /** Bytes behind the last whole line: it never came to the disk. */
  readonly torn: number;
  readonly size: number;
}

/** The last checkpoint of a file. */
export function lastCheckpoint(path: string): LastCheckpoint {
  const found = readIfThere(path, 4 * MAX_SEAL_LINE);
  if (!found) return { checkpoint: undefined, damaged: false, torn: 0, size: 0 };
  const text = found.tail.toString("latin1");
  const end = text.lastIndexOf("\n");
  const torn = text.length - end - 1;
  if (end < 0) {
    const damaged = found.size > found.tail.length;
    return { checkpoint: undefined, damaged, torn, size: found.size };
  }
  const checkpoint = parseCheckpoint(text.slice(text.lastIndexOf("\n", end - 1) + 1, end));
  return { checkpoint, damaged: checkpoint === undefined, torn, size: found.size };
}

/** Adds a line to a segment's checkpoints; on the disk when it resolves. All of it or nothing. */
export async function appendCheckpoint(
  disk: Disk,
  folder: string,
  stem: string,
  line: string,
): Promise<void> {
  const fd = openSync(sealPaths(folder, stem).checkpoints, "a", LOG_FILE_MODE);
  try {
    const { size } = fstatSync(fd);
    const wrote = writeAll(disk, fd, Buffer.from(line, "latin1"), 0);
    if (wrote.error !== undefined) {
      ftruncateSync(fd, size);
      throw wrote.error;
    }
    await disk.datasync(fd);
    if (size === 0) await syncNames(disk, folder);
  } finally {
    closeSync(fd);
  }
}

async function syncNames(disk: Disk, folder: string): Promise<void> {
  const fd = openSync(folder, "r");
  await disk.datasync(fd).finally(() => closeSync(fd));
}
