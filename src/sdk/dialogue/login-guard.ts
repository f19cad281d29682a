import { createHash } from "node:crypto";
import type { Clock, Millis } from "../../lib/clock.ts";
import { formatDuration, minutes } from "../../lib/durations.ts";
import { OobError } from "../../lib/errors.ts";

/** A login that was refused is not tried again for so long, unless its password has changed. */
const REFUSED_FOR: Millis = minutes(15);
/** Refused logins that are remembered. */
const MAX_REMEMBERED = 1000;

const refusals = new Map<string, { readonly at: Millis; readonly error: OobError }>();

/**
 * Runs a login with a password. Consoles are opened again and again, and devices lock accounts: what a device refused
 * is not offered to it again by this process for a quarter of an hour.
 */
export async function guardLogin<T>(
  login: { readonly peer: string; readonly user: string; readonly password: string },
  clock: Clock,
  run: () => Promise<T>,
): Promise<T> {
  const { peer, user, password } = login;
  const digest = createHash("sha256")
    .update(JSON.stringify([peer, user, password]))
    .digest("hex");
  const refused = refusals.get(digest);
  const left = refused === undefined ? 0 : refused.at + REFUSED_FOR - clock.monotonic();
  if (refused !== undefined && left > 0)
    throw new OobError(refused.error.code, refused.error.message, {
      cause: refused.error,
      hint: `Not offered again for ${formatDuration(Math.ceil(left / 60_000) * 60_000)}, so that no account is locked: change the secret, or restart oob`,
    });
  try {
    const done = await run();
    refusals.delete(digest);
    return done;
  } catch (thrown) {
    if (thrown instanceof OobError && thrown.code === "LOGIN_REFUSED") {
      if (refusals.size >= MAX_REMEMBERED) refusals.clear();
      refusals.set(digest, { at: clock.monotonic(), error: thrown });
    }
    throw thrown;
  }
}
