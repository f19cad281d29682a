import type { Clock, Millis } from "../../lib/clock.ts";
import { seconds } from "../../lib/durations.ts";
import { OobError } from "../../lib/errors.ts";
import { loginInTurn } from "./login-turns.ts";

const AGAIN_AFTER: Millis = seconds(1);

/** Who was let in before. */
const trusted = new Set<string>();

/**
 * loginInTurn() for a management card. What has let us in before is asked a second time before its refusal counts: a
 * host that waits for its on must not wait a quarter of an hour because of one damaged packet, or a card that boots.
 */
export async function loginAgain<T>(
  login: { readonly peer: string; readonly user: string; readonly password: string },
  clock: Clock,
  run: () => Promise<T>,
): Promise<T> {
  const key = JSON.stringify([login.peer, login.user]);
  if (trusted.delete(key))
    try {
      const done = await run();
      trusted.add(key);
      return done;
    } catch (error) {
      if (!(error instanceof OobError) || error.code !== "LOGIN_REFUSED") {
        trusted.add(key);
        throw error;
      }
      await clock.sleep(AGAIN_AFTER);
    }
  const done = await loginInTurn(login, clock, run);
  trusted.add(key);
  return done;
}
