import { access, lstat, readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { ownUid, runtimeFolder } from "../lib/own-folder.ts";

export { makeOwnFolder, ownUid } from "../lib/own-folder.ts";

/** Variables of the process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Where things lie on this machine for this user, before any configuration is read. */
export interface Places {
  /** Configuration files, the first one that exists is taken. */
  readonly configs: readonly string[];
  readonly state: string;
  readonly runtime: string;
  readonly credentials: string;
}

/**
 * The places of this user. Root ignores XDG variables: under sudo they are those of the person, and the daemon's
 * sockets would land in that person's folder.
 */
export function placesOf(env: Environment, uid = ownUid()): Places {
  const home = env.HOME || homedir();
  const xdg = uid === 0 ? {} : env;
  const config = join(xdg.XDG_CONFIG_HOME || join(home, ".config"), "oob");
  const root = uid === 0;
  return {
    configs: [join(config, "oob.yaml"), "/etc/oob/oob.yaml"],
    state:
      env.OOB_STATE ||
      (root ? "/var/lib/oob" : join(xdg.XDG_STATE_HOME || join(home, ".local/state"), "oob")),
    runtime: runtimeFolder(env, uid),
    credentials: root ? "/etc/oob/credentials" : join(config, "credentials"),
  };
}

/** The configuration file to read: the one named, $OOB_CONFIG, the user's, the machine's, a running demo's. */
export async function findConfig(
  named: string | undefined,
  env: Environment,
): Promise<string | undefined> {
  const told = named || env.OOB_CONFIG;
  if (told) return told;
  const places = placesOf(env);
  for (const path of places.configs) {
    const readable = await access(path).then(
      () => true,
      () => false,
    );
    if (readable) return path;
  }
  return readAnnouncement(places.runtime);
}

/** File in the runtime folder by which a running `oob demo` says where its configuration is. */
export const DEMO_ANNOUNCEMENT = "demo.json";

/** The configuration of a running `oob demo` of this very user, or undefined. */
async function readAnnouncement(runtime: string): Promise<string | undefined> {
  const path = join(runtime, DEMO_ANNOUNCEMENT);
  try {
    // Somebody else's file, or one in somebody else's folder, would choose the devices that we open.
    for (const one of [runtime, path]) {
      const info = await lstat(one);
      if (info.isSymbolicLink() || info.uid !== ownUid() || (info.mode & 0o022) !== 0)
        return undefined;
    }
    const said: unknown = JSON.parse(await readFile(path, "utf8"));
    if (typeof said !== "object" || said === null) return undefined;
    const config = "config" in said ? said.config : undefined;
    const pid = "pid" in said ? said.pid : undefined;
    if (typeof config !== "string" || (typeof pid === "number" && !isRunning(pid)))
      return undefined;
    await access(config);
    return config;
  } catch {
    return undefined; // No demo runs; a broken announcement is none.
  }
}

/** Whether a process with this id exists. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    // EPERM: it exists and is somebody else's.
    return thrown instanceof Error && "code" in thrown && thrown.code === "EPERM";
  }
}
