import { access, chmod, constants, lstat, mkdir } from "node:fs/promises";

/** Debian's /run/lock is everybody's, and empty after a boot (FHS 3.0, 3.15 and 5.9). */
const FOLDER = "/run/lock/oob";
/** Everybody makes files there, and removes their own. */
const MODE = 0o1777;

/** The folder of locks that all users of this machine share; undefined where there is none. */
export async function sharedLocks(folder = FOLDER): Promise<string | undefined> {
  try {
    await mkdir(folder).then(
      () => chmod(folder, MODE),
      () => undefined,
    );
    const info = await lstat(folder);
    // A link would have us write elsewhere; a folder that is not sticky, others remove our locks.
    const good = info.isDirectory() && (info.mode & 0o1000) !== 0;
    if (good) await access(folder, constants.W_OK);
    return good ? folder : undefined;
  } catch {
    return undefined;
  }
}
