import { userInfo } from "node:os";
import { join } from "node:path";
import { type Environment, ownUid } from "../config/places.ts";

/** Name of the user of this process; "uid-1000" where the machine has no name for it. */
export function ownName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid-${ownUid()}`;
  }
}

/** Who acts: the person behind sudo where there is one. */
export function personName(env: Environment): string {
  const own = ownName();
  return own === "root" && env.SUDO_USER ? env.SUDO_USER : own;
}

/** The socket at which a user reaches the daemon. */
export const socketPath = (runtime: string, user: string): string => join(runtime, `${user}.sock`);
