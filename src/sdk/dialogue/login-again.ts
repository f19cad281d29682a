import type { Clock, Millis } from "../../lib/clock.ts";
import { seconds } from "../../lib/durations.ts";
import { OobError } from "../../lib/errors.ts";
import { loginInTurn } from "./login-turns.ts";

const AGAIN_AFTER: Millis = seconds(1);
const BETWEEN: Millis = seconds(20);
/** Refusals in a row by what has let us in before, until it is treated as every other. */
const MOST_REFUSALS = 4;

interface Refusals {
  readonly count: number;
  readonly at: Millis;
  readonly error: OobError;
}

/** What has let us in, and how often it has refused since. */
const trusted = new Map<string, Refusals | undefined>();

/**
 * loginInTurn() for a management card: what it refuses is not offered again for a quarter of an hour. A card that has let
 * us in before may refuse because a packet was damaged, or because it boots, and a host may wait for its on: such a card
 * is asked again at once, and twice more in the next minute.
 */
export async function loginAgain<T>(
  login: { readonly peer: string; readonly user: string; readonly password: string },
  clock: Clock,
  run: () => Promise<T>,
): Promise<T> {
  const key = JSON.stringify([login.peer, login.user]);
  if (!trusted.has(key)) {
    const done = await loginInTurn(login, clock, run);
    trusted.set(key, undefined);
    return done;
  }
  const before = trusted.get(key);
  if (before && clock.monotonic() < before.at + BETWEEN) throw before.error;
  try {
    const done = await run();
    trusted.set(key, undefined);
    return done;
  } catch (error) {
    if (!(error instanceof OobError) || error.code !== "LOGIN_REFUSED") throw error;
    const count = (before?.count ?? 0) + 1;
    if (count >= MOST_REFUSALS) trusted.delete(key);
    else trusted.set(key, { count, at: clock.monotonic() - (count === 1 ? BETWEEN : 0), error });
    if (count > 1) throw error;
  }
  await clock.sleep(AGAIN_AFTER);
  return loginAgain(login, clock, run);
}
