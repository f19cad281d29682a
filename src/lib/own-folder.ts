import { lstat, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { messageOf, OobError } from "./errors.ts";

/** Own user id; 0 is root. */
export const ownUid = (): number => process.getuid?.() ?? 0;

/**
 * Where sockets and short-lived files of this user live. Root ignores XDG variables: under sudo they are those of the
 * person.
 */
export function runtimeFolder(
  env: Readonly<Record<string, string | undefined>>,
  uid: number = ownUid(),
): string {
  if (env.OOB_RUNTIME) return env.OOB_RUNTIME;
  if (uid === 0) return "/run/oob";
  return env.XDG_RUNTIME_DIR ? join(env.XDG_RUNTIME_DIR, "oob") : `/tmp/oob-${uid}`;
}

/** Makes a folder of ours. Throws NOT_PERMITTED where it is somebody else's, a link, or others may write in it. */
export async function makeOwnFolder(path: string, mode: 0o700 | 0o711 | 0o750): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await mkdir(path, { mode }).catch((thrown: unknown) => {
    if (!(thrown instanceof Error && "code" in thrown && thrown.code === "EEXIST"))
      throw new OobError("NOT_PERMITTED", `Cannot make folder "${path}": ${messageOf(thrown)}`, {
        cause: thrown,
      });
  });
  const info = await lstat(path);
  if (info.isDirectory() && info.uid === ownUid() && (info.mode & 0o022) === 0) return;
  if (info.isDirectory() && info.uid !== ownUid())
    throw new OobError(
      "NOT_PERMITTED",
      `Cannot use folder "${path}": it belongs to user ${info.uid}, not to ${ownUid()}`,
      {
        hint: "What is the daemon's is used through the daemon; else name another folder in the configuration",
      },
    );
  throw new OobError(
    "NOT_PERMITTED",
    `Cannot use folder "${path}": it is not a folder of user ${ownUid()} that only this user may write to`,
    { hint: "Remove it, or name another folder in the configuration" },
  );
}
