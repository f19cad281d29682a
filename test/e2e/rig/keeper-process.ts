/** Finds the process that holds the ports of a running daemon. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Whether a process runs. A zombie does not: kill(2) takes it for one, and what it was asked to read is over. */
export function isRunning(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return false;
  }
}

/** Who is named in a lock; nobody, where it goes just now. It is whole as soon as it is there. */
function ownerOf(lock: string): { readonly who?: string; readonly pid: number } {
  try {
    return JSON.parse(readFileSync(lock, "utf8"));
  } catch {
    return { pid: 0 };
  }
}

/** Whether that process calls itself a keeper: the id of a killed one may be another's by now. */
function isKeeper(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1").startsWith("oob-keeper");
  } catch {
    return false;
  }
}

/** The keeper's pid, by the lock of a port; a killed keeper's lock stands until the next one takes it. */
export function keeperPid(state: string): number | undefined {
  const folder = join(state, "locks");
  if (!existsSync(folder)) return undefined;
  for (const name of readdirSync(folder).filter((one) => one.startsWith("_dev_pts_"))) {
    const { who, pid } = ownerOf(join(folder, name));
    if (who === "oob-keeper" && isRunning(pid) && isKeeper(pid)) return pid;
  }
  return undefined;
}
