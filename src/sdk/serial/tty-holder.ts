import { readdir, readFile, readlink } from "node:fs/promises";
import { basename } from "node:path";

/** Where programs that share modems and consoles (conserver, minicom, uucico) leave their lock files. */
export const UUCP_FOLDER = "/var/lock";

/** A process, named for people. */
export interface TtyHolder {
  readonly pid: number;
  /** "conserver", or "" where the name cannot be read. */
  readonly name: string;
}

/** UUCP lock file of a tty ("/var/lock/LCK..ttyUSB0"); undefined for devices that never had one (ptys). */
export function uucpLockOf(realPath: string, folder: string = UUCP_FOLDER): string | undefined {
  if (!realPath.startsWith("/dev/") || realPath.startsWith("/dev/pts/")) return undefined;
  return `${folder}/LCK..${basename(realPath)}`;
}

/** Reads the process id of a UUCP lock file: ten characters of ASCII (HDB), or four bytes (old). */
export async function readUucpLock(file: string): Promise<number | undefined> {
  const bytes = await readFile(file).catch(() => undefined);
  if (bytes === undefined) return undefined;
  const pid =
    bytes.length === 4 && !/^[\s\d]*$/.test(bytes.toString("latin1"))
      ? bytes.readInt32LE()
      : Number.parseInt(bytes.toString("latin1").trim(), 10);
  return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined;
}

/** true while a process with that id runs, whoever owns it. */
export function processRuns(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** A process's name as the kernel knows it. */
export async function processName(pid: number): Promise<string> {
  const name = await readFile(`/proc/${pid}/comm`, "utf8").catch(() => "");
  return name.trim();
}

/** Who has a tty: what its UUCP lock says, else whoever has it open as far as /proc shows it to us. */
export async function findTtyHolder(
  realPath: string,
  folder: string = UUCP_FOLDER,
): Promise<TtyHolder | undefined> {
  const lock = uucpLockOf(realPath, folder);
  const owner = lock === undefined ? undefined : await readUucpLock(lock);
  if (owner !== undefined && owner !== process.pid && processRuns(owner))
    return { pid: owner, name: await processName(owner) };
  const pids = (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name));
  for (const pid of pids.map(Number)) {
    if (pid !== process.pid && (await hasOpen(pid, realPath)))
      return { pid, name: await processName(pid) };
  }
  return undefined;
}

async function hasOpen(pid: number, path: string): Promise<boolean> {
  for (const fd of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
    if ((await readlink(`/proc/${pid}/fd/${fd}`).catch(() => "")) === path) return true;
  }
  return false;
}

/** "conserver (pid 812)" */
export const nameHolder = (holder: TtyHolder): string =>
  holder.name === "" ? `process ${holder.pid}` : `${holder.name} (pid ${holder.pid})`;
