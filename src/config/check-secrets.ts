import { stat } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "../lib/errors.ts";
import { type Environment, ownUid } from "./places.ts";
import type { Problems } from "./problems.ts";
import { report, type Spot } from "./read-value.ts";

/** The secrets of a configuration and the place where each of them is first named. */
export type SecretSpots = ReadonlyMap<string, Spot>;

/**
 * Looks at the files of secrets, not into them: in the folder that systemd's LoadCredential= made, then in that of the
 * configuration, as they are looked for when they are wanted. `owner`: whose they may be, beside root.
 */
export async function checkSecrets(
  spots: SecretSpots,
  credentials: string,
  env: Environment,
  problems: Problems,
  owner = ownUid(),
): Promise<void> {
  const { CREDENTIALS_DIRECTORY: given } = env;
  const folders = given ? [given, credentials] : [credentials];
  for (const [name, spot] of spots) {
    const found = await lookFor(name, folders, owner);
    if (found.wrong !== undefined)
      report(problems, spot, `secret "${name}" ${found.wrong}`, found.more);
  }
}

interface Found {
  readonly wrong?: string;
  readonly more?: { readonly hint: string; readonly severity?: "warning" };
}

async function lookFor(name: string, folders: readonly string[], owner: number): Promise<Found> {
  let missing: Found = {};
  for (const folder of folders) {
    const path = join(folder, name);
    const hint = `Put it into ${path}`;
    try {
      const { mode, uid } = await stat(path);
      if ((mode & 0o077) !== 0)
        return { wrong: "can be read by others", more: { hint: `chmod 600 ${path}` } };
      if (uid === owner || uid === 0) return {};
      const wrong = `belongs to user ${uid}, expected ${owner} or root`;
      return { wrong, more: { hint: `Is "${path}" meant for another user?`, severity: "warning" } };
    } catch (thrown) {
      const isGone = thrown instanceof Error && "code" in thrown && thrown.code === "ENOENT";
      const wrong = isGone ? "is not there" : `cannot be read: ${messageOf(thrown)}`;
      missing = { wrong, more: { hint, severity: "warning" } };
      if (!isGone) break;
    }
  }
  return missing;
}
