import type { Clock, Millis } from "../../lib/clock.ts";
import { minutes } from "../../lib/durations.ts";
import { OobError } from "../../lib/errors.ts";
import type { WatchedConsole } from "../session/watched-console.ts";

/** How long a console may take to come up when somebody waits for it: a modem dials for a minute. */
const UP_WITHIN: Millis = minutes(2);

/** Waits until a console is up. Throws LINK_REFUSED with the reason when it goes down, or TIMED_OUT. */
export function untilUp(
  console: WatchedConsole,
  clock: Clock,
  signal?: AbortSignal,
): Promise<void> {
  if (console.portState.is === "up") return Promise.resolve();
  return new Promise((resolve, reject) => {
    const done = (settle: () => void) => {
      unfollow();
      timer.cancel();
      signal?.removeEventListener("abort", onAbort);
      settle();
    };
    const onAbort = () => done(() => reject(signal?.reason));
    const look = () => {
      const { portState: state, host } = console;
      if (state.is === "up") done(resolve);
      else if (state.is === "down")
        done(() =>
          reject(
            new OobError(
              "LINK_REFUSED",
              `Cannot reach the console of ${host}: ${state.why}`,
              state.hint === undefined ? {} : { hint: state.hint },
            ),
          ),
        );
    };
    const unfollow = console.follow({ state: look });
    const timer = clock.after(UP_WITHIN, () =>
      done(() =>
        reject(new OobError("TIMED_OUT", `Cannot reach the console of ${console.host}: no answer`)),
      ),
    );
    signal?.addEventListener("abort", onAbort, { once: true });
    if (signal?.aborted) onAbort();
    else look();
  });
}
