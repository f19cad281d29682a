import { createHash, timingSafeEqual } from "node:crypto";
import { OobError } from "../../lib/errors.ts";

/** Shorter ones can be guessed over the telephone. */
export const SHORTEST_PASSPHRASE = 12;

/** Somebody who may call in. */
export interface DialInUser {
  readonly who: string;
  readonly passphrase: string;
  /** Called back at this number, and at no other; undefined: the first call serves. */
  readonly dialBack?: string | undefined;
}

/** Who knows this passphrase. Takes the same time whoever it is, and whether anybody does. */
export function whoKnows(typed: string, users: readonly DialInUser[]): DialInUser | undefined {
  const given = digest(typed);
  let found: DialInUser | undefined;
  for (const user of users) if (timingSafeEqual(given, digest(user.passphrase))) found ??= user;
  return found;
}

/** Throws SECRET_MISSING for passphrases that protect nothing: too short, or the same for two people. */
export function checkPassphrases(name: string, users: readonly DialInUser[]): void {
  for (const [at, user] of users.entries()) {
    if (user.passphrase.length < SHORTEST_PASSPHRASE)
      throw new OobError(
        "SECRET_MISSING",
        `Cannot answer calls on ${name}: the passphrase of ${user.who} is shorter than ${SHORTEST_PASSPHRASE} characters`,
        { hint: "Put a longer one into its secret" },
      );
    const twin = users.slice(0, at).find((one) => one.passphrase === user.passphrase);
    if (twin)
      throw new OobError(
        "SECRET_MISSING",
        `Cannot answer calls on ${name}: ${twin.who} and ${user.who} have the same passphrase`,
        { hint: "A passphrase says who calls: each person needs one of their own" },
      );
  }
}

const digest = (text: string): Uint8Array => createHash("sha256").update(text, "utf8").digest();
