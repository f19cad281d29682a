import { fdatasync, writeSync } from "node:fs";
import { uptime } from "node:os";
import { promisify } from "node:util";
import type { Millis } from "../../lib/clock.ts";
import { seconds } from "../../lib/durations.ts";

/** What the console log asks of the disk, apart so that a full or broken one can stand in. */
export interface Disk {
  /** Writes what it can, at least one byte, and says how many; throws ENOSPC, EIO and the like. */
  readonly write: (fd: number, bytes: Uint8Array, from: number) => number;
  /** Resolves when what was written to the file is on the disk. */
  readonly datasync: (fd: number) => Promise<void>;
  /** How long this machine runs since it started; absent: nobody knows. */
  readonly upFor?: () => Millis;
}

/** The machine's disk. */
export const systemDisk: Disk = {
  write: (fd, bytes, from) => writeSync(fd, bytes, from, bytes.length - from),
  datasync: promisify(fdatasync),
  upFor: () => seconds(uptime()),
};

/**
 * Writes all of the bytes from `from` on; the result says how far it came, and what stopped it. A write may be
 * short without an error (measured: 536 of 1,000 bytes at the end of a disk, ENOSPC only at the next call).
 */
export function writeAll(
  disk: Disk,
  fd: number,
  bytes: Uint8Array,
  from: number,
): { readonly end: number; readonly error?: unknown } {
  let end = from;
  while (end < bytes.length) {
    try {
      const wrote = disk.write(fd, bytes, end);
      if (wrote <= 0) return { end, error: new Error("the disk took no byte") };
      end += wrote;
    } catch (error) {
      return { end, error };
    }
  }
  return { end };
}

/** The error says that there is no room, not that the disk is broken. */
export function isFull(error: unknown): boolean {
  return (
    error instanceof Error && "code" in error && /^(ENOSPC|EDQUOT|EFBIG)$/.test(String(error.code))
  );
}
