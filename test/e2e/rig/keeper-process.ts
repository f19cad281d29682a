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

/** The keeper's pid, by the lock of a port; a killed keeper's lock stands until the next one takes it. */
export function keeperPid(state: string): number | undefined {
  const folder = join(state, "locks");
  if (!existsSync(folder)) return undefined;
  for (const name of readdirSync(folder).filter((one) => one.startsWith("_dev_pts_"))) {
    const { who, pid } = JSON.parse(readFileSync(join(folder, name), "utf8"));
    if (who === "oob-keeper" && isRunning(pid)) return pid;
  }
  return undefined;
}
