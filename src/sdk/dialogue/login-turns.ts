import type { Clock } from "../../lib/clock.ts";
import { OobError } from "../../lib/errors.ts";
import { guardLogin } from "./login-guard.ts";

interface Login {
  /** The device, not one of its ports. */
  readonly peer: string;
  readonly user: string;
  readonly password: string;
}

/** Devices at which a login went well, and those at which a first one is under way. */
const proven = new Set<string>();
const first = new Map<string, Promise<unknown>>();

/**
 * Logs in to a device that has many ports. All of them are opened at once when oob starts: until one login went well the
 * others wait for it, so that a wrong password is offered once and not by every port.
 */
export async function loginInTurn<T>(
  login: Login,
  clock: Clock,
  run: () => Promise<T>,
): Promise<T> {
  const key = JSON.stringify([login.peer, login.user]);
  for (;;) {
    const other = first.get(key);
    if (other === undefined || proven.has(key)) break;
    await other.catch(() => undefined);
  }
  const mine = guardLogin(login, clock, run);
  if (!proven.has(key)) first.set(key, mine);
  try {
    const done = await mine;
    proven.add(key);
    return done;
  } catch (thrown) {
    const { code } = thrown instanceof OobError ? thrown : {};
    if (code === "LOGIN_REFUSED") proven.delete(key);
    // To say so it had to let us in.
    else if (code === "PORT_BUSY") proven.add(key);
    throw thrown;
  } finally {
    if (first.get(key) === mine) first.delete(key);
  }
}
