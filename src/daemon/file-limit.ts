import { readFileSync } from "node:fs";
import { OobError } from "../lib/errors.ts";

/** What a console needs at least: its connection, and the bytes, the index and the timeline of its log. */
const FILES_PER_CONSOLE = 4;
/** Node's own files, the sockets of people, power devices, logs that are being read or replaced. */
const FILES_BESIDES = 128;

/**
 * How many files this process may have open; undefined where the system does not say. Node raises the soft limit to the
 * hard one when it starts.
 */
export function openFileLimit(): number | undefined {
  try {
    const limits = readFileSync("/proc/self/limits", "latin1");
    const soft = /^Max open files +(\d+)/m.exec(limits)?.[1];
    return soft === undefined ? undefined : Number(soft);
  } catch {
    return undefined;
  }
}

/** Throws FILE_LIMIT where so many consoles cannot all be open at once. */
export function demandFiles(consoles: number, limit = openFileLimit()): void {
  const needed = consoles * FILES_PER_CONSOLE + FILES_BESIDES;
  if (limit === undefined || needed <= limit) return;
  throw new OobError(
    "FILE_LIMIT",
    `Cannot serve ${consoles} consoles: they need ${needed} open files, and this process may have ${limit}`,
    {
      hint: `Set LimitNOFILE=${needed} in the systemd unit, or ulimit -n ${needed} before it starts`,
    },
  );
}
