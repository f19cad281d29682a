import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { type Environment, ownUid } from "../../config/places.ts";
import type { SiteConfig } from "../../config/site-config.ts";
import { messageOf, OobError } from "../../lib/errors.ts";
import type { SecretRef } from "../../sdk/options.ts";

/** A secret longer than this is a wrong file. */
const MAX_SECRET_BYTES = 64 * 1024;

/** Fetches a secret's value by its name. */
export type Secrets = (ref: SecretRef) => Promise<string>;

/**
 * The secrets of a site: files in the folder that systemd's LoadCredential= made, and in the credentials folder of
 * the configuration. Read each time they are wanted, kept nowhere. `owner`: whose they may be, beside root's; the daemon's
 * user, where root looks.
 */
export function secretsOf(
  config: Pick<SiteConfig, "credentials" | "urlSecrets">,
  env: Environment,
  owner = ownUid(),
): Secrets {
  const { CREDENTIALS_DIRECTORY: given } = env;
  const folders = given ? [given, config.credentials] : [config.credentials];
  return async ({ secret: name }) => {
    const inUrl = config.urlSecrets?.get(name);
    if (inUrl !== undefined) return inUrl;
    for (const folder of folders) {
      const value = await readSecret(name, join(folder, name), owner);
      if (value !== undefined) return value;
    }
    throw new OobError("SECRET_MISSING", `Cannot find the secret "${name}"`, {
      hint: `Put it into the file ${join(config.credentials, name)} with mode 0600`,
    });
  };
}

/** undefined: no such file. Throws SECRET_EXPOSED where others than its owner can read it or might have written it. */
async function readSecret(name: string, path: string, owner: number): Promise<string | undefined> {
  const file = await openSecret(name, path);
  if (file === undefined) return undefined;
  try {
    const info = await file.stat();
    if (!info.isFile() || info.size > MAX_SECRET_BYTES)
      throw new OobError(
        "SECRET_MISSING",
        `Cannot read the secret "${name}": "${path}" is no file of at most ${MAX_SECRET_BYTES} bytes`,
      );
    if ((info.mode & 0o077) !== 0)
      throw new OobError(
        "SECRET_EXPOSED",
        `Cannot use the secret "${name}": others can reach "${path}" (mode ${(info.mode & 0o777).toString(8)})`,
        { hint: `chmod 600 ${path}, and change the secret: it may have been read` },
      );
    if (info.uid !== owner && info.uid !== 0)
      throw new OobError(
        "SECRET_EXPOSED",
        `Cannot use the secret "${name}": "${path}" belongs to user ${info.uid}, expected ${owner} or root`,
      );
    return (await file.readFile("utf8")).replace(/\r?\n$/, "");
  } finally {
    await file.close();
  }
}

async function openSecret(name: string, path: string): Promise<FileHandle | undefined> {
  try {
    // O_NONBLOCK: a FIFO planted there must not stop us.
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (thrown) {
    if (thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT") return undefined;
    throw new OobError("SECRET_MISSING", `Cannot read the secret "${name}": ${messageOf(thrown)}`, {
      cause: thrown,
      hint: `It is read as user ${ownUid()}`,
    });
  }
}
